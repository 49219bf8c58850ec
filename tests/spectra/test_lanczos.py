"""Stochastic Lanczos quadrature against its defining identities and dense eigenvalues."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import aslinearoperator

import qgd
from qgd.spectra import checkpoint
from qgd.spectra.vectors import dot, orthogonalise, start_vector

sys.path.insert(0, str(Path(__file__).parent))
import lanczos_worker as worker


def symmetric(size: int, seed: int = 0) -> np.ndarray:
    half = np.random.default_rng(seed).standard_normal((size, size))
    return (half + half.T) / 2


@given(size=st.integers(2, 12), steps=st.integers(1, 12), seed=st.integers(0, 9))
def test_quadrature_has_the_moments_of_its_probe(size: int, steps: int, seed: int) -> None:
    H = symmetric(size, seed)
    spectrum = qgd.lanczos(aslinearoperator(H), num_steps=steps, num_probes=2, rng=seed)
    for index, probe in enumerate(spectrum.probes):
        v = start_vector(size, "rademacher", np.dtype(float), (seed, index))
        for power in range(2 * len(probe.alpha)):
            moment = v @ np.linalg.matrix_power(H, power) @ v
            scale = np.linalg.norm(H, 2) ** power
            assert probe.weights @ probe.nodes**power == pytest.approx(moment, abs=1e-9 * scale)


@given(size=st.integers(1, 10), seed=st.integers(0, 99))
def test_as_many_steps_as_modes_find_every_eigenvalue(size: int, seed: int) -> None:
    H = symmetric(size, seed)
    spectrum = qgd.lanczos(
        lambda v: H @ v, size=size, num_steps=99, num_probes=1, distribution="gaussian", rng=seed
    )
    assert spectrum.nodes == pytest.approx(np.linalg.eigvalsh(H), abs=1e-6)
    assert spectrum.slack == (0, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_do_not_repeat_with_a_basis_and_do_without(dtype: type) -> None:
    d = np.concatenate([np.linspace(0, 1, 400), [30.0]])
    for stored in (True, False):
        spectrum = qgd.lanczos(
            lambda v: (d * v).astype(dtype),
            size=401,
            num_steps=100,
            num_probes=1,
            reorthogonalise=stored,
            dtype=dtype,
        )
        assert ((spectrum.nodes > 29).sum() == 1) == stored
        assert spectrum.mean(lambda x: np.exp(-x)).value == pytest.approx(
            np.exp(-d).mean(), abs=0.05
        )
        assert spectrum.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inner_products_of_long_vectors_are_accumulated_in_double_precision(dtype: type) -> None:
    # Beyond 2^24 equal terms a sum in single precision stands still.
    v = np.full(30_000_000, 0.1, dtype)
    assert dot(v, v) == pytest.approx(len(v) * float(v[0]) ** 2, rel=1e-9)


def test_interval_over_probes_covers_the_trace_as_often_as_it_says() -> None:
    H = symmetric(60)
    runs = [qgd.lanczos(lambda v: H @ v, size=60, num_steps=3, rng=seed) for seed in range(100)]
    traces = [run.trace(confidence=0.8) for run in runs]
    covered = sum(t.lower <= np.trace(H) <= t.upper for t in traces)
    assert 65 <= covered <= 92


def test_one_probe_has_an_endless_interval() -> None:
    spectrum = qgd.lanczos(lambda v: 2 * v, size=5, num_probes=1)
    assert spectrum.trace() == qgd.Estimate(pytest.approx(10), -np.inf, np.inf, 0.95)
    assert spectrum.num_products == 1  # the Krylov space of a multiple of the identity


@pytest.mark.parametrize("steps", [1, 2, 4, 7, 12])
def test_bracket_holds_the_share_of_the_probe(steps: int) -> None:
    H = symmetric(12, 3)
    values, vectors = np.linalg.eigh(H)
    runs = qgd.lanczos(lambda v: H @ v, size=12, num_steps=steps, num_probes=30)
    for index, probe in enumerate(runs.probes):
        v = start_vector(12, "rademacher", np.dtype(float), (0, index))
        for x in np.linspace(-6, 6, 14):
            share = ((vectors.T @ v) ** 2)[values <= x].sum()
            low, high = probe.cumulative_bracket(x)
            assert low - 1e-9 <= share <= high + 1e-9
            if steps == 12:
                assert high - low < 1e-6


def test_vector_that_lies_almost_in_the_span_is_orthogonalised_to_rounding() -> None:
    V = np.linalg.qr(np.random.default_rng(0).standard_normal((500, 9)))[0].T.copy()
    w = V.sum(axis=0) + 1e-9 * np.random.default_rng(1).standard_normal(500)
    norm = orthogonalise(V, w, np.linalg.norm(w))
    assert norm == pytest.approx(np.linalg.norm(w), rel=1e-12)
    assert np.abs(V @ w).max() < 1e-14 * norm


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the checkpoints of runs that died in the middle."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, worker.__file__, str(folder)]
    subprocess.run(command, capture_output=True, text=True, check=True)
    return folder


@pytest.mark.parametrize(("last", "stored", "dtype"), worker.DEATHS)
def test_killed_run_resumes_bit_for_bit(killed: Path, last: int, stored: bool, dtype: str) -> None:
    path = str(killed / f"{last}-{stored}-{dtype}")
    product = worker.Product()
    resumed = worker.run(product, path, stored=stored, dtype=dtype)
    straight = worker.run(worker.Product(), None, stored=stored, dtype=dtype)
    assert product.calls == 36 - last
    for mine, theirs in zip(resumed.probes, straight.probes, strict=True):
        assert mine.alpha.tobytes() == theirs.alpha.tobytes()
        assert mine.beta.tobytes() == theirs.beta.tobytes()
    again = worker.Product()
    worker.run(again, path, stored=stored, dtype=dtype)
    assert again.calls == 0


@pytest.mark.parametrize("stored", [True, False])
def test_death_between_vector_and_record_costs_that_step(
    tmp_path: Path, stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(100))
    checksum = checkpoint._checksum

    def dying(raw: bytes) -> int:
        if next(calls) == 8:
            raise KeyboardInterrupt
        return checksum(raw)

    path = str(tmp_path / "run")
    monkeypatch.setattr(checkpoint, "_checksum", dying)
    with pytest.raises(KeyboardInterrupt):
        worker.run(worker.Product(), path, stored=stored, dtype="float64")
    monkeypatch.undo()
    product = worker.Product()
    resumed = worker.run(product, path, stored=stored, dtype="float64")
    straight = worker.run(worker.Product(), None, stored=stored, dtype="float64")
    assert product.calls == 36 - 8
    assert (resumed.probes[0].beta == straight.probes[0].beta).all()


def test_step_whose_record_is_torn_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "run"
    straight = worker.run(worker.Product(), str(path), stored=True, dtype="float64")
    raw = bytearray(path.read_bytes())
    raw[4096 + 40 * 30 + 20] ^= 1  # a bit of alpha in step 6 of the last probe
    path.write_bytes(raw)
    product = worker.Product()
    resumed = worker.run(product, str(path), stored=True, dtype="float64")
    assert product.calls == 6
    assert (resumed.probes[2].alpha == straight.probes[2].alpha).all()


def test_checkpoint_of_another_run_or_operator_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    H = symmetric(30)

    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == 40
        if done == 7:
            raise StopError

    def start(matrix: np.ndarray, rng: int, progress: object = None) -> None:
        qgd.lanczos(
            lambda v: matrix @ v,
            size=30,
            num_steps=20,
            num_probes=2,
            rng=rng,
            checkpoint=path,
            progress=progress,
        )

    with pytest.raises(StopError):
        start(H, 0, stop)
    with pytest.raises(ValueError, match=r"rng = 0 there, 1 here.*another path"):
        start(H, 1)
    with pytest.raises(ValueError, match=r"that of the checkpoint, got entries that differ by"):
        start(1.1 * H, 0)
    path.write_text("something else")
    with pytest.raises(ValueError, match="no checkpoint"):
        start(H, 0)
    path.unlink()
    start(H, 0)


def test_bad_operators_are_named() -> None:
    with pytest.raises(ValueError, match=r"`operator` must be symmetric.*eval mode"):
        qgd.lanczos(lambda v: np.roll(v, 1) * np.arange(9), size=9)
    with pytest.raises(ValueError, match=r"`operator` must return finite numbers.*step 0"):
        qgd.lanczos(lambda v: v / 0.0 if False else v * np.nan, size=9)
    with pytest.raises(ValueError, match=r"must return 9 real numbers, got shape \(8,\)"):
        qgd.lanczos(lambda v: v[1:], size=9)
    with pytest.raises(TypeError, match="aslinearoperator"):
        qgd.lanczos(np.eye(3))
    with pytest.raises(TypeError, match="`size` must be given"):
        qgd.lanczos(lambda v: v)
    with pytest.raises(ValueError, match="`operator` must be square"):
        qgd.lanczos(aslinearoperator(np.ones((2, 3))))
    with pytest.raises(ValueError, match="`size` must be 3"):
        qgd.lanczos(aslinearoperator(np.eye(3)), size=4)
    with pytest.raises(ValueError, match="float32 or float64"):
        qgd.lanczos(lambda v: v, size=3, dtype=int)


def test_basis_that_does_not_fit_is_refused_and_the_remedy_is_lean() -> None:
    with pytest.raises(qgd.QGDError, match=r"`reorthogonalise` = False"):
        qgd.lanczos(lambda v: v, size=10**11)
