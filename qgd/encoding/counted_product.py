"""Products of encodings that share one set of ancillas: a counter remembers who has failed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.core.compose import product_error
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.gates import clean_and, increment


def counted_product(factors: Sequence[BlockEncoding]) -> BlockEncoding:
    """A_m ... A_1 with max a_i + ceil(log2 m) ancillas instead of a_1 + ... + a_m (Theorem 7.13).

    Between two factors a counter is raised by 1 where the ancillas are not all 0. It ends at 0
    exactly where they were 0 every time, for m - 1 failures do not fill it. alpha and epsilon are
    those of the product; a check costs 2 (a - 1) products of two bits and one increment.

    Parameters
    ----------
    factors : sequence of BlockEncoding
        A_1, ..., A_m in the order in which they act, on the same system qubits.

    Examples
    --------
    >>> from qgd import dilation
    >>> three = counted_product([dilation([[0.5, 0.1], [0.0, 0.3]])] * 3)
    >>> three.num_ancillas, three.block().real.round(6).tolist()
    (3, [[0.125, 0.049], [0.0, 0.027]])
    """
    sizes = {factor.num_system for factor in factors}
    if len(sizes) != 1:
        raise ValueError(
            "`factors` must be at least one encoding, all on the same number of system qubits, got "
            f"{sorted(sizes)}; pad with kron"
        )
    system, shared = factors[0].num_system, max(f.num_ancillas for f in factors)
    bits, calls = (len(factors) - 1).bit_length(), max(f.num_work for f in factors)
    is_real = all(factor.is_real for factor in factors)

    def apply(state: Array, adjoint: bool) -> Array:
        lead = state.shape[:-2]
        split = state if is_real else state.astype(np.complex128)
        split = split.reshape(*lead, 2**bits, 2**shared, -1)
        order = factors[::-1] if adjoint else factors
        for i, factor in enumerate(order):
            if i:
                split = split.copy()
                split[..., 1:, :] = np.roll(split[..., 1:, :], -1 if adjoint else 1, axis=-3)
            used = split.reshape(*lead, -1, 2**factor.num_ancillas, split.shape[-1])
            split = factor.apply(used, adjoint=adjoint).reshape(split.shape)
        return np.asarray(split.reshape(state.shape))

    def build(num_controls: int) -> QuantumCircuit:
        ancillas = range(system, system + shared)
        counter = range(ancillas.stop, ancillas.stop + bits)
        works = range(counter.stop, counter.stop + calls)
        ladder = range(works.stop, works.stop + max(0, shared - 1) * (bits > 0))
        circuit = QuantumCircuit(ladder.stop + num_controls)
        controls = list(range(ladder.stop, circuit.num_qubits))
        for i, factor in enumerate(factors):
            if i and shared:
                _count(circuit, list(ancillas), counter, ladder, controls)
            used = [*range(system), *ancillas[: factor.num_ancillas], *works[: factor.num_work]]
            circuit.compose(factor.build(num_controls), [*used, *controls], inplace=True)
        return circuit

    alpha, epsilon = reduce(
        lambda done, f: (f.alpha * done[0], product_error(f.alpha, f.epsilon, *done)),
        factors[1:],
        (factors[0].alpha, factors[0].epsilon),
    )
    size = 2.0 ** (system + shared + bits)
    return BlockEncoding(
        alpha=alpha,
        epsilon=epsilon,
        num_system=system,
        num_ancillas=shared + bits,
        apply_unitary=apply,
        build=build,
        num_work=calls + max(0, shared - 1) * (bits > 0),
        is_real=is_real,
        name="U_product",
        work=sum(2.0 ** (bits + shared - f.num_ancillas) * f.work + 3 * size for f in factors),
    )


def _count(
    circuit: QuantumCircuit,
    ancillas: list[int],
    counter: Sequence[int],
    ladder: Sequence[int],
    controls: list[int],
) -> None:
    """Raise the counter where the controls are 1 and an ancilla is."""
    circuit.x(ancillas)
    chain = [ancillas[0], *ladder]
    products = list(zip(ancillas[1:], chain, chain[1:], strict=False))
    for first, second, target in products:
        clean_and(circuit, first, second, target)
    circuit.x(chain[-1])  # 1 where not all of them were 0
    increment(circuit, counter, [chain[-1], *controls])
    circuit.x(chain[-1])
    for first, second, target in reversed(products):
        clean_and(circuit, first, second, target)
    circuit.x(ancillas)
