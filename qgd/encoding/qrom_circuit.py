"""The encoding of an arbitrary sparse matrix as a circuit of two lookups and a comparison."""

from __future__ import annotations

from qiskit import QuantumCircuit

from qgd.encoding.arithmetic import flip_on_carry
from qgd.encoding.qrom_plan import QromPlan
from qgd.encoding.state_preparation import real_state_preparation
from qgd.encoding.unary_iteration import flip


def num_work_qubits(plan: QromPlan) -> int:
    """Clean work qubits: the control, a word, and what lookups or carries need."""
    return 1 + plan.word_bits + max(plan.bits, *(table.num_work for table in plan.tables))


def qrom_circuit(plan: QromPlan, num_controls: int) -> QuantumCircuit:
    """U on system, ancillas and work qubits, all `num_controls` further qubits being 1."""
    q, b = plan.num_system, plan.bits
    flag, first_index = q, q + 1 + b
    fraction, index = range(q + 1, first_index), range(first_index, first_index + plan.num_index)
    on = index.stop
    word = range(on + 1, on + 1 + plan.word_bits)
    work = range(word.stop, on + num_work_qubits(plan))
    circuit = QuantumCircuit(work.stop + num_controls)
    controls = list(range(work.stop, circuit.num_qubits))
    prepare = real_state_preparation(plan.amplitudes) if plan.num_index else None
    if prepare:
        circuit.compose(prepare, index, inplace=True)
    if b:
        circuit.h(fraction)
    flip(circuit, controls, on)
    address = [*range(q), *index]
    plan.tables[0].append(circuit, address, word, on, work)
    circuit.cx(on, flag)
    circuit.cx(word[b], flag)
    if b:
        flip_on_carry(circuit, word[:b], fraction, flag, work)
    circuit.z(word[b + 1])
    for source, target in zip(word[b + 2 :], range(q), strict=True):
        circuit.cx(source, target)
    plan.tables[1].append(circuit, address, word, on, work)
    flip(circuit, controls, on)
    if b:
        circuit.h(fraction)
    if prepare:
        circuit.compose(prepare.inverse(), index, inplace=True)
    return circuit
