"""Table lookups: what they write, what they leave clean, and how many T gates they take."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator, Statevector
from strategies import fewer

from qgd.encoding import lookup as lookup_module
from qgd.encoding.lookup import Lookup, LookupGate
from qgd.encoding.table import Table


def built(lookup: Lookup) -> QuantumCircuit:
    """Address, target, root, work."""
    a, w = lookup.address_bits, lookup.word_bits
    circuit = QuantumCircuit(a + w + 1 + lookup.num_work)
    work = range(a + w + 1, circuit.num_qubits)
    lookup.append(circuit, range(a), range(a, a + w), a + w, work)
    return circuit


@pytest.mark.parametrize("swap_bits", [0, 1, 2])
@fewer(3)
@given(st.data(), st.integers(1, 3))
def test_target_gets_the_word_of_the_address_under_the_root(swap_bits, data, bits):
    word = st.integers(0, 3)
    words = data.draw(st.lists(word, min_size=2**bits, max_size=2**bits))
    table = {a: word for a, word in enumerate(words) if word}
    lookup = Lookup(Table.of(table, bits, 2), min(swap_bits, bits))
    circuit, used = built(lookup), bits + 3
    start = np.zeros(2**circuit.num_qubits)
    amplitudes = np.arange(1.0, 2**used + 1)
    start[: 2**used] = amplitudes / np.linalg.norm(amplitudes)
    moved = Statevector(start).evolve(circuit).data
    wanted = np.zeros_like(start)
    for i in range(2**used):
        address, root = i % 2**bits, i >> bits + 2
        wanted[i ^ (words[address] << bits if root else 0)] = start[i]
    np.testing.assert_allclose(moved, wanted, atol=1e-12)


def test_stated_t_count_is_that_of_the_compiled_circuit():
    rng = np.random.default_rng(0)
    table = {a: int(rng.integers(1, 16)) for a in range(32)}
    for k in (0, 1, 3):
        lookup = Lookup(Table.of(table, 5, 4), k)
        ops = transpile(
            built(lookup),
            basis_gates=["cx", "rz", "sx", "x"],
            optimization_level=0,
            qubits_initially_zero=False,
        )
        eighths = [
            round(float(step.operation.params[0]) / (np.pi / 4)) % 2
            for step in ops.data
            if step.operation.name == "rz"
        ]
        assert sum(eighths) == lookup.t_count(k)


def test_width_of_the_swaps_is_the_cheapest_and_saves_much_on_long_tables():
    table = {a: 1 + (a * 2654435761 >> 7) % 255 for a in range(2**12)}
    lookup = Lookup(Table.of(table, 12, 8))
    counts = [lookup.t_count(k) for k in range(9)]
    assert min(counts) == counts[lookup.swap_bits] == lookup.t_count(lookup.swap_bits)
    assert counts[lookup.swap_bits] < counts[0] / 4
    assert Lookup(Table.of({5: 1}, 12, 8)).swap_bits == 0


def test_a_constant_table_costs_nothing_and_a_lone_entry_one_product_a_bit():
    assert Lookup(Table.of(dict.fromkeys(range(8), 3), 3, 2)).t_count(0) == 0
    assert Lookup(Table.of({6: 3}, 3, 2)).t_count(0) == 3 * 8


def test_long_tables_are_one_gate_until_it_is_defined(monkeypatch):
    rng = np.random.default_rng(3)
    first, second = (
        Lookup(Table.of({a: int(rng.integers(1, 4)) for a in range(4)}, 2, 2), 0) for _ in range(2)
    )
    plain = built(first).compose(built(second))
    monkeypatch.setattr(lookup_module, "_WRITTEN_OUT", 0)
    short = built(first).compose(built(second))
    assert [step.operation.name for step in short.data] == ["lookup", "lookup"]
    assert np.allclose(Operator(short).data, Operator(plain).data, atol=1e-12)
    lowered = transpile(
        short, basis_gates=["cx", "rz", "sx", "x"], qubits_initially_zero=False, seed_transpiler=0
    )
    assert Operator(lowered).equiv(Operator(plain))
    back = short.compose(short.inverse())
    assert np.allclose(Operator(back).data, np.eye(2**back.num_qubits), atol=1e-12)


def test_a_gate_is_its_table_and_its_direction():
    table = Table.of({1: 1}, 2, 1)
    gate = LookupGate(Lookup(table, 0))
    assert copy.deepcopy(gate) == gate
    assert copy.deepcopy(gate).lookup is gate.lookup
    assert gate.inverse() != gate
    assert gate.inverse().inverse() == gate
    assert gate != LookupGate(Lookup(table, 0))
