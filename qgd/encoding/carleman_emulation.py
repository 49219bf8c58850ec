"""The structured Carleman encoding as a matrix-free operator on statevectors."""

from __future__ import annotations

import numpy as np

from qgd.core.arrays import Array
from qgd.encoding.carleman_plan import CarlemanPlan


def apply_plan(plan: CarlemanPlan, state: Array, adjoint: bool) -> Array:
    """The unitary of the plan, or its adjoint, on (..., 2**num_ancillas, 2**num_system)."""
    if not all(e.is_real for e in plan.encodings.values()):
        state = state.astype(np.complex128)
    split = state.reshape(-1, 2**plan.num_index, state.size // _rows(plan, state))
    split = np.matmul(plan.prepared, split)
    for word in range(2**plan.num_index):
        split[:, word] = _branch(plan, word, split[:, word], adjoint).reshape(len(split), -1)
    return np.matmul(plan.prepared.T, split).reshape(state.shape)


def emulation_work(plan: CarlemanPlan) -> float:
    """Multiplications of one application."""
    registers = plan.registers
    rest = 2.0 ** (plan.num_inner + plan.num_flags + registers.num_system)
    total = 2 * 4.0**plan.num_index * rest
    for p, encoding in plan.encodings.items():
        words = 2.0 ** (plan.num_index - len(plan.condition(p)))
        total += words * rest / 2.0 ** (encoding.num_ancillas + encoding.num_system) * encoding.work
    return total


def _rows(plan: CarlemanPlan, state: Array) -> int:
    lead = state.size // (state.shape[-1] * state.shape[-2])
    return int(lead * 2**plan.num_index)


def _branch(plan: CarlemanPlan, word: int, part: Array, adjoint: bool) -> Array:
    """What happens to one basis state of the index register: levels, slots, calls, slots."""
    registers, inner = plan.registers, 2**plan.num_inner
    codes, flags = 2**registers.level_qubits, 2**plan.num_flags
    slots = (2**registers.slot_qubits,) * plan.order
    target = plan.level_map(word)
    before, after = plan.swaps(word)
    calls = [p for p in plan.encodings if all(word >> b & 1 == v for b, v in plan.condition(p))]
    by_level = part.reshape(-1, flags, inner, codes, int(np.prod(slots)))
    by_level = np.moveaxis(by_level, 3, 2).reshape(len(part), flags * codes, -1)
    if not adjoint:
        moved = np.empty_like(by_level)
        moved[:, target] = by_level
    else:
        moved, before, after, calls = by_level, after[::-1], before[::-1], calls[::-1]
    full = _swapped(moved.reshape(-1, inner, *slots), before)
    for p in calls:
        full = _called(plan, p, full, adjoint)
    moved = _swapped(full, after).reshape(len(part), flags * codes, -1)
    if adjoint:
        moved = moved[:, target]
    moved = moved.reshape(len(part), flags, codes, inner, -1)
    return np.moveaxis(moved, 2, 3)


def _swapped(full: Array, swaps: list[tuple[int, int]]) -> Array:
    """Exchange slots; axis 1 + i belongs to slot i."""
    axes = list(range(full.ndim))
    for i, k in swaps:
        axes[1 + i], axes[1 + k] = axes[1 + k], axes[1 + i]
    return full.transpose(axes)


def _called(plan: CarlemanPlan, p: int, full: Array, adjoint: bool) -> Array:
    """One call of the encoding of F_p on slots max(1, p), ..., 1, most significant first."""
    encoding, arity = plan.encodings[p], max(1, p)
    used = [1 + i for i in range(arity, 0, -1)]
    others = [a for a in range(full.ndim) if a not in used and a != 1]
    order = [*others, 1, *used]
    moved = full.transpose(order)
    shape = moved.shape
    flat = np.ascontiguousarray(moved).reshape(-1, 2**encoding.num_ancillas, encoding.dimension)
    return encoding.apply(flat, adjoint=adjoint).reshape(shape).transpose(np.argsort(order))
