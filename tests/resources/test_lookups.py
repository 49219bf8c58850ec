"""Gates of a lookup by formula: those of its compiled circuit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from strategies import fewer, seeds

from qgd.encoding.lookup import Lookup, LookupGate
from qgd.encoding.table import Table
from qgd.resources.gate_counts import count_gates
from qgd.resources.lookups import lookup_gates


def lookup(bits: int, count: int, word_bits: int, swap_bits: int, seed: int) -> Lookup:
    rng = np.random.default_rng(seed)
    addresses = np.sort(rng.choice(2**bits, count, replace=False)).astype(np.int64)
    words = rng.integers(1, 2**word_bits, count)
    return Lookup(Table(addresses, (words,), bits, (word_bits,)), swap_bits)


def written_out(found: Lookup) -> QuantumCircuit:
    gate = LookupGate(found)
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.compose(gate.definition, inplace=True)
    return circuit


@fewer(5)
@given(st.integers(3, 6), st.integers(2, 6), st.integers(0, 2), st.floats(0.2, 1), seeds())
def test_formula_is_the_count_of_the_compiled_circuit(bits, word_bits, swap_bits, share, seed):
    count = max(1, round(share * 2**bits))
    found = lookup(bits, count, word_bits, swap_bits, seed)
    wanted, stated = count_gates(written_out(found)), lookup_gates(found)
    assert stated.toffoli == wanted.toffoli
    assert stated.rotations == wanted.rotations == 0
    assert stated.t_gates == pytest.approx(wanted.t_gates, rel=0.02, abs=8)
    assert stated.cx == pytest.approx(wanted.cx, rel=0.02, abs=8)
    assert wanted.depth <= stated.depth
    if swap_bits == 0:  # swaps of one level act side by side in part
        assert stated.depth <= wanted.depth + 100


@pytest.mark.parametrize("swap_bits", [0, 3])
def test_gates_of_a_long_table_are_exact(swap_bits):
    found = lookup(9, 300, 10, swap_bits, 0)
    wanted, stated = count_gates(written_out(found)), lookup_gates(found)
    assert (stated.t_gates, stated.toffoli) == (wanted.t_gates, wanted.toffoli)
    assert stated.cx == pytest.approx(wanted.cx, rel=1e-3)
