"""Selection of encodings by the time: common alpha, common circuit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector

import qgd
from qgd.encoding.time_selection import select_by_time

ALPHAS = (1.5, 1.0, 2.0, 1.2, 1.5)


def random_steps(count: int, seed: int = 0) -> tuple[list[np.ndarray], list[qgd.BlockEncoding]]:
    """Contractions in dilations of unequal alpha."""
    rng = np.random.default_rng(seed)
    matrices = [rng.normal(size=(2, 2)) for _ in range(count)]
    matrices = [A / np.linalg.norm(A, 2) for A in matrices]
    return matrices, [qgd.dilation(A, a) for A, a in zip(matrices, ALPHAS, strict=False)]


@pytest.mark.parametrize(("count", "t"), [(1, 1), (2, 1), (3, 2), (5, 3)])
@pytest.mark.parametrize("controls", [0, 1, 2])
def test_circuit_applies_the_encoding_of_the_time_it_reads(count, t, controls):
    matrices, encodings = random_steps(count)
    selected = select_by_time(encodings, t)
    circuit = selected.parts[0].build(controls)
    ancillas, work = selected.parts[0].num_ancillas, selected.parts[0].num_work - t
    rng = np.random.default_rng(1)
    for k, (A, part) in enumerate(zip(matrices, selected.parts, strict=True)):
        assert part.alpha == max(ALPHAS[:count])
        assert_allclose(part.block(), A, atol=1e-12)
        state = rng.normal(size=(2**ancillas, 2)) / 10
        for word in range(2**controls):
            full = np.zeros((2**controls, 2**work, 2**t, state.size))
            full[word, 0, k] = state.ravel()
            moved = Statevector(full.ravel()).evolve(circuit).data.reshape(full.shape)
            on = word == 2**controls - 1
            full[word, 0, k] = (part.apply(state.copy()) if on else state).ravel()
            assert_allclose(moved, full, atol=1e-12)


def test_equal_alphas_need_no_further_ancilla_and_the_largest_error_counts():
    _, encodings = random_steps(2)
    assert select_by_time(encodings, 1).parts[0].num_ancillas == 2
    same = [qgd.dilation(np.eye(2) * s, 1.0) for s in (0.5, 0.25)]
    assert select_by_time(same, 1).parts[0].num_ancillas == 1
    from dataclasses import replace

    loose = [replace(same[0], epsilon=0.1), replace(same[1], epsilon=0.3)]
    assert [part.epsilon for part in select_by_time(loose, 1).parts] == [0.3, 0.3]


def test_bad_input_is_named_and_the_remedies_work():
    _, encodings = random_steps(3)
    with pytest.raises(ValueError, match="`num_time` must be at least 2 for 3 encodings, got 1"):
        select_by_time(encodings, 1)
    assert len(select_by_time(encodings, 2).parts) == 3
    with pytest.raises(ValueError, match=r"same number of system qubits, got \[1, 2\]"):
        select_by_time([encodings[0], qgd.dilation(np.eye(4))], 1)
    padded = encodings[0].kron(qgd.identity_encoding(1))
    assert math.isclose(select_by_time([padded, qgd.dilation(np.eye(4))], 1).parts[0].alpha, 1.5)
