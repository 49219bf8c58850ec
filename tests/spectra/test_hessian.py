"""Hessian products of networks against dense Hessians, differences and each other."""

from __future__ import annotations

import pickle
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import prune

import qgd

sys.path.insert(0, str(Path(__file__).parent))
from digits import batches, dense_hessian, mlp

METHODS = ("retained", "double")


def kept(count: int, share: float = 0.3) -> np.ndarray:
    return np.random.default_rng(0).random(count) < share


@pytest.fixture(scope="module")
def dense() -> np.ndarray:
    return dense_hessian(mlp(), F.cross_entropy, batches())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [200, 61])
def test_product_on_survivors_is_that_of_the_dense_hessian(
    dense: np.ndarray, method: str, size: int
) -> None:
    mask = kept(len(dense))
    operator = qgd.hessian_product(
        mlp(), F.cross_entropy, batches(size=size), mask=mask, method=method, device="cpu"
    )
    H = dense[np.ix_(mask, mask)]
    v = np.random.default_rng(1).standard_normal(mask.sum())
    assert operator.shape == H.shape
    for _ in range(2):  # the second product uses what the first has left
        assert operator(v) == pytest.approx(H @ v, abs=1e-12)
    V = np.eye(mask.sum())[:, :3]
    assert operator.matmat(V) == pytest.approx(H[:, :3], abs=1e-12)


def test_spectrum_of_digits_is_exact_and_lanczos_agrees(dense: np.ndarray) -> None:
    mask = kept(len(dense))
    operator = qgd.hessian_product(mlp(), F.cross_entropy, batches(), mask=mask, device="cpu")
    exact = qgd.spectrum(operator)
    truth = np.linalg.eigvalsh(dense[np.ix_(mask, mask)])
    assert exact.exact
    assert exact.nodes == pytest.approx(truth, abs=1e-10)
    estimated = qgd.spectrum(operator, exact_up_to=10, num_steps=30, num_probes=12)
    assert estimated.extremes == pytest.approx(exact.extremes, abs=1e-9)
    trace = estimated.trace(confidence=0.999)
    assert trace.lower < truth.sum() < trace.upper
    assert 0 < trace.half_width < 2 * truth.sum()


@pytest.mark.parametrize("method", METHODS)
def test_masks_of_torch_prune_are_found_and_mean_the_same_as_by_name(method: str) -> None:
    model = mlp()
    prune.global_unstructured(
        [(model[0], "weight"), (model[2], "weight")], prune.L1Unstructured, amount=0.7
    )
    operator = qgd.hessian_product(model, F.cross_entropy, batches(), method=method, device="cpu")
    values = qgd.exact_spectrum(operator).nodes
    masks = {"0.weight": model[0].weight_mask, "2.weight": model[2].weight_mask}
    prune.remove(model[0], "weight")
    prune.remove(model[2], "weight")
    bare = qgd.hessian_product(
        model, F.cross_entropy, batches(), mask=masks, method="double", device="cpu"
    )
    assert operator.shape == bare.shape
    # torch.nn.utils.prune moves the parameters it touches behind the biases: spectra agree.
    assert values == pytest.approx(qgd.exact_spectrum(bare).nodes, abs=1e-10)


def test_convolutions_in_single_precision_with_batch_statistics_of_any_mode() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10)
    )
    data = [(x.float().view(-1, 1, 8, 8), y) for x, y in batches(40, 20)]
    for mode in (True, False):
        model.train(mode)
        before = model[1].running_mean.clone()
        products = []
        for method in METHODS:
            H = qgd.hessian_product(model, F.cross_entropy, data, method=method, device="cpu")
            v = np.random.default_rng(0).standard_normal(H.shape[0]).astype(np.float32)
            products.append(H(v))
            assert products[-1].dtype == np.float32
        assert products[1] == pytest.approx(products[0], abs=1e-4)
        assert (model[1].running_mean == before).all()


def test_gradient_and_third_derivative_are_those_of_differences() -> None:
    model = mlp(2)
    mask = kept(sum(p.numel() for p in model.parameters()), 0.1)
    step, v = 1e-5, np.random.default_rng(0).standard_normal(mask.sum())

    def moved(t: float) -> qgd.HessianOperator:
        other = mlp(2)
        flat = nn.utils.parameters_to_vector(other.parameters()).detach()
        flat[mask] += t * torch.tensor(v)
        nn.utils.vector_to_parameters(flat, other.parameters())
        return qgd.hessian_product(other, F.cross_entropy, batches(60, 25), mask=mask, device="cpu")

    plus, here, minus = moved(step), moved(0), moved(-step)
    slope = (plus.value() - minus.value()) / (2 * step)
    assert here.gradient() @ v == pytest.approx(slope, abs=1e-8)
    assert here(v) == pytest.approx((plus.gradient() - minus.gradient()) / (2 * step), abs=1e-7)
    assert here.third(v) == pytest.approx((plus(v) - minus(v)) / (2 * step), abs=1e-6)


