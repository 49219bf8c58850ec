"""Tables of data: four that scikit-learn carries, or the user's own CSV and NPZ files."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_real
from qgd.problem.tables import number, read_table

Task = Literal["classification", "regression"]
BUILT_IN = {
    "breast-cancer": ("load_breast_cancer", "classification"),
    "digits": ("load_digits", "classification"),
    "diabetes": ("load_diabetes", "regression"),
    "wine": ("load_wine", "classification"),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table: numeric features, and a target that is 0/1 or real.

    Parameters
    ----------
    name : str
        For reports.
    features : ndarray, shape (m, d)
        One row a sample.
    targets : ndarray, shape (m,)
        0/1 for classification.
    feature_names : tuple of str
        d names.
    task : str
        ``"classification"`` or ``"regression"``.
    positive : str
        Label of the class that is 1; empty for regression.
    """

    name: str
    features: RealArray
    targets: RealArray
    feature_names: tuple[str, ...]
    task: Task
    positive: str = ""


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test parts, standardised with the training part's mean and deviation.

    A column of ones, the bias, is appended to the features. Regression targets are standardised
    as well; `target_scale` undoes it.
    """

    train_features: RealArray
    train_targets: RealArray
    test_features: RealArray
    test_targets: RealArray
    names: tuple[str, ...]
    target_scale: float


def load_dataset(name: str, target: str | None = None, positive: str | None = None) -> Dataset:
    """Load a data set by name, or a CSV or NPZ file by path.

    Parameters
    ----------
    name : str
        ``breast-cancer``, ``digits``, ``diabetes``, ``wine``, or a path. A CSV file has a header; a
        NPZ file holds a matrix ``X`` and a vector of targets (``y`` unless `target` names another).
    target : str, optional
        Column (CSV) or array (NPZ) to predict; required for CSV.
    positive : str, optional
        The class that counts as 1 against all others; by default the last of two classes, the
        first of more.

    Raises
    ------
    ValueError
        For an unknown name, a missing column, a cell that is no finite number, or a target with a
        single value; the message names the place and the remedy.
    """
    if name in BUILT_IN:
        if target is not None:
            raise ValueError(
                f"`target` is for CSV and NPZ files, got {target!r} for {name}; leave it out"
            )
        return _built_in(name, positive)
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".npz"):
        close = difflib.get_close_matches(name, BUILT_IN, n=1)
        hint = (
            f"; did you mean {close[0]!r}?" if close else "; or give a path ending in .csv or .npz"
        )
        raise ValueError(f"`dataset` must be one of {', '.join(BUILT_IN)}, got {name!r}{hint}")
    if not path.is_file():
        raise ValueError(f"`dataset` must be an existing file, got {name!r}; check the path")
    features, labels, names = read_table(path, target)
    return _finished(path.stem, features, labels, names, positive)


def standardised_split(dataset: Dataset, test_size: float, seed: int) -> Split:
    """Split (stratified by class), standardise, and append the bias column.

    Parameters
    ----------
    test_size : float
        Fraction of the samples that is held out, between 0 and 1.
    seed : int
        Of the shuffle.
    """
    check_real("test_size", test_size, above=0, below=1)
    from sklearn.model_selection import train_test_split

    stratify = dataset.targets if dataset.task == "classification" else None
    try:
        X, X_test, y, y_test = train_test_split(
            dataset.features,
            dataset.targets,
            test_size=test_size,
            random_state=seed,
            stratify=stratify,
        )
    except ValueError as error:
        raise ValueError(
            f"`dataset` must have enough samples of each class to split, got "
            f"{len(dataset.targets)} rows ({error}); add rows or change the test size"
        ) from None
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    # A column that is constant up to rounding says nothing: it becomes zero, in the test rows too.
    varies = deviation > 8 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    scale = float(y.std()) if dataset.task == "regression" else 1.0
    offset = float(y.mean()) if dataset.task == "regression" else 0.0
    if scale <= 8 * np.finfo(np.float64).eps * abs(offset):
        raise ValueError(
            f"`target` must vary among the {len(y)} training rows, got {offset:g} in all of them; "
            "add rows or change the test size or the seed"
        )

    def prepared(table: RealArray) -> RealArray:
        standard = np.where(varies, (table - mean) / np.where(varies, deviation, 1.0), 0.0)
        return np.column_stack((standard, np.ones(len(table))))

    return Split(
        prepared(X),
        (y - offset) / scale,
        prepared(X_test),
        (y_test - offset) / scale,
        (*dataset.feature_names, "bias"),
        scale,
    )


def _built_in(name: str, positive: str | None) -> Dataset:
    try:
        from sklearn import datasets
    except ModuleNotFoundError:
        raise ValueError(
            "the built-in data sets need scikit-learn, which is not installed; "
            "pip install 'qgd[cli]'"
        ) from None
    loader, task = BUILT_IN[name]
    bunch = getattr(datasets, loader)()
    names = tuple(str(n) for n in bunch.feature_names)
    features = np.asarray(bunch.data, dtype=np.float64)
    if task == "regression":
        if positive is not None:
            raise ValueError(
                f"`positive` is for classes, got {positive!r} for the regression data set {name}; "
                "leave it out"
            )
        return Dataset(name, features, np.asarray(bunch.target, float), names, "regression")
    labels = np.array([str(bunch.target_names[i]) for i in bunch.target])
    return _classes(name, features, labels, names, positive)


def _finished(
    name: str, features: RealArray, labels: list[str], names: tuple[str, ...], positive: str | None
) -> Dataset:
    """Decide between regression and classification by the target's values."""
    numbers = [number(cell) for cell in labels]
    bad = [i for i, v in enumerate(numbers) if v is not None and not math.isfinite(v)]
    if bad:
        raise ValueError(
            f"`target` must be finite, got {labels[bad[0]]} in row {bad[0] + 1} of the data; "
            "remove the rows without a target"
        )
    distinct = len(set(labels))
    numeric = all(value is not None for value in numbers)
    if numeric and distinct > 2 and positive is None:
        targets = check_array("target", [v for v in numbers if v is not None], (None,))
        return Dataset(name, features, targets, names, "regression")
    return _classes(name, features, np.array(labels), names, positive)


def _classes(
    name: str,
    features: RealArray,
    labels: np.ndarray[tuple[int], np.dtype[np.str_]],
    names: tuple[str, ...],
    positive: str | None,
) -> Dataset:
    classes = sorted(set(labels.tolist()))
    if len(classes) < 2:
        raise ValueError(
            f"`target` must have at least two different values, got only {classes[0]!r}; "
            "choose another column"
        )
    chosen = positive if positive is not None else classes[-1 if len(classes) == 2 else 0]
    if chosen not in classes:
        shown = ", ".join(classes[:12])
        raise ValueError(f"`positive` must be one of the classes {shown}, got {chosen!r}")
    targets = (labels == chosen).astype(np.float64)
    return Dataset(name, features, targets, names, "classification", chosen)
