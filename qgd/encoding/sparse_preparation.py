"""Preparation of a sparse real vector by O(r log n) gates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import IntArray, RealArray
from qgd.encoding.block_encoding import Build
from qgd.encoding.gates import clean_and
from qgd.encoding.state_preparation import multiplexed_rotation, rotation_angles
from qgd.encoding.unary_iteration import flip

_LARGEST_DENSE = 12  # qubits of a part that may be prepared densely


@dataclass(frozen=True, eq=False)
class SparseVector:
    """A real vector of length 2**num_qubits by its non-zero entries, and how to prepare it.

    The binary tree of the indices is walked from the most significant bit down. Where it branches,
    a rotation splits the norm, and a clean qubit says which branch is meant; where it does not, a
    bit is set or left alone. Full parts of the tree are prepared by multiplexed rotations if that
    takes fewer CNOTs. With r entries that is at most 9 (r - 1) CNOTs and one for every bit that is
    set. Being under a control costs nothing but on the first branch.

    Parameters
    ----------
    indices : ndarray of int, shape (r,)
        Increasing.
    values : ndarray, shape (r,)
        Non-zero, r at least 1.

    Examples
    --------
    >>> unit = SparseVector(np.array([1, 6]), np.array([3.0, -4.0]))
    >>> circuit = QuantumCircuit(3)
    >>> unit.prepare(circuit, range(3))
    >>> from qiskit.quantum_info import Statevector
    >>> Statevector(circuit).data.real.round(12).tolist()
    [0.0, 0.6, 0.0, 0.0, 0.0, 0.0, -0.8, 0.0]
    """

    indices: IntArray
    values: RealArray

    @classmethod
    def of(cls, vector: RealArray) -> SparseVector:
        """The non-zero entries of a vector that is not zero."""
        indices = np.flatnonzero(vector)
        return cls(indices, vector[indices])

    @property
    def norm(self) -> float:
        """Euclidean norm."""
        return math.hypot(*self.values)

    @property
    def num_work(self) -> int:
        """Clean qubits that `prepare` needs under a control; one less without."""
        return 0 if self._root is None else self._root.depth

    def prepare(
        self,
        circuit: QuantumCircuit,
        register: Sequence[int],
        control: int | None = None,
        work: Sequence[int] = (),
    ) -> None:
        """Map |0...0> of the register to the vector over its norm, where the control is 1.

        Parameters
        ----------
        register : sequence of int
            Least significant qubit first.
        control : int, optional
            The register is left alone where it is 0.
        work : sequence of int
            `num_work` clean qubits.
        """
        if len(self.values) == 1 and self.values[0] < 0:
            if control is None:
                circuit.global_phase += math.pi
            else:
                circuit.z(control)
        if self._root is not None:
            _Walk(circuit, list(register)).visit(self._root, control, list(work))

    def build(self, num_qubits: int, num_work: int) -> Build | None:
        """`prepare` as a builder of circuits on num_qubits + num_work qubits and controls.

        None if there are too few work qubits.
        """
        if self.num_work + 1 > num_work:
            return None

        def builder(num_controls: int) -> QuantumCircuit:
            both = num_qubits + num_work
            circuit = QuantumCircuit(both + num_controls, name="prepare")
            control, first, work = None, num_qubits, range(num_qubits + 1, both)
            if num_controls:
                control = both if num_controls == 1 else first
            if num_controls > 1:
                flip(circuit, range(both, circuit.num_qubits), first)
            self.prepare(circuit, range(num_qubits), control, work)
            if num_controls > 1:
                flip(circuit, range(both, circuit.num_qubits), first)
            return circuit

        return builder

    @cached_property
    def _root(self) -> _Node | None:
        return _plan(self.indices, self.values)


@dataclass(frozen=True, eq=False)
class _Node:
    """A part of the tree: bits to set, then a branch at a bit, or a dense vector from it down."""

    ones: list[int]
    bit: int = -1
    angle: float = 0.0
    children: tuple[_Node | None, _Node | None] = (None, None)
    dense: RealArray | None = None
    cost: int = 0

    @property
    def depth(self) -> int:
        """Clean qubits, if the node has a control."""
        deepest = [1 + child.depth for child in self.children if child is not None]
        return max(deepest, default=0) if self.dense is None else 0


def _plan(indices: IntArray, values: RealArray) -> _Node | None:
    """The tree below, or None if nothing is to be done: the only entry is 0...0."""
    first, last = int(indices[0]), int(indices[-1])
    bit = (first ^ last).bit_length() - 1
    ones = [b for b in range(bit + 1, first.bit_length()) if first >> b & 1]
    if bit < 0:
        return _Node(ones, cost=len(ones)) if ones else None
    below = indices & ((2 << bit) - 1)
    middle = int(np.searchsorted(below, 1 << bit))
    halves = ((below[:middle], values[:middle]), (below[middle:] - (1 << bit), values[middle:]))
    zero, one = (float(v[0]) if len(v) == 1 else math.hypot(*v) for _, v in halves)
    children = (_plan(*halves[0]), _plan(*halves[1]))
    present = [child for child in children if child is not None]
    cost = len(ones) + 2 + (0, 6, 7)[len(present)] + sum(child.cost for child in present)
    dense_cost = len(ones) + 2 ** (bit + 2) - 2
    if bit < _LARGEST_DENSE and dense_cost < cost:
        dense = np.zeros(2 << bit)
        dense[below] = values
        return _Node(ones, bit, dense=dense, cost=dense_cost)
    return _Node(ones, bit, 2 * math.atan2(one, zero), children, cost=cost)


class _Walk:
    """The circuit while the tree is walked."""

    def __init__(self, circuit: QuantumCircuit, register: list[int]) -> None:
        self.circuit, self.register = circuit, register

    def visit(self, node: _Node, control: int | None, work: list[int]) -> None:
        circuit, register = self.circuit, self.register
        for b in node.ones:
            if control is None:
                circuit.x(register[b])
            else:
                circuit.cx(control, register[b])
        if node.dense is not None:
            multiplexed_rotations(circuit, node.dense, register[: node.bit + 1], control)
        elif node.bit >= 0 and control is None:
            circuit.ry(node.angle, register[node.bit])
        elif node.bit >= 0:
            circuit.cry(node.angle, control, register[node.bit])
        if any(node.children):
            visit_branches(circuit, register[node.bit], control, node.children, work, self.visit)


def visit_branches(
    circuit: QuantumCircuit,
    bit: int,
    control: int | None,
    children: tuple[Any, Any],
    work: list[int],
    visit: Callable[[Any, int, list[int]], None],
) -> None:
    """Visit the children that are there, each under a qubit that is 1 on its branch of the bit."""
    zero, one = children
    if control is None:
        for child, value in ((zero, 0), (one, 1)):
            if child is not None:
                if not value:
                    circuit.x(bit)
                visit(child, bit, work)
                if not value:
                    circuit.x(bit)
        return
    if zero is None and one is None:
        return
    both, free = work[0], work[1:]

    def product(value: int) -> None:
        if not value:
            circuit.x(bit)
        clean_and(circuit, control, bit, both)
        if not value:
            circuit.x(bit)

    product(int(zero is None))
    if zero is not None:
        visit(zero, both, free)
        if one is not None:
            circuit.cx(control, both)
    if one is not None:
        visit(one, both, free)
    product(int(one is not None))


def multiplexed_rotations(
    circuit: QuantumCircuit, vector: RealArray, register: Sequence[int], control: int | None
) -> None:
    """`real_state_preparation` on the qubits of a register, least significant first.

    A control, where nothing happens if it is 0, is one more multiplexing bit: twice the CNOTs.
    """
    angles = rotation_angles(vector)
    for target in range(len(register) - 1, -1, -1):
        controls, turns = list(register[target + 1 :]), angles[target]
        if control is not None:
            controls, turns = [*controls, control], np.append(np.zeros(len(turns)), turns)
        circuit.append(multiplexed_rotation(turns), [register[target], *controls])
