"""Counts of non-zeros of F_k, against the matrices themselves."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.dynamics.sparsity import field_sparsity
from qgd.problem.networks import quadratic_network


@pytest.mark.parametrize("around", [False, True])
def test_counts_are_those_of_the_matrices(around: bool) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 3)) * (rng.random((5, 3)) < 0.7)
    loss = quadratic_network(X, rng.normal(size=5), [1.0, -1.0])
    w = rng.normal(size=6)
    row = qgd.sparsity_report(loss, w, [0.7], around=around)[0]
    small, mask = qgd.prune(loss, w, 4)
    field = qgd.gradient_descent(small, 0.1)
    if around:
        field, _ = qgd.shift(field, mask.apply(w))
    assert row.num_weights == 4
    for f, F in zip(row.fields, field.F, strict=True):
        matrix = abs(F.toarray()) > 1e-14
        assert f.symmetrised_row_sparsity == matrix.sum(1).max()
        words = [tuple(sorted(np.unravel_index(j, (4,) * f.degree))) for j in range(4**f.degree)]
        entries = {(i, words[j]) for i, j in np.argwhere(matrix)}
        assert f.num_terms == len(entries)
        assert f.row_sparsity == max(sum(r == i for r, _ in entries) for i in range(4))
        assert 0 <= f.density <= 1
    assert row.row_sparsity == max(abs(F).sign().sum(1).max() for F in field.F)


def test_pruning_shortens_rows_of_local_terms_only() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 6)), rng.normal(size=40)
    dense = quadratic_network(X, y, np.ones(2))
    rows = qgd.sparsity_report(dense, rng.normal(size=12), [1.0, 0.5, 0.25])
    assert [r.num_weights for r in rows] == [12, 6, 3]
    s = [r.row_sparsity for r in rows]
    assert s[0] > s[1] > s[2]
    assert rows[2].fields[3].density > rows[0].fields[3].density * 0.9  # no sparser relative to n
    assert "F_3" in str(rows[0])

    sizes = []
    for count in (4, 8):
        i = np.repeat(np.arange(count), 2)
        j = (i + np.tile([0, 1], count)) % count
        local = qgd.matrix_factorisation(i, j, np.ones(2 * count), (count, count), 2)
        sizes.append(field_sparsity(local)[3].row_sparsity)
    assert sizes[0] == sizes[1]  # bounded by the observations of a row, whatever n is


def test_bad_fractions_are_refused() -> None:
    loss = qgd.least_squares([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="`keeps` must be at most 1"):
        qgd.sparsity_report(loss, [1.0, 2.0], [1.2])
