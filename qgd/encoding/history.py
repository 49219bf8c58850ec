"""Encoding of the history matrix of a linear recursion, from an encoding of one of its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.core.checks import check_integer, check_real
from qgd.core.compose import combination_alpha, combination_error
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.comparison import Comparison, carry_increment, num_comparison_work
from qgd.encoding.gates import rotation
from qgd.encoding.time_selection import SelectedEncodings
from qgd.encoding.unary_iteration import flip


def num_time_qubits(num_steps: int, padding: int) -> int:
    """Qubits that count the T + p + 1 times."""
    return max(1, (num_steps + padding).bit_length())


def history_encoding(
    step: BlockEncoding | SelectedEncodings, num_steps: int, padding: int
) -> BlockEncoding:
    """Encode L of `history_system`: 1 on the diagonal, -C_k below it, p idle rows at the end.

    1 - S D with S the increment of the time register and D_k = C_k for k < T, 1 while idle, 0 from
    the last time on. One call of the step, at most 13 t + O(1) CNOTs around it if T + p + 1 = 2^t
    or p = 0 and 19 t + O(1) otherwise, one ancilla more than the step (Theorem 7.6), and

        alpha = 1 + alpha_C,    epsilon = epsilon_C.

    Unused times are identity rows; what the step holds apart from its used states it may idle, or
    forget, but never mix with them.

    Parameters
    ----------
    step : BlockEncoding or SelectedEncodings
        Of C, alpha_C >= 1; or of C_0, ..., C_{T-1} (`select_by_time`), by `num_time_qubits`.
    num_steps : int
        T, at least 1.
    padding : int
        p >= 0.

    Examples
    --------
    >>> from qgd import dilation
    >>> encoding = history_encoding(dilation([[0.5, 0.0], [0.0, 0.0]], alpha=1.0), 1, 0)
    >>> encoding.alpha, encoding.block().real[::2, ::2].round(12).tolist()
    (2.0, [[1.0, 0.0], [-0.5, 1.0]])
    """
    check_integer("num_steps", num_steps, 1)
    check_integer("padding", padding, 0)
    time = num_time_qubits(num_steps, padding)
    selected = isinstance(step, SelectedEncodings)
    parts = step.parts if isinstance(step, SelectedEncodings) else (step,)
    if isinstance(step, SelectedEncodings) and (step.num_time, len(parts)) != (time, num_steps):
        raise ValueError(
            f"`step` must hold {num_steps} parts and be selected by {time} time qubits, got "
            f"{len(parts)} and {step.num_time}; use num_time_qubits({num_steps}, {padding})"
        )
    remedy = "give it a larger alpha"
    check_real("step.alpha", parts[0].alpha, at_least=1 - 1e-12, remedy=remedy)
    return _History(parts, num_steps, num_steps + padding, time, selected).encoding()


@dataclass(frozen=True, eq=False)
class _History:
    """1 - S D as an operator and as a circuit; `last` is T + p."""

    parts: tuple[BlockEncoding, ...]
    num_steps: int
    last: int
    num_time: int
    selected: bool

    @property
    def step(self) -> BlockEncoding:
        return self.parts[0]

    @property
    def inner(self) -> int:
        """Ancillas of the step, the first of which also damps idle rows and stops the last."""
        return max(1, self.step.num_ancillas)

    @property
    def idle_angle(self) -> float:
        """Of the rotation that encodes 1 with the subnormalisation of the step."""
        return 2 * math.acos(min(1.0, 1 / self.step.alpha))

    @property
    def prepared(self) -> float:
        """R_y of it takes |0> to (|0> + sqrt(alpha) |1>) / sqrt(1 + alpha)."""
        return 2 * math.atan(math.sqrt(self.step.alpha))

    @property
    def stops_at_overflow(self) -> bool:
        """Whether the last time holds only ones, so that the increment's carry marks it."""
        return self.last > self.num_steps and self.last + 1 == 2**self.num_time

    def encoding(self) -> BlockEncoding:
        step, t = self.step, self.num_time
        calls = sum(part.work for part in self.parts) / len(self.parts) * self.num_steps
        size = 2.0 ** (self.inner + t + step.num_system)
        return BlockEncoding(
            alpha=combination_alpha([1.0, 1.0], [1.0, step.alpha]),
            epsilon=combination_error([1.0, 1.0], [0.0, max(e.epsilon for e in self.parts)]),
            num_system=t + step.num_system,
            num_ancillas=self.inner + 1,
            apply_unitary=self.apply,
            build=self.build,
            num_work=1 + self.num_ladder + self.step_work,
            is_real=all(part.is_real for part in self.parts),
            name="U_L",
            work=2.0 ** (self.inner - step.num_ancillas) * calls + 10 * size,
        )

    # --- on statevectors ------------------------------------------------------------------

    def apply(self, state: Array, adjoint: bool) -> Array:
        """The unitary or its adjoint on (..., 2**num_ancillas, 2**num_system)."""
        if not all(part.is_real for part in self.parts):
            state = state.astype(np.complex128)
        lead, turn = state.shape[:-2], rotation(self.prepared)
        split = np.matmul(turn, state.reshape(*lead, 2, -1))
        rows = split[..., 1, :].reshape(*lead, 2**self.inner, 2**self.num_time, -1)
        rows = np.moveaxis(rows, -2, -3)  # time, ancillas, block
        if adjoint:
            rows = self._steps(np.roll(rows, -1, axis=-3), True)
        else:
            rows = np.roll(self._steps(rows, False), 1, axis=-3)
        split[..., 1, :] = -np.moveaxis(rows, -3, -2).reshape(*lead, -1)
        return np.matmul(turn.T, split).reshape(state.shape)

    def _steps(self, rows: Array, adjoint: bool) -> Array:
        """D: each time on its own."""
        T, last, out = self.num_steps, self.last, rows.copy()
        runs = [(k, k + 1) for k in range(T)] if len(self.parts) > 1 else [(0, T)]
        for (start, stop), part in zip(runs, self.parts, strict=True):
            here = (..., slice(start, stop), slice(None), slice(None))
            used = 2**part.num_ancillas
            taken = np.ascontiguousarray(rows[here])
            split = taken.reshape(*taken.shape[:-2], -1, used, taken.shape[-1])
            out[here] = part.apply(split, adjoint=adjoint).reshape(taken.shape)
        stop_turn = rotation(math.pi) if last > T else np.array([[0.0, 1.0], [1.0, 0.0]])
        turns = ((T, last, rotation(self.idle_angle)), (last, 2**self.num_time, stop_turn))
        for start, stop, turn in turns:
            here = (..., slice(start, stop), slice(None), slice(None))
            taken = rows[here]
            pairs = taken.reshape(*taken.shape[:-2], 2 ** (self.inner - 1), 2, taken.shape[-1])
            out[here] = np.matmul(turn.T if adjoint else turn, pairs).reshape(taken.shape)
        return out

    # --- as a circuit ---------------------------------------------------------------------

    @property
    def step_work(self) -> int:
        """Work qubits of the step, without the time register that it may select by."""
        return self.step.num_work - self.num_time * self.selected

    @property
    def num_ladder(self) -> int:
        """Clean qubits for comparisons and carries."""
        t, overflow = self.num_time, self.stops_at_overflow
        needed = [num_comparison_work(t, self.num_steps), t - 1 + overflow]
        if self.last > self.num_steps and not overflow:
            needed.append(num_comparison_work(t, self.last))
        return max(needed)

    def build(self, num_controls: int) -> QuantumCircuit:
        """The circuit on system, ancillas, work qubits, under further controls."""
        s, t = self.step.num_system, self.num_time
        time = range(s, s + t)
        ancillas = range(time.stop, time.stop + self.inner)
        index, outer_control = ancillas.stop, ancillas.stop + 1
        ladder = range(outer_control + 1, outer_control + 1 + self.num_ladder)
        work = range(ladder.stop, ladder.stop + self.step_work)
        circuit = QuantumCircuit(work.stop + num_controls)
        controls = list(range(work.stop, circuit.num_qubits))
        active = outer_control if controls else index
        circuit.ry(self.prepared, index)
        if controls:
            flip(circuit, [index, *controls], outer_control)
        circuit.z(active)  # the sign of - S D
        within = Comparison(time, self.num_steps, active, ladder)
        within.compute(circuit)
        used = [*range(s), *ancillas[: self.step.num_ancillas]]
        used += [*time, *work] if self.selected else [*work]
        circuit.compose(self.step.build(1), [*used, within.result], inplace=True)
        self._idle(circuit, active, within.result, ancillas[0])
        within.uncompute(circuit)
        self._advance(circuit, list(time), active, list(ladder), ancillas[0])
        if controls:
            flip(circuit, [index, *controls], outer_control)
        circuit.ry(-self.prepared, index)
        return circuit

    def _idle(self, circuit: QuantumCircuit, active: int, within: int, damped: int) -> None:
        """From row T on: 1 / alpha by a rotation, or 0 by a flip if there is no padding."""
        if self.last == self.num_steps:
            circuit.cx(active, damped)
            circuit.cx(within, damped)
        elif self.idle_angle:
            circuit.cx(within, active)  # within the steps the active qubit is 0 meanwhile
            circuit.cry(self.idle_angle, active, damped)
            circuit.cx(within, active)

    def _advance(
        self, circuit: QuantumCircuit, time: list[int], active: int, ladder: list[int], damped: int
    ) -> None:
        """Nothing is passed on from row T + p; then add 1 to the time."""

        def stop(control: int) -> None:
            circuit.cry(math.pi - self.idle_angle, control, damped)

        if self.stops_at_overflow:
            carry_increment(circuit, time, active, ladder, stop)
            return
        if self.last > self.num_steps:
            beyond = Comparison(time, self.last, active, ladder, below=False)
            beyond.compute(circuit)
            stop(beyond.result)
            beyond.uncompute(circuit)
        carry_increment(circuit, time, active, ladder)
