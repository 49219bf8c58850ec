"""Networks as cases: masks, sparsity, kinks, and complaints in words of the arguments."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import qgd
from qgd.analysis.case import Missing, silent
from qgd.core.outcome import QGDError
from qgd.dynamics.sparsity import field_sparsity

NAN = torch.full((2, 2), torch.nan, dtype=torch.float64)


def net(activation: nn.Module | None = None, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    act = nn.Tanh() if activation is None else activation
    return nn.Sequential(nn.Linear(2, 3), act, nn.Linear(3, 1)).double()


def data(samples: int = 12, columns: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(samples, 2, generator=generator, dtype=torch.float64)
    return x, torch.randn(samples, columns, generator=generator, dtype=torch.float64)


def no_bar(done: int, total: int) -> None:
    pass


def test_a_mask_takes_weights_out_of_spectrum_and_descent() -> None:
    model, mask = net(), {"0.weight": torch.tensor([[1, 0], [0, 1], [1, 1]])}
    case = qgd.NetworkCase("x", model, nn.MSELoss(), data(), 0.1, mask)
    assert (case.num_weights, case.num_kept) == (13, 11)
    pruned = net()
    with torch.no_grad():
        pruned[0].weight.mul_(mask["0.weight"])
    H = qgd.hessian_product(pruned, nn.MSELoss(), [data()])
    kept = np.flatnonzero(np.append([1, 0, 0, 1, 1, 1], np.ones(7)))
    dense = H.matmat(np.eye(13))[np.ix_(kept, kept)]
    found = case.spectrum(100, 8, 2, no_bar).nodes
    np.testing.assert_allclose(found, np.linalg.eigvalsh(dense), atol=1e-12)
    moved = case.trajectory(2, 3, no_bar).solution.solution()[-1]
    names = [k for k, _ in model.named_parameters()]
    weight = moved[3:9] if names[0] == "0.bias" else moved[:6]
    assert (weight[[1, 2]] == 0).all()
    assert (weight[[0, 3, 4, 5]] != 0).all()


def test_s_of_a_small_polynomial_network_is_that_of_its_polynomial_loss() -> None:
    model = net(qgd.PolynomialActivation([0.0, 1.0, 0.5]))
    loss, weights, _ = qgd.polynomial_loss(model, data())
    s = max(f.symmetrised_row_sparsity for f in field_sparsity(loss, weights))
    for criterion in (nn.MSELoss(), lambda out, y: 3 * ((out - y) ** 2).mean()):
        found = qgd.NetworkCase("x", model, criterion, data(), 0.1).row_sparsity()
        assert (found.value, found.complete) == (s, True)


def test_s_of_another_loss_or_activation_is_not_claimed() -> None:
    model = net(qgd.PolynomialActivation([0.0, 1.0, 0.5]))
    for m, criterion in (
        (model, lambda out, y: ((out - y) ** 4).mean()),
        (net(), nn.MSELoss()),
    ):
        found = qgd.NetworkCase("x", m, criterion, data(), 0.1).row_sparsity()
        assert not found.complete
        assert 1 < found.value <= 13


def test_a_diagonal_hessian_has_one_entry_a_row() -> None:
    inputs = torch.eye(70, dtype=torch.float64)
    model = nn.Linear(70, 1, bias=False).double()
    case = qgd.NetworkCase("x", model, nn.MSELoss(), (inputs, torch.ones_like(inputs[:, :1])), 0.1)
    assert case.row_sparsity().value == 1
    assert not case.row_sparsity().complete


def test_r_of_a_linear_network_is_zero_and_of_a_saddle_missing() -> None:
    model = nn.Linear(2, 1, bias=False).double()
    case = qgd.NetworkCase("x", model, nn.MSELoss(), data(), 0.1)
    found = case.nonlinearity(case.spectrum(100, 8, 2, no_bar))
    assert found.R.value == 0
    assert found.least_eigenvalue > 0
    case = qgd.NetworkCase("x", net(), nn.MSELoss(), data(), 0.1)
    spectrum = case.spectrum(100, 8, 2, no_bar)
    assert spectrum.extremes[0] < 0
    assert "is not positive" in case.nonlinearity(spectrum).reason


def test_relu_has_a_spectrum_and_no_order() -> None:
    case = qgd.NetworkCase("x", net(nn.ReLU()), nn.MSELoss(), data(), 0.1)
    found = qgd.analyze(case, qgd.AnalysisSettings(num_steps=2, max_order=1), progress=silent)
    assert found.spectrum.exact
    assert isinstance(found.truncation, Missing)
    assert found.truncation.refuted
    assert "must be smooth" in found.truncation.reason
    assert "no power series" in found.nonlinearity.reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": (NAN, torch.ones(2, 1))}, "`loss` must be finite"),
        ({"data": (torch.ones(2, 5).double(), torch.ones(2, 1))}, "`model` and `loss` must accept"),
        ({"data": (torch.ones(2, 2), torch.ones(2, 1))}, r"model\.double\(\)"),
        ({"data": []}, "at least one sample"),
        ({"loss": nn.MSELoss(reduction="none")}, "must return one number"),
        ({"learning_rate": 0.0}, "`learning_rate` must be"),
        ({"mask": {"nobody": torch.ones(1)}}, "`mask` must name"),
    ],
)
def test_what_cannot_be_analysed_is_named(change: dict[str, object], message: str) -> None:
    arguments = {"loss": nn.MSELoss(), "data": data(), "learning_rate": 0.1, **change}
    with pytest.raises(ValueError, match=message):
        qgd.NetworkCase("x", net(), **arguments)
    with pytest.raises(TypeError, match="`data` must be"):
        qgd.NetworkCase("x", net(), nn.MSELoss(), 3, 0.1)


def test_divergence_speaks_against_a_run() -> None:
    case = qgd.NetworkCase("x", net(), nn.MSELoss(), data(), 1e6)
    found = qgd.analyze(case, qgd.AnalysisSettings(num_steps=60, max_order=2))
    assert isinstance(found.truncation, Missing)
    assert found.truncation.refuted
    with pytest.raises(QGDError):
        case.trajectory(2, 60, no_bar)
