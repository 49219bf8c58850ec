"""Whether a circuit is really at gate level: no large gate that is given by its matrix."""

from __future__ import annotations

from qiskit import QuantumCircuit

from qgd.core.checks import check_integer
from qgd.encoding.unitary_circuit import LARGEST_OPAQUE

# Gates whose only description is a matrix, or a vector, of exponential size.
_OPAQUE = {
    "unitary",
    "isometry",
    "isometry_dg",
    "hamiltonian",
    "state_preparation",
    "state_preparation_dg",
    "initialize",
}


def opaque_gates(circuit: QuantumCircuit) -> dict[str, int]:
    """Labels of the gates that are given by a matrix, at any depth, with their widest width.

    Examples
    --------
    >>> import numpy as np
    >>> circuit = QuantumCircuit(3)
    >>> circuit.unitary(np.eye(4), [0, 1], label="step")
    <...>
    >>> opaque_gates(circuit)
    {'step': 2}
    """
    found: dict[str, int] = {}
    seen: set[int] = set()
    pending = [circuit]
    while pending:
        for gate in pending.pop().data:
            operation = gate.operation
            # A controlled gate is as opaque as what it controls, and wider.
            base = getattr(operation, "base_gate", operation)
            if base.name in _OPAQUE:
                label = str(base.label or base.name)
                found[label] = max(found.get(label, 0), operation.num_qubits)
                continue
            inner = getattr(operation, "definition", None)
            if inner is not None and id(inner) not in seen:
                seen.add(id(inner))
                pending.append(inner)
    return found


def check_gate_level(circuit: QuantumCircuit, largest: int = LARGEST_OPAQUE) -> None:
    """Refuse a circuit that holds a gate given by its matrix on more than `largest` qubits.

    Such a gate hides an exponential number of elementary ones: a circuit with it can be simulated,
    and compiled at that price, but its gate count says nothing. The circuits of all solvers pass,
    for both structures of `encode` and at every size, unless encodings that were passed in hold
    such gates. A dilated step and the evolutions of `HHL` and `FourierLCU` are still known as
    matrices only, so they are long: a sequence of pieces of at most six qubits.

    Raises
    ------
    ValueError
        Naming the widest such gate.

    Examples
    --------
    >>> import numpy as np
    >>> from qgd import PolynomialMap, QSVT, carleman, encode, history_system
    >>> step = carleman(PolynomialMap([np.ones(32), -0.1 * np.eye(32)]), 1)
    >>> check_gate_level(QSVT(1.0).circuit(encode(history_system(step, np.zeros(32), 1))))
    """
    check_integer("largest", largest, 1)
    found = opaque_gates(circuit)
    label, width = max(found.items(), key=lambda item: item[1], default=("", 0))
    if width > largest:
        raise ValueError(
            f"`circuit` must hold no gate given by its matrix above {largest} qubits, got "
            f"{label!r} on {width}; write it in gates, with qiskit.transpile(circuit, "
            "basis_gates=['cx', 'rz', 'sx', 'x'], qubits_initially_zero=False) or by hand"
        )
