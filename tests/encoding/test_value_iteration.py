"""Acting once for each value, under a qubit that is 1 there and nowhere else."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qgd.encoding.value_iteration import for_each_value


@pytest.mark.parametrize("rooted", [False, True])
@pytest.mark.parametrize(("t", "count"), [(1, 2), (2, 3), (2, 4), (3, 5), (3, 2)])
def test_each_value_is_visited_once_and_flips_its_own_bit(t, count, rooted):
    """Value v flips bit v - 1 of a counter; what is not below `count` may do anything."""
    root, counter = t, range(t + 1, t + count)
    work = range(t + count, 2 * t + count)
    circuit, seen = QuantumCircuit(work.stop), []

    def act(value: int, qubit: int | None) -> None:
        seen.append(value)
        if value:
            circuit.cx(qubit, counter[value - 1])

    for_each_value(circuit, range(t), count, act, root=root if rooted else None, work=work)
    assert seen == list(range(count))
    for v in range(count):
        for on in (0, 1):
            start = v + 2**t * on
            flips = 2 ** counter[v - 1] if v and (on or not rooted) else 0
            moved = Statevector.from_int(start, 2**circuit.num_qubits).evolve(circuit)
            assert_allclose(moved.data[start ^ flips], 1, atol=1e-12)
