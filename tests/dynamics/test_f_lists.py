"""Lists of F's in the layout of other packages."""

from __future__ import annotations

import re
from functools import reduce

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import polynomial_systems, vectors

import qgd

FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]
LORENZ_X = [1.0, 2.0, 3.0]  # field (10 (y - x), x (28 - z) - y, x y - 8 z / 3)
LORENZ = np.array([10.0, 23.0, -6.0])


def lorenz() -> list[np.ndarray]:
    """F_1 and F_2 of the Lorenz system, x z and x y each in one of its two columns."""
    F1 = np.array([[-10.0, 10.0, 0.0], [28.0, -1.0, 0.0], [0.0, 0.0, -8 / 3]])
    F2 = np.zeros((3, 9))
    F2[1, 3 * 0 + 2] = -1.0
    F2[2, 3 * 1 + 0] = 1.0
    return [F1, F2]


def kronecker_sum(F, places):
    """sum_i I^{(x)i} (x) F (x) I^{(x)(places-1-i)}, the blocks of the other packages."""
    identity = np.eye(len(F))
    terms = ([F if p == i else identity for p in range(places)] for i in range(places))
    return sum(reduce(np.kron, factors) for factors in terms)


@given(polynomial_systems(3, 4), st.data())
def test_written_and_read_again_the_flow_is_the_same(flow, data):
    x = data.draw(vectors(flow.num_variables, 2.0))
    back = qgd.from_f_list(qgd.to_f_list(flow, first_degree=0), first_degree=0)
    np.testing.assert_array_equal(back.field(x), flow.field(x))


@pytest.mark.parametrize("container", ["array", "matrix"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_sparse_format_is_read(form, container):
    make = getattr(sp, f"{form}_{container}")
    for read in (qgd.from_f_list, lambda F: qgd.PolynomialSystem([np.zeros(3), *F])):
        np.testing.assert_allclose(read([make(Fk) for Fk in lorenz()]).field(LORENZ_X), LORENZ)
    start = make(np.array([[1.0], [0.0], [2.0]]))
    forced = qgd.from_f_list([start, *map(make, lorenz())], first_degree=0)
    np.testing.assert_allclose(forced.field(LORENZ_X), LORENZ + np.array([1.0, 0.0, 2.0]))


def test_products_split_or_repeated_are_added_up():
    F1, F2 = lorenz()
    split = F2.copy()
    split[1, [2, 6]] = -0.25, -0.75
    rows, columns, data = [1, 1, 2], [2, 2, 3], [-0.5, -0.5, 1.0]
    repeated = sp.coo_array((data, (rows, columns)), shape=(3, 9))
    for second in (split, repeated):
        np.testing.assert_allclose(qgd.from_f_list([F1, second]).field(LORENZ_X), LORENZ)


def test_vector_of_any_kind_is_read_as_offset():
    for start in ([1.0, 0.0, 2.0], np.array([1.0, 0.0, 2.0]), sp.coo_array([1.0, 0.0, 2.0])):
        flow = qgd.from_f_list([start, *lorenz()], first_degree=0)
        np.testing.assert_allclose(flow.field(LORENZ_X), LORENZ + np.array([1.0, 0.0, 2.0]))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_written_list_gives_others_the_matrix_that_we_get(order):
    """CarlemanLinearization.jl and carlin: block (j, j + k - 1) is the Kronecker sum of F_k."""
    flow = qgd.from_f_list([np.array([[3.0, 0.0], [1.0, -1.0]]),
                            np.array([[0.0, 0.0, 0.0, 1.0], [1.0, -2.2, 0.0, 0.0]])])  # fmt: skip
    F = [Fk.toarray() for Fk in qgd.to_f_list(flow)]
    ours = qgd.carleman(flow, order)
    theirs = np.zeros(ours.matrix.shape)
    for j in range(1, order + 1):
        for k in (1, 2):
            if j + k - 1 <= order:
                block = kronecker_sum(F[k - 1], j)
                theirs[ours.levels[j - 1], ours.levels[j + k - 2]] = block
    np.testing.assert_allclose(ours.matrix.toarray(), theirs, atol=1e-14)


def test_written_matrices_are_copies():
    flow = qgd.from_f_list(lorenz())
    qgd.to_f_list(flow)[0].data[:] = 0.0
    np.testing.assert_allclose(flow.field(LORENZ_X), LORENZ)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([np.eye(3), np.zeros((3, 27))],), "`F[1]` must be F_2 of shape (n, n**2) = (3, 9), got"),
        (([np.zeros(3), *lorenz()],), "`F[0]` must be F_1 of shape (n, n**1) = (3, 3), got (3,)"),
        (([],), "`F` must reach F_1, got 0 matrices from F_1 on"),
        (([np.full((1, 1), np.nan)],), "`F[1]` must be finite, got nan"),
    ],
)
def test_lists_that_do_not_fit_are_refused(arguments, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        qgd.from_f_list(*arguments)


def test_list_with_offset_is_read_when_the_first_degree_is_given_as_the_message_says():
    F = [np.zeros(3), *lorenz()]
    with pytest.raises(ValueError, match=r"first_degree = 1 says that the list starts with F_1"):
        qgd.from_f_list(F)
    np.testing.assert_allclose(qgd.from_f_list(F, first_degree=0).field(LORENZ_X), LORENZ)


def test_one_matrix_and_other_first_degrees_are_refused():
    with pytest.raises(TypeError, match=re.escape("`F` must be a list of matrices, got one of")):
        qgd.from_f_list(sp.eye_array(2))
    with pytest.raises(ValueError, match="`first_degree` must be 0 or 1, got 2"):
        qgd.from_f_list(lorenz(), first_degree=2)


def test_offset_is_not_dropped_silently_and_the_remedy_writes_it():
    flow = qgd.PolynomialSystem([[1.0], [[-1.0]]])
    with pytest.raises(ValueError, match="pass first_degree=0, or shift"):
        qgd.to_f_list(flow)
    assert [Fk.toarray().item() for Fk in qgd.to_f_list(flow, first_degree=0)] == [1.0, -1.0]
    at_rest, _ = qgd.shift(flow, [1.0])
    assert qgd.to_f_list(at_rest)[0].toarray().item() == -1.0
    with pytest.raises(TypeError, match=r"got PolynomialMap; .* attribute G"):
        qgd.to_f_list(qgd.PolynomialMap([[0.0], [[1.0]]]))


@pytest.mark.parametrize("make", [np.array, sp.csr_array, sp.coo_matrix])
def test_complex_matrices_are_refused(make):
    with pytest.raises(TypeError, match=re.escape("`F[1]` must be real, got complex numbers")):
        qgd.from_f_list([make(np.array([[1j]]))])
