"""Carleman trajectories of networks by Taylor mode, against exact engines and plain descent."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import qgd
from qgd.core.bound import Kind
from qgd.problem.networks import quadratic_network


class QuadraticNetwork(nn.Module):
    """f(x) = sum_h a_h (v_h . x)^2, as in `quadratic_network`."""

    def __init__(self, V: torch.Tensor, a: torch.Tensor) -> None:
        super().__init__()
        self.hidden = nn.Linear(V.shape[1], V.shape[0], bias=False, dtype=V.dtype)
        self.hidden.weight = nn.Parameter(V)
        self.register_buffer("a", a)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ((self.hidden(x) ** 2) * self.a).sum(1)


def half_mse(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return ((outputs - targets) ** 2).mean() / 2


def digits(samples: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return torch.tensor(X[:samples] / 16), torch.tensor(y[:samples])


def mlp(hidden: int = 12, activation: nn.Module | None = None) -> nn.Module:
    torch.manual_seed(3)
    act = nn.Tanh() if activation is None else activation
    return nn.Sequential(nn.Linear(64, hidden), act, nn.Linear(hidden, 10)).double()


def plain_descent(
    model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], steps: int, eta: float
) -> torch.Tensor:
    optimiser = torch.optim.SGD(model.parameters(), lr=eta)
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(data[0]), data[1]).backward()
        optimiser.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("keep", [12, 7])
def test_taylor_mode_equals_the_exact_graded_engine_on_a_polynomial_network(keep: int) -> None:
    rng = np.random.default_rng(0)
    X, y, a = rng.normal(size=(9, 4)), rng.normal(size=9), np.array([1.0, -1.0, 0.5])
    start, pivot = rng.normal(size=(2, 12)) * 0.4
    loss, mask = qgd.prune(quadratic_network(X, y, a, ridge=0.1), start, keep)
    field, change = qgd.shift(qgd.gradient_descent(loss, 0.05), mask.apply(pivot))
    exact = qgd.graded_iterate(
        field, 4, change.inverse(mask.apply(start)), 8, at=[3, 8], homogenised=True
    )

    net = QuadraticNetwork(torch.tensor(start.reshape(3, 4)), torch.tensor(a))
    alive = torch.tensor(mask.restore(np.ones(keep)).reshape(3, 4))
    prune.custom_from_mask(net.hidden, "weight", alive)
    run = qgd.carleman_trajectory(
        net,
        half_mse,
        (torch.tensor(X), torch.tensor(y)),
        order=4,
        steps=8,
        learning_rate=0.05,
        weight_decay=0.1,
        pivot={"hidden.weight_orig": torch.tensor(pivot.reshape(3, 4)) * alive},
        at=[3, 8],
    )
    found = run.solution.parts[:, mask.indices]
    assert np.abs(found - exact.parts).max() < 1e-10
    assert np.abs(exact.parts[-1, :, 3]).max() > 1e-6  # not a comparison of zeros


def test_true_error_is_against_plain_descent_and_falls_with_the_order() -> None:
    model, data = mlp(), digits(60)
    before = copy.deepcopy(model.state_dict())
    run = qgd.carleman_trajectory(
        model, nn.CrossEntropyLoss(), data, order=4, steps=10, learning_rate=0.1, at=[10]
    )
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    w = plain_descent(model, data, 10, 0.1).numpy()
    for order in (1, 2, 3, 4):
        gap = np.linalg.norm(w - run.weights(order)[0])
        assert gap == pytest.approx(run.true_error(order=order).value, rel=1e-6)
    errors = run.errors[-1]
    assert (errors[1:] < 0.5 * errors[:-1]).all()
    assert run.true_error().kind is Kind.MEASURED
    assert run.distances[-1] == pytest.approx(np.linalg.norm(w - run.pivot))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_estimate_lies_within_a_factor_of_the_true_error(order: int) -> None:
    run = qgd.carleman_trajectory(
        mlp(), nn.CrossEntropyLoss(), digits(), order=4, steps=10, learning_rate=0.3
    )
    estimate = run.estimate(order=order)
    assert estimate.kind is Kind.ESTIMATED
    assert 0.5 < estimate.value / run.true_error(order=order).value < 20


def test_estimate_is_infinite_where_the_parts_grow() -> None:
    run = qgd.carleman_trajectory(
        mlp(), nn.CrossEntropyLoss(), digits(), order=4, steps=25, learning_rate=0.4
    )
    assert run.part_norms[-1, 3] > run.part_norms[-1, 0]
    assert np.isinf(run.estimate().value)
    assert run.errors[-1, 3] > run.errors[-1, 0]


def test_one_step_from_the_pivot_is_exact_at_order_one() -> None:
    run = qgd.carleman_trajectory(
        mlp(), nn.CrossEntropyLoss(), digits(), order=2, steps=1, learning_rate=0.5
    )
    assert run.errors[1, 0] < 1e-14 < run.distances[1]
    assert run.part_norms[1, 1] == 0


def test_batches_and_single_precision_give_the_same_parts() -> None:
    options = {"order": 3, "steps": 4, "learning_rate": 0.2}
    X, y = digits(50)
    whole = qgd.carleman_trajectory(mlp(), nn.CrossEntropyLoss(), (X, y), **options)
    loader = [(X[:30], y[:30]), (X[30:], y[30:])]
    pieces = qgd.carleman_trajectory(
        mlp(), nn.CrossEntropyLoss(), loader, micro_batch=16, true_error=False, **options
    )
    single = qgd.carleman_trajectory(
        mlp(), nn.CrossEntropyLoss(), loader, dtype=torch.float32, **options
    )
    assert np.allclose(pieces.solution.parts, whole.solution.parts, rtol=0, atol=1e-14)
    assert np.allclose(single.solution.parts, whole.solution.parts, rtol=0, atol=1e-5)
    assert np.isnan(pieces.errors).all()
    with pytest.raises(ValueError, match="true_error=True"):
        pieces.true_error()


def test_pruned_weights_do_not_move_and_frozen_ones_are_constants() -> None:
    model = mlp()
    prune.global_unstructured([(model[0], "weight")], prune.L1Unstructured, amount=0.9)
    model[2].requires_grad_(False)
    run = qgd.carleman_trajectory(
        model, nn.CrossEntropyLoss(), digits(), order=2, steps=3, learning_rate=0.1
    )
    moved = run.solution.parts[0].any(axis=1)
    alive = torch.cat([torch.ones(12), model[0].weight_mask.flatten()]).bool().numpy()
    assert len(moved) == len(alive)
    assert not moved[~alive].any()
    assert moved.any()


@pytest.mark.parametrize("kink", [nn.ReLU(), nn.LeakyReLU(), nn.ELU()])
def test_kinks_are_refused_and_the_named_substitute_runs(kink: nn.Module) -> None:
    options = {"order": 2, "steps": 1, "learning_rate": 0.1}
    with pytest.raises(ValueError, match="Softplus"):
        qgd.carleman_trajectory(mlp(8, kink), nn.CrossEntropyLoss(), digits(20), **options)
    qgd.carleman_trajectory(mlp(8, nn.Softplus()), nn.CrossEntropyLoss(), digits(20), **options)


def test_bad_arguments_are_named() -> None:
    X, y = digits(20)
    good = {"order": 2, "steps": 2, "learning_rate": 0.1}
    loss = nn.CrossEntropyLoss()

    def attempt(match: str, data: object = (X, y), error: type = ValueError, **change: object):
        with pytest.raises(error, match=match):
            qgd.carleman_trajectory(mlp(), loss, data, **{**good, **change})

    attempt("`order`", order=0)
    attempt("`learning_rate`", learning_rate=-1.0)
    attempt("`at` must be increasing", at=[2, 1])
    attempt("`data` must have one target", data=(X, y[:3]))
    attempt("`data` must be finite", data=(X * np.nan, y))
    attempt("`pivot` must hold", pivot={})
    attempt("diver|bounded", error=qgd.QGDError, learning_rate=1e6, steps=60)
    frozen = mlp().requires_grad_(False)
    with pytest.raises(ValueError, match="requires_grad_"):
        qgd.carleman_trajectory(frozen, loss, (X, y), **good)
    broken = mlp()
    broken[0].weight.data[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"`model` must have finite weights, got .* 0.weight"):
        qgd.carleman_trajectory(broken, loss, (X, y), **good)
    with pytest.raises(ValueError, match="`loss` must be finite at the pivot"):
        qgd.carleman_trajectory(mlp(), lambda out, _: (-(out**2).sum()).log(), (X, y), **good)


def largest(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor]) -> float:
    operator = qgd.hessian_product(model, nn.functional.cross_entropy, [data], device="cpu")
    return qgd.lanczos(operator, num_steps=60, num_probes=1).extremes[1]


@pytest.mark.parametrize("factor", [2.1, 3, 40])
def test_overshoot_is_warned_of_with_a_remedy_that_works(factor: float) -> None:
    model, data, loss = mlp(4), digits(60), nn.CrossEntropyLoss()
    top = largest(model, data)
    options = {"order": 2, "steps": 6}
    with pytest.warns(qgd.OvershootWarning, match="`learning_rate` must be at most") as caught:
        qgd.carleman_trajectory(model, loss, data, learning_rate=factor / top, **options)
    assert caught[0].filename == __file__
    words = str(caught[0].message).split()
    rate = float(words[words.index("lambda_max") + 2])
    assert rate * top == pytest.approx(2, rel=0.02)
    qgd.carleman_trajectory(model, loss, data, learning_rate=rate, **options)


def test_weight_decay_counts_in_the_overshoot() -> None:
    model, data, loss = mlp(4), digits(60), nn.CrossEntropyLoss()
    rate = 1.5 / largest(model, data)
    options = {"order": 1, "steps": 6, "learning_rate": rate}
    qgd.carleman_trajectory(model, loss, data, **options)
    with pytest.warns(qgd.OvershootWarning):
        qgd.carleman_trajectory(model, loss, data, weight_decay=1 / rate, **options)


def test_divergence_by_overshoot_names_the_number_and_the_rate() -> None:
    model, data, loss = mlp(4), digits(60), nn.CrossEntropyLoss()
    options = {"order": 3, "steps": 300}
    with pytest.raises(qgd.QGDError, match="eta lambda_max = 20") as caught:
        qgd.carleman_trajectory(
            model, loss, data, learning_rate=20 / largest(model, data), **options
        )
    words = caught.value.message.split()
    rate = float(words[words.index("lambda_max") + 2])
    options["steps"] = 20
    qgd.carleman_trajectory(model, loss, data, learning_rate=rate, **options)  # no warning
