"""Flips that depend on the value of a register."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from strategies import fewer

from qgd.encoding.unary_iteration import flip_by_value


@fewer(1)
@given(st.data(), st.integers(0, 3), st.booleans())
def test_target_flips_where_the_leaf_of_the_value_allows(data, size, controlled):
    condition, target, control = size, size + 1, size + 2
    leaf = st.sampled_from([None, (), (condition,)])
    leaves = data.draw(st.lists(leaf, min_size=2**size, max_size=2**size))
    circuit = QuantumCircuit(size + 3 + max(0, size - 1))
    work, controls = range(size + 3, circuit.num_qubits), [control] if controlled else []
    flip_by_value(circuit, range(size), leaves, target, work=work, controls=controls)
    U = Operator(circuit).data
    for state in range(2 ** (size + 3)):  # clean work qubits
        chosen, bits = leaves[state % 2**size], state >> size
        flips = chosen is not None and (chosen == () or bits & 1)
        flips = flips and (not controlled or bits >> 2 & 1)
        expected = state ^ (2**target if flips else 0)
        assert_allclose(U[:, state], np.eye(len(U))[expected], atol=1e-12)
