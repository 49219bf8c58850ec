"""The lifted step of a stencil needs its numbers only."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.dynamics.dissipation import majorant
from qgd.resources.stencil_step import damped, stencil_majorant, stencil_step

BURGERS = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-0.4, [0, 1]), (0.4, [0, -1])]


def as_map(stencil: qgd.Stencil, step_size: float) -> qgd.PolynomialMap:
    return qgd.PolynomialMap([step_size * F for F in stencil.system().F])


@pytest.mark.parametrize("boundary", ["periodic", "open"])
def test_encodes_the_exact_carleman_matrix_of_the_step(boundary):
    stencil, scale = qgd.Stencil(2, BURGERS, boundary), 0.3
    registers = qgd.CarlemanRegisters(2, 2)
    encoding = stencil_step(stencil, 0.2, registers, scale)
    wanted = qgd.carleman(as_map(stencil, 0.2), 2, scale=scale).matrix.toarray()
    where = registers.positions
    state = np.zeros((len(wanted), 2**encoding.num_ancillas, encoding.dimension))
    state[np.arange(len(wanted)), 0, where] = 1.0
    found = encoding.alpha * encoding.apply(state)[:, 0, where].T
    assert np.allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("boundary", ["periodic", "open"])
@pytest.mark.parametrize("n", [2, 3, 8])
def test_majorant_dominates_the_norms_of_the_coefficients(n, boundary):
    stencil = qgd.Stencil(n, BURGERS, boundary)
    ours, exact = stencil_majorant(stencil, 0.2), majorant(as_map(stencil, 0.2))
    for above, below in zip(ours.coefficients, exact.coefficients, strict=True):
        assert above >= below - 1e-12
    if boundary == "periodic" and n == 8:  # the constant vector attains it
        assert ours.coefficients[1] == pytest.approx(exact.coefficients[1])


@pytest.mark.parametrize("num_controls", [0, 1, 2])
def test_damping_changes_alpha_and_nothing_else(num_controls):
    from qiskit.quantum_info import Operator

    inner = qgd.dilation([[0.3, 0.1], [0.0, 0.2]], alpha=0.7)
    outer = damped(inner, 1.3)
    assert outer.alpha == 1.3
    assert np.allclose(outer.block(), inner.block())
    unitary = Operator(outer.build(num_controls)).data
    block = 1.3 * unitary[-(2**outer.num_qubits) :, -(2**outer.num_qubits) :][:2, :2]
    assert np.allclose(block, inner.block())
    rest = unitary[: -(2**outer.num_qubits), : -(2**outer.num_qubits)]
    assert np.allclose(rest, np.eye(len(rest)))


def test_a_constant_term_is_refused_with_a_remedy():
    forced = qgd.Stencil(4, [(1.0, []), (-1.0, [0])])
    with pytest.raises(ValueError, match=r"must have no constant term.*shift the variables"):
        stencil_step(forced, 0.1, qgd.CarlemanRegisters(4, 2), 1.0)
