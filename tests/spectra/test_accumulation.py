"""Gradients from micro-batches, against the batch in one go."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

import qgd
from qgd.spectra.accumulation import accumulate_gradient
from qgd.spectra.objective import micro_batches

LOSS = nn.functional.cross_entropy


def batch(count: int = 23) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 1, 8, 8, generator=generator, dtype=torch.float64)
    return x, torch.randint(10, (count,), generator=generator)


def network(*, normalised: bool = False) -> nn.Module:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(1, 4, 3, stride=2, padding=1)]
    layers += [nn.BatchNorm2d(4)] if normalised else []
    return nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(64, 10)).double()


def gradient(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], size: int | None):
    model.zero_grad()
    value = accumulate_gradient(model, LOSS, data, size)
    return value, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("size", [1, 5, 22, 23, 100])
def test_micro_batches_of_any_size_give_the_gradient_of_the_batch(size: int) -> None:
    value, whole = gradient(network(), batch(), None)
    pieces_value, pieces = gradient(network(), batch(), size)
    assert pieces_value == pytest.approx(value, rel=1e-13)
    assert float((pieces - whole).norm()) < 1e-13 * float(whole.norm())


def test_batch_normalisation_sees_each_micro_batch_alone() -> None:
    x, y = batch(20)
    _, whole = gradient(network(normalised=True), (x, y), None)
    model = network(normalised=True)
    _, ghosts = gradient(model, (x, y), 8)
    expected = torch.zeros_like(whole)
    for piece in (slice(0, 7), slice(7, 14), slice(14, 20)):
        share = (piece.stop - piece.start) / 20
        expected += share * gradient(network(normalised=True), (x[piece], y[piece]), None)[1]
    assert torch.allclose(ghosts, expected, rtol=0, atol=1e-13)
    assert float((ghosts - whole).norm()) > 1e-3 * float(whole.norm())
    assert int(model[1].num_batches_tracked) == 3  # type: ignore[arg-type]


def test_frozen_batch_statistics_couple_nothing() -> None:
    model = network(normalised=True).eval()
    _, whole = gradient(model, batch(), None)
    _, pieces = gradient(model, batch(), 4)
    assert torch.allclose(pieces, whole, rtol=0, atol=1e-13)


class Ledger:
    """Bytes that graphs hold, now and at most."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def keep(self, tensor: torch.Tensor) -> Entry:
        return Entry(self, tensor)


class Entry:
    def __init__(self, ledger: Ledger, tensor: torch.Tensor) -> None:
        self.ledger, self.tensor = ledger, tensor
        ledger.now += tensor.nbytes
        ledger.most = max(ledger.most, ledger.now)

    def __del__(self) -> None:
        self.ledger.now -= self.tensor.nbytes


def most_bytes(size: int | None) -> int:
    ledger, model = Ledger(), network()
    with torch.autograd.graph.saved_tensors_hooks(ledger.keep, lambda entry: entry.tensor):
        accumulate_gradient(model, LOSS, batch(64), size)
    return ledger.most


def test_graphs_of_micro_batches_are_not_alive_together() -> None:
    weights = sum(p.nbytes for p in network().parameters())
    whole, pieces = most_bytes(None), most_bytes(8)
    assert whole > 10 * weights
    assert pieces < whole / 8 + 2 * weights


def test_a_plan_with_micro_batches_trains_the_same_weights_without_ever_passing_more() -> None:
    plan = qgd.SparseTrainingPlan(
        dense_steps=6,
        sparse_steps=6,
        period=3,
        keep=0.3,
        method="gradient",
        batch_size=300,
        dense_batch_size=50,
        learning_rate=0.1,
        evaluation_size=120,
    )
    sizes: list[int] = []

    def run(micro_batch: int | None) -> torch.Tensor:
        torch.manual_seed(0)
        model = qgd.multilayer_perceptron((64, 12, 10)).double()
        model.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
        qgd.train_sparse(model, qgd.load_images(), replace(plan, micro_batch=micro_batch))
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    whole = run(None)
    assert max(sizes) == 300
    sizes.clear()
    pieces = run(64)
    assert max(sizes) == 64
    assert float((pieces - whole).norm()) < 1e-12 * float(whole.norm())


@pytest.mark.parametrize(("count", "size"), [(9, 4), (2049, 128), (5, 9), (1, 1), (6, 3)])
def test_micro_batches_are_as_few_as_can_be_and_equal_up_to_one_sample(
    count: int, size: int
) -> None:
    x, y = torch.arange(2.0 * count).reshape(count, 2), torch.arange(count)
    pieces = micro_batches((x, y), size)
    lengths = [len(targets) for _, targets in pieces]
    assert len(pieces) == -(-count // size)
    assert max(lengths) <= size
    assert max(lengths) - min(lengths) <= 1
    assert torch.equal(torch.cat([inputs for inputs, _ in pieces]), x)
    assert torch.equal(torch.cat([targets for _, targets in pieces]), y)


def test_a_lone_sample_under_batch_normalisation_is_refused_and_the_remedy_works() -> None:
    def network() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.BatchNorm1d(4), nn.Linear(4, 10))

    x, y = (part.float() if part.is_floating_point() else part for part in batch(9))
    with pytest.raises(ValueError, match=r"got 1 sample at once .* take a larger `micro_batch`"):
        accumulate_gradient(network(), LOSS, (x, y), 1)
    operator = qgd.hessian_product(
        network(), LOSS, [(x, y)], micro_batch=1, method="double", device="cpu"
    )
    with pytest.raises(ValueError, match="got 1 sample at once"):
        operator.gradient()
    accumulate_gradient(network(), LOSS, (x, y), 4)  # 9 = 3 + 3 + 3, where 4 + 4 + 1 would fail
    accumulate_gradient(network().eval(), LOSS, (x, y), 1)


@pytest.mark.parametrize("size", [0, -3, 2.5])
def test_bad_micro_batches_are_refused_by_name(size: float) -> None:
    with pytest.raises((ValueError, TypeError), match="`micro_batch` must be"):
        accumulate_gradient(network(), LOSS, batch(), size)  # type: ignore[arg-type]
    with pytest.raises((ValueError, TypeError), match="`micro_batch` must be"):
        qgd.SparseTrainingPlan(micro_batch=size)  # type: ignore[arg-type]
