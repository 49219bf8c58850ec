"""The loop of pruning, sparse training, downloads and uploads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import qgd

PLAN = qgd.SparseTrainingPlan(
    dense_steps=40,
    sparse_steps=24,
    keep=0.2,
    period=8,
    learning_rate=0.1,
    batch_size=512,
    record_every=2,
    classical_steps=4,
    evaluation_size=300,
)
_RUN = """
import os, sys, qgd
sys.path.insert(0, sys.argv[2])
from test_sparse_training import PLAN, network
def callback(model, record):
    if record["step"] == int(sys.argv[3]):
        os._exit(9)
qgd.train_sparse(network(), qgd.load_images(), PLAN, checkpoint=sys.argv[1], checkpoint_every=7,
                 callback=callback)
"""


def network() -> nn.Module:
    torch.manual_seed(0)
    return qgd.multilayer_perceptron((64, 24, 10))


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.fixture(scope="module")
def straight() -> tuple[nn.Module, list[dict[str, Any]]]:
    """PLAN, run in one go."""
    return run(PLAN)


def run(plan: qgd.SparseTrainingPlan, **options: Any) -> tuple[nn.Module, list[dict[str, Any]]]:
    model = network()
    return model, qgd.train_sparse(model, qgd.load_images(), plan, **options)


def kill_at(path: Path, step: int) -> None:
    arguments = [str(path), str(Path(__file__).parent), str(step)]
    killed = subprocess.run([sys.executable, "-c", _RUN, *arguments], check=False)
    assert killed.returncode == 9


def interrupt_at(path: Path, step: int) -> None:
    def callback(_: nn.Module, record: dict[str, Any]) -> None:
        if record["step"] == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(PLAN, checkpoint=path, checkpoint_every=7, callback=callback)


@pytest.mark.parametrize(("stop", "step"), [(interrupt_at, -16), (interrupt_at, 0), (kill_at, 10)])
def test_a_killed_run_goes_on_bit_for_bit(
    tmp_path: Path,
    stop: Callable[[Path, int], None],
    step: int,
    straight: tuple[nn.Module, list[dict[str, Any]]],
) -> None:
    path = tmp_path / "run.pt"
    stop(path, step)
    assert path.exists()
    stored = torch.load(path, weights_only=True)["count"]
    assert 0 < stored < PLAN.dense_steps + PLAN.sparse_steps
    model, records = run(PLAN, checkpoint=path, checkpoint_every=7)
    whole, wanted = straight
    assert records == wanted
    assert torch.equal(weights(model), weights(whole))
    again, same = run(PLAN, checkpoint=path)  # a finished run is read, not repeated
    assert same == wanted
    assert torch.equal(weights(again), weights(whole))


def test_pruning_costs_accuracy_and_sparse_training_wins_it_back(
    straight: tuple[nn.Module, list[dict[str, Any]]],
) -> None:
    _, records = straight
    dense = next(r for r in records if r["step"] == 0 and r["phase"] == "dense")
    pruned = next(r for r in records if r["event"] == "pruned")
    assert dense["train_accuracy"] > 0.7
    assert pruned["train_accuracy"] < dense["train_accuracy"] - 0.02
    assert records[-1]["train_accuracy"] > pruned["train_accuracy"]
    downloads = [r for r in records if r["event"] == "downloaded"]
    assert [r["step"] for r in downloads] == [8, 16, 24]
    expected = 0.8 * 1536 / 1810
    assert pruned["sparsity"] == pytest.approx(expected, abs=1e-3)
    assert all(r["sparsity"] == pytest.approx(expected, abs=1e-3) for r in downloads)


def test_fixed_mask_keeps_its_zeros_and_renewed_weights_all_move(
    straight: tuple[nn.Module, list[dict[str, Any]]],
) -> None:
    _, fixed = straight
    _, renewed = run(replace(PLAN, variant="renewed"))
    between = [r["sparsity"] for r in fixed if r["step"] == 4]
    assert between[0] > 0.6
    assert next(r["sparsity"] for r in renewed if r["step"] == 4) < 0.2
    assert renewed[-1]["event"] == "downloaded"
    assert renewed[-1]["sparsity"] > 0.6


def test_qram_variant_restarts_the_clock_of_the_error_after_the_classical_steps() -> None:
    _, records = run(replace(PLAN, variant="qram"))
    first = [(r["step"], r["phase"], r["event"]) for r in records if 0 < r["step"] <= 8]
    assert first == [
        (2, "classical", ""),
        (4, "classical", "uploaded"),
        (6, "quantum", ""),
        (8, "quantum", ""),
        (8, "quantum", "downloaded"),
    ]
    clock = {r["step"]: r["steps_since_upload"] for r in records if not r["event"]}
    assert (clock[2], clock[6], clock[8], clock[14]) == (0, 2, 4, 2)


def test_tomography_noise_has_the_stated_size_and_costs_shots() -> None:
    model = network()
    qgd.prune_module(model, 0.2)
    before = weights(model)
    result = qgd.download(model, 0.2, 0.05, seed=3)
    change = weights(model) - before
    assert float(change.norm()) == pytest.approx(0.05 * float(before.norm()), rel=1e-5)
    assert result.error == pytest.approx(float(change.norm()), rel=1e-5)
    assert not change[before == 0][: int((before == 0).sum())].any()
    assert result.shots == pytest.approx(result.kept.num_free / (4 * 0.05**2))
    assert qgd.download(model, 0.2, 0.0, seed=3).shots == float("inf")


def test_callback_adds_to_the_records_and_sees_every_one() -> None:
    seen: list[int] = []

    def callback(model: nn.Module, record: dict[str, Any]) -> dict[str, Any]:
        seen.append(record["step"])
        return {"norm": float(weights(model).norm())}

    short = replace(PLAN, dense_steps=4, sparse_steps=4, period=2)
    _, records = run(short, callback=callback)
    assert seen == [r["step"] for r in records]
    assert all(r["norm"] > 0 for r in records)


def test_bad_plans_and_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`classical_steps` must be less than `period`"):
        replace(PLAN, variant="qram", classical_steps=8)
    with pytest.raises(ValueError, match="`variant` must be one of fixed"):
        replace(PLAN, variant="dense")
    with pytest.raises(ValueError, match="`keep` must be greater than 0"):
        replace(PLAN, keep=0.0)
    short = replace(PLAN, dense_steps=2, sparse_steps=2, period=2)
    path = tmp_path / "run.pt"
    run(short, checkpoint=path)
    with pytest.raises(ValueError, match=r"learning_rate = 0\.1 where the plan says 0\.2"):
        run(replace(short, learning_rate=0.2), checkpoint=path)
    other = qgd.multilayer_perceptron((64, 9, 10))
    with pytest.raises(ValueError, match="`checkpoint` must belong to this model"):
        qgd.train_sparse(other, qgd.load_images(), short, checkpoint=path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="`checkpoint` must be a file of this function"):
        run(short, checkpoint=path)
    path.unlink()  # the remedy
    run(short, checkpoint=path)
    with pytest.raises(qgd.QGDError, match="lower the learning rate"):
        run(replace(short, dense_learning_rate=1e30, dense_steps=20))


def test_overshooting_sparse_steps_are_warned_of_with_a_remedy_that_works() -> None:
    short = replace(PLAN, dense_steps=20, sparse_steps=4, period=2)
    _, records = run(short)
    (known,) = [r["eta_lambda_max"] for r in records if "eta_lambda_max" in r]
    top = known / short.learning_rate
    with pytest.warns(qgd.OvershootWarning, match=r"`learning_rate` must be at most .*, got 3: "
                      r"eta lambda_max = .*just after pruning") as caught:  # fmt: skip
        _, records = run(replace(short, learning_rate=3.0))
    pruned = next(r for r in records if r["event"] == "pruned")
    assert pruned["eta_lambda_max"] == pytest.approx(3.0 * top)
    assert caught[0].filename == __file__
    words = str(caught[0].message).split()
    rate = float(words[words.index("lambda_max") + 2])
    assert 1.99 < rate * top <= 2
    run(replace(short, learning_rate=rate))  # no warning, which would be an error


def test_divergence_by_overshoot_is_named_and_a_run_without_sparse_steps_asks_nothing() -> None:
    short = replace(PLAN, dense_steps=20, sparse_steps=60, period=60, learning_rate=1e6)
    with (
        pytest.warns(qgd.OvershootWarning),
        pytest.raises(qgd.QGDError, match=r"must stay finite.*eta lambda_max = .*e\+0"),
    ):
        run(replace(short, weight_decay=10.0))
    _, records = run(replace(short, sparse_steps=0))
    assert records[-1]["event"] == "pruned"
    assert records[-1]["eta_lambda_max"] is None


def test_recorded_stiffness_is_that_of_the_pruned_network_with_weight_decay() -> None:
    short = replace(PLAN, dense_steps=20, sparse_steps=1, batch_size=10_000, weight_decay=0.5)
    expected: list[float] = []

    def callback(model: nn.Module, record: dict[str, Any]) -> None:
        if record["event"] == "pruned":
            operator = qgd.hessian_product(
                model, nn.functional.cross_entropy, qgd.load_images().batches(), device="cpu"
            )
            top = qgd.lanczos(operator, num_steps=60, num_probes=1).extremes[1]
            expected.append(short.learning_rate * (top + 0.5))

    _, records = run(short, callback=callback)
    (found,) = [r["eta_lambda_max"] for r in records if "eta_lambda_max" in r]
    assert found == pytest.approx(expected[0], rel=0.03)
    assert found <= expected[0] * (1 + 1e-5)
