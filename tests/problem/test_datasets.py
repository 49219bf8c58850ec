"""Data sets by name and by file, and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qgd.problem.datasets import BUILT_IN, Dataset, load_dataset, standardised_split

GOOD = "a,b,label\n1,2,yes\n3,4,no\n5,6.5,yes\n7,8,no\n"


def csv(tmp_path: Path, text: str) -> str:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_built_in_sets_are_finite_tables_of_their_task(name: str) -> None:
    data = load_dataset(name)
    assert data.features.shape == (len(data.targets), len(data.feature_names))
    assert np.isfinite(data.features).all()
    assert data.task == BUILT_IN[name][1]
    assert (set(data.targets) == {0.0, 1.0}) == (data.task == "classification")


def test_positive_class_is_one_against_all_others() -> None:
    data = load_dataset("wine", positive="class_2")
    assert data.targets.sum() == 48


def test_csv_with_two_words_as_target_is_a_classification(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, GOOD), target="label")
    assert data.task == "classification"
    assert data.positive == "yes"
    np.testing.assert_array_equal(data.targets, [1, 0, 1, 0])
    np.testing.assert_array_equal(data.features, [[1, 2], [3, 4], [5, 6.5], [7, 8]])
    assert data.feature_names == ("a", "b")


def test_csv_with_many_numbers_as_target_is_a_regression(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "a,y\n1,0.5\n2,1.5\n3,2.5\n"), target="y")
    assert data.task == "regression"
    np.testing.assert_array_equal(data.targets, [0.5, 1.5, 2.5])


def test_npz_holds_a_matrix_and_named_targets(tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    np.savez(path, X=np.arange(8.0).reshape(4, 2), kind=np.array([0, 1, 0, 1]))
    data = load_dataset(str(path), target="kind")
    assert data.features.shape == (4, 2)
    assert data.task == "classification"
    with pytest.raises(ValueError, match=r"'y'.*--target"):
        load_dataset(str(path))


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        (GOOD, None, "--target"),
        (GOOD, "lable", "did you mean 'label'"),
        ("a,b\n1,oops\n2,3\n", "a", "column 'b'.*oops in line 2"),
        ("a,b\n1,\n2,3\n", "a", "column 'b'.*an empty cell in line 2"),
        ("a,b\n1,2\n2,nan\n", "a", "column 'b'.*nan in line 3"),
        ("a,b\n1,inf\n2,3\n", "a", "column 'b'.*inf in line 2"),
        ("a,b\n1,2,3\n", "a", "2 cells in every row, got 3 in line 2"),
        ("a,b\n,2\n1,3\n", "a", "`target`.*line 2"),
        ("a,b\n1,2\n1,3\n", "a", "two different values"),
        ("a,b\n", "a", "at least one row"),
    ],
)
def test_bad_csv_is_refused_with_the_place(
    tmp_path: Path, text: str, target: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load_dataset(csv(tmp_path, text), target=target)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("breast-cancr", "did you mean 'breast-cancer'"),
        ("iris", "one of breast-cancer"),
        ("missing.csv", "existing file"),
    ],
)
def test_unknown_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_dataset(name)


def test_unknown_class_is_refused_with_the_classes() -> None:
    with pytest.raises(ValueError, match="class_0, class_1, class_2"):
        load_dataset("wine", positive="class_9")


def test_split_is_standardised_by_the_training_part_alone() -> None:
    data = load_dataset("diabetes")
    split = standardised_split(data, 0.25, seed=3)
    X = split.train_features
    np.testing.assert_allclose(X[:, :-1].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X[:, :-1].std(axis=0), 1)
    np.testing.assert_array_equal(X[:, -1], 1)
    np.testing.assert_allclose(
        [split.train_targets.mean(), split.train_targets.std()], [0, 1], atol=1e-12
    )
    assert abs(split.test_features[:, 0].mean()) > 1e-4
    assert split.names[-1] == "bias"
    assert len(split.test_targets) == round(0.25 * 442 + 0.5)


def test_split_keeps_the_share_of_the_classes() -> None:
    split = standardised_split(load_dataset("breast-cancer"), 0.25, seed=0)
    assert abs(split.train_targets.mean() - split.test_targets.mean()) < 0.01


def test_constant_columns_do_no_harm() -> None:
    data = Dataset("d", np.ones((8, 1)), np.array([0.0, 1.0] * 4), ("one",), "classification", "1")
    split = standardised_split(data, 0.5, seed=0)
    assert np.isfinite(split.train_features).all()


def test_too_few_samples_to_split_are_refused() -> None:
    data = Dataset("d", np.ones((2, 1)), np.array([0.0, 1.0]), ("one",), "classification", "1")
    with pytest.raises(ValueError, match="enough samples of each class"):
        standardised_split(data, 0.5, seed=0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.npz", b""),
        ("cut.npz", b"PK\x03\x04half an archive"),
        ("text.npz", b"a,b\n1,2\n"),
        ("latin.csv", "a,é\n1,2\n".encode("latin-1")),
        ("long.csv", b"a,y\n" + b"1" * 140_000 + b",2\n"),
    ],
)
def test_unreadable_files_are_named_with_a_remedy(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"`dataset` must be a readable .* save it again"):
        load_dataset(str(path), "y")


def test_target_that_is_not_finite_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,y\n1,1\n2,nan\n3,0\n")
    with pytest.raises(ValueError, match="`target` must be finite, got nan in row 2"):
        load_dataset(str(path), "y")


def test_line_numbers_count_blank_lines_and_column_names_are_unique(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,y\n\n1,1\n\nx,0\n")
    with pytest.raises(ValueError, match="got x in line 5"):
        load_dataset(str(path), "y")
    path.write_text("a,y,y\n1,1,0\n")
    with pytest.raises(ValueError, match="different column names, got 'y' twice"):
        load_dataset(str(path), "y")


def test_columns_that_are_constant_up_to_rounding_become_zero():
    features = np.column_stack((np.full(45, 0.1), np.arange(45.0)))
    features[7, 0] = 0.2
    data = Dataset("own", features, np.arange(45.0) % 2, ("a", "b"), "classification", "1")
    for seed in range(12):
        split = standardised_split(data, 0.25, seed)
        assert np.abs(split.train_features).max() < 10
        assert np.abs(split.test_features).max() < 10


def test_constant_training_target_is_refused():
    targets = np.zeros(12)
    targets[:2] = 1.0, 2.0
    data = Dataset("own", np.arange(24.0).reshape(12, 2), targets, ("a", "b"), "regression")
    messages = set()
    for seed in range(60):
        try:
            standardised_split(data, 0.25, seed)
        except ValueError as error:
            messages.add(str(error)[:45])
    assert messages == {"`target` must vary among the 9 training rows,"}


def test_options_that_a_built_in_data_set_does_not_have_are_refused():
    with pytest.raises(ValueError, match="`target` is for CSV and NPZ files"):
        load_dataset("wine", target="y")
    with pytest.raises(ValueError, match="`positive` is for classes"):
        load_dataset("diabetes", positive="1")