def test_micro_batches_and_first_batches_are_means_over_their_samples() -> None:
    v = np.ones(64 * 3 + 3 + 40)
    args = (mlp(), F.cross_entropy)
    whole = qgd.hessian_product(*args, batches(200, 200), device="cpu")(v)
    pieces = qgd.hessian_product(*args, batches(200, 90), micro_batch=40, device="cpu")
    assert len(pieces.objective.batches) == 7
    assert pieces(v) == pytest.approx(whole, abs=1e-12)
    first = qgd.hessian_product(*args, batches(200, 50), num_batches=2, device="cpu")(v)
    assert first == pytest.approx(qgd.hessian_product(*args, batches(100), device="cpu")(v))


@pytest.mark.parametrize(("method", "evaluations"), [("retained", 1), ("double", 3)])
def test_retained_graph_saves_the_evaluations_of_the_loss(method: str, evaluations: int) -> None:
    calls = []

    def loss(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        calls.append(len(y))
        return F.cross_entropy(output, y)

    H = qgd.hessian_product(mlp(), loss, batches(), method=method, device="cpu")
    for _ in range(3):
        H(np.ones(H.shape[0]))
    assert len(calls) == evaluations


def test_later_training_of_the_model_does_not_move_the_operator() -> None:
    model = mlp()
    H = qgd.hessian_product(model, F.cross_entropy, batches(), method="double", device="cpu")
    before = H(np.ones(H.shape[0]))
    with torch.no_grad():
        model[0].weight.mul_(2)
    assert (H(np.ones(H.shape[0])) == before).all()


def test_workers_give_the_sum_of_their_shares() -> None:
    H = qgd.hessian_product(mlp(), F.cross_entropy, batches(200, 30), device="cpu")
    v = np.ones(H.shape[0])
    with ThreadPoolExecutor(2) as pool:
        shared = H.over(pool, 3)
        assert shared(v) == pytest.approx(H(v), abs=1e-12)
        one = qgd.lanczos(shared, num_steps=3, num_probes=1)
    other = qgd.lanczos(H, num_steps=3, num_probes=1)
    assert one.nodes == pytest.approx(other.nodes, abs=1e-10)
    with pytest.raises(ValueError, match=r"`num_shares` must be at most.*7, got 8.*micro_batch"):
        H.over(None, 8)


def test_a_process_of_its_own_gives_the_same_product() -> None:
    H = qgd.hessian_product(mlp(), F.cross_entropy, batches(200, 100), device="cpu")
    v = np.ones(H.shape[0])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert H.over(pool, 2)(v) == pytest.approx(H(v), abs=1e-12)
    assert pickle.loads(pickle.dumps(H.survivors)).size == H.shape[0]


def rounded(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (output.argmax(1) != y).double().mean()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (rounded, "`loss` must be differentiable in the weights"),
        (lambda o, y: F.cross_entropy(o * torch.inf, y), "`loss` must be finite, got nan on ba"),
        (lambda o, y: F.cross_entropy(o, y, reduction="none"), r"one number.*reduction='mean'"),
        (lambda o, y: 1.0, "one number.*got float"),
    ],
)
def test_losses_without_a_hessian_are_named(method: str, loss: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        qgd.hessian_product(mlp(), loss, batches(), method=method, device="cpu")(np.ones(235))


def test_bad_models_masks_and_loaders_are_named() -> None:
    def make(model: nn.Module | None = None, loader: object = None, **options: object) -> object:
        data = batches() if loader is None else loader
        return qgd.hessian_product(model or mlp(), F.cross_entropy, data, device="cpu", **options)

    with pytest.raises(ValueError, match="`mask` must keep at least 1 of 235 weights, got 0"):
        make(mask=np.zeros(235, bool))
    with pytest.raises(ValueError, match=r"235 booleans.*one a trainable weight"):
        make(mask=np.ones(3, bool))
    with pytest.raises(ValueError, match=r"must name trainable parameters, got 'w'.*0\.weight"):
        make(mask={"w": np.ones(3)})
    with pytest.raises(ValueError, match=r"shape \(10,\), got \(3,\)"):
        make(mask={"2.bias": np.ones(3)})
    with pytest.raises(ValueError, match="`loader` must yield at least one sample"):
        make(loader=iter([]))
    with pytest.raises(TypeError, match=r"must yield \(inputs, targets\), got Tensor"):
        make(loader=batches()[0][:1])
    with pytest.raises(ValueError, match=r"same at each call, got '1' in train mode.*eval"):
        make(nn.Sequential(nn.Linear(64, 10), nn.Dropout()).double())
    with pytest.raises(ValueError, match="requires_grad_"):
        make(mlp().requires_grad_(False))
    with pytest.raises(ValueError, match="float32 or float64"):
        make(mlp().half())
    with pytest.raises(ValueError, match="one entry for each of 235"):
        make()(np.ones(3))
    frozen = mlp()
    frozen[0].requires_grad_(False)
    assert make(frozen).shape == (40, 40)
