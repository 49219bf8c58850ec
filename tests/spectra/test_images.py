"""Image data: digits, CIFAR-100 from a folder, synthetic; bad folders are told apart."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

import qgd
from qgd.spectra import cifar


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CIFAR-100 folder of twelve images."""
    monkeypatch.setattr(cifar, "COUNTS", {"train": 8, "test": 4})
    path = tmp_path / "cifar-100-python"
    path.mkdir()
    rng = np.random.default_rng(0)
    for part, count in cifar.COUNTS.items():
        table = {
            b"data": rng.integers(0, 256, (count, 3072), dtype=np.uint8),
            b"fine_labels": rng.integers(0, 100, count).tolist(),
        }
        (path / part).write_bytes(pickle.dumps(table, protocol=2))
    (path / "meta").write_bytes(pickle.dumps({b"fine_label_names": [b"x"] * 100}, protocol=2))
    return path


def test_cifar_is_read_from_the_folder_or_its_parent(folder: Path) -> None:
    for root in (folder, folder.parent):
        data = qgd.load_images("cifar-100", root)
        assert data.train_images.shape == (8, 3, 32, 32)
        assert not data.synthetic
        raw = pickle.loads((folder / "train").read_bytes())
        assert data.train_labels.tolist() == raw[b"fine_labels"]
        x = data.normalised(data.train_images)
        wanted = (raw[b"data"][2, 1024] / 255 - 0.4822) / 0.1994
        assert float(x[2, 1, 0, 0]) == pytest.approx(wanted, rel=1e-5)


def test_missing_half_extracted_and_cut_folders_are_told_apart(folder: Path) -> None:
    def message() -> str:
        with pytest.raises(ValueError, match="`root`") as caught:
            qgd.load_images("cifar-100", folder)
        return str(caught.value)

    with pytest.raises(ValueError, match=r"got None; put the three files of cifar-100"):
        qgd.load_images("cifar-100")
    with pytest.raises(ValueError, match="`root` must hold the folder cifar-100-python"):
        qgd.load_images("cifar-100", folder / "nowhere")
    whole = (folder / "train").read_bytes()
    (folder / "train").write_bytes(whole[:-200])
    assert "got train with" in message()
    short = {b"data": np.zeros((3, 3072), np.uint8), b"fine_labels": [1, 2, 3]}
    (folder / "train").write_bytes(pickle.dumps(short))
    assert "for 8 images" in message()
    (folder / "train").unlink()
    assert "half extracted" in message()
    (folder / "train").write_bytes(whole)  # the remedy
    qgd.load_images("cifar-100", folder)


def test_a_pickle_that_would_run_a_program_is_refused(folder: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    (folder / "test").write_bytes(pickle.dumps({b"data": Evil()}))
    with pytest.raises(ValueError, match="no place in CIFAR-100"):
        qgd.load_images("cifar-100", folder)
    assert not (tmp_path / "ran").exists()


def test_digits_split_is_disjoint_and_fixed_by_the_seed() -> None:
    a, b = qgd.load_images("digits", seed=1), qgd.load_images("digits", seed=1)
    assert (len(a.train_labels), len(a.test_labels)) == (1437, 360)
    assert torch.equal(a.train_images, b.train_images)
    assert float(a.normalised(a.train_images).max()) == 1.0
    assert a.train_labels.bincount(minlength=10).min() > 100


def test_synthetic_images_say_so_and_can_be_learned() -> None:
    data = qgd.load_images("synthetic", num_samples=400)
    assert data.synthetic
    assert "synthetic" in data.name
    x, y = data.normalised(data.train_images), data.train_labels
    means = torch.stack([x[y == k].mean(0) for k in range(100) if (y == k).any()])
    present = [k for k in range(100) if (y == k).any()]
    distance = (data.normalised(data.test_images)[:, None] - means).square().sum((2, 3, 4))
    found = torch.tensor(present)[distance.argmin(1)]
    assert (found == data.test_labels).double().mean() > 0.5


def test_samples_depend_on_the_seed_alone_and_do_not_repeat() -> None:
    data = qgd.load_images("digits")
    x, y = data.sample(1437, 5)
    again = data.sample(1437, 5)
    assert torch.equal(x, again[0])
    assert torch.equal(y.bincount(), data.train_labels.bincount())  # each one once
    assert len(data.sample(5000, 0)[1]) == 1437
    moved, labels = data.sample(1437, 5, augment=True)
    assert torch.equal(labels, y)
    assert not torch.equal(moved, x)
    assert torch.isin(moved, x).all()  # shifts and mirrors invent no pixel
    sizes = [len(t) for _, t in data.batches("test", size=100)]
    assert sizes == [100, 100, 100, 60]
