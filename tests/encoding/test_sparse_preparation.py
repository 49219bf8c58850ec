"""Sparse vectors become states: exactly, under controls, by few gates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Statevector
from strategies import fewer, reals

import qgd

EXACT = {"basis_gates": ["cx", "rz", "sx", "x"], "qubits_initially_zero": False}


@st.composite
def sparse_vectors(draw: st.DrawFn) -> tuple[int, np.ndarray]:
    """Number of qubits and a vector of that size with a few entries, of either sign."""
    n = draw(st.integers(1, 4))
    places = draw(st.sets(st.integers(0, 2**n - 1), min_size=1))
    v = np.zeros(2**n)
    for place in places:
        v[place] = draw(reals(0.1, 1.0)) * draw(st.sampled_from([-1, 1]))
    return n, v


@fewer(1)
@given(sparse_vectors(), st.integers(0, 2))
def test_circuit_prepares_the_vector_where_all_controls_are_one(case, controls):
    n, v = case
    vector = qgd.SparseVector.of(v)
    work = vector.num_work + 1
    circuit = vector.build(n, work)(controls)
    for word in range(2**controls):
        start = np.zeros((2**controls, 2**work, 2**n))
        start[word, 0, 0] = 1
        moved = Statevector(start.ravel()).evolve(circuit).data.reshape(start.shape)
        if word == 2**controls - 1:
            start[word, 0] = v / np.linalg.norm(v)
        assert_allclose(moved, start, atol=1e-13)
    assert vector.norm == pytest.approx(np.linalg.norm(v), rel=1e-15)


def cnots(vector: qgd.SparseVector, n: int) -> int:
    circuit = QuantumCircuit(n + vector.num_work)
    vector.prepare(circuit, range(n), None, range(n, n + vector.num_work))
    return int(transpile(circuit, optimization_level=1, **EXACT).count_ops().get("cx", 0))


@pytest.mark.parametrize("n", [4, 10, 16, 30])
def test_cost_is_at_most_nine_cnots_and_the_bits_that_are_set_for_each_entry(n):
    rng = np.random.default_rng(n)
    for r in (1, 2, 5, 9):
        places = np.unique(rng.integers(0, 2**n, size=r))
        vector = qgd.SparseVector(places, rng.normal(size=len(places)))
        bits = sum(int(place).bit_count() for place in places)
        assert cnots(vector, n) <= 9 * (len(places) - 1) + bits


def test_dense_vectors_cost_no_more_than_multiplexed_rotations():
    for n in (2, 3, 5):
        assert cnots(qgd.SparseVector.of(np.arange(1.0, 2**n + 1)), n) <= 2**n - 2


def test_too_few_work_qubits_give_no_builder():
    vector = qgd.SparseVector.of(np.array([1.0, 0, 0, 1, 0, 1, 1, 0]))
    assert vector.build(3, vector.num_work) is None
    assert vector.build(3, vector.num_work + 1) is not None
