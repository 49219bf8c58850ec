"""SymPy expressions against the fields they stand for."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, polynomial_maps, polynomial_systems, vectors

import qgd

x, y, z, a, b, t = sympy.symbols("x y z a b t")


@fewer(2)
@given(st.one_of(polynomial_systems(3, 4), polynomial_maps(3, 4)), st.data())
def test_written_and_read_again_the_field_is_the_same(system, data):
    point = data.draw(vectors(system.num_variables, 2.0))
    kind = "map" if isinstance(system, qgd.PolynomialMap) else "flow"
    variables = sympy.symbols(f"x_:{system.num_variables}")
    expressions = qgd.to_sympy(system)
    back = qgd.from_sympy(expressions, variables, kind=kind)
    assert type(back) is type(system)
    np.testing.assert_allclose(back.field(point), system.field(point), rtol=1e-12, atol=1e-13)
    direct = [float(e.subs(dict(zip(variables, point, strict=True)))) for e in expressions]
    expected = system(point) if kind == "map" else system.field(point)
    np.testing.assert_allclose(direct, expected, rtol=1e-12, atol=1e-13)


def test_van_der_pol_is_the_one_of_its_matrices():
    mu = 1.5
    F3 = np.zeros((2, 8))
    F3[1, 1] = -mu  # x x y
    F = [np.array([[0.0, 1.0], [-1.0, mu]]), np.zeros((2, 4)), F3]
    read, written = qgd.from_sympy([y, a * (1 - x**2) * y - x], [x, y], substitutions={a: mu}), F
    for ours, theirs in zip(read.F[1:], qgd.from_f_list(written).F[1:], strict=True):
        assert (ours != theirs).nnz == 0


def test_lorenz_is_the_one_of_its_matrices():
    F1 = np.array([[-10.0, 10.0, 0.0], [28.0, -1.0, 0.0], [0.0, 0.0, -8 / 3]])
    F2 = np.zeros((3, 9))
    F2[1, 2], F2[2, 1] = -1.0, 1.0
    read = qgd.from_sympy([10 * (y - x), x * (28 - z) - y, x * y - sympy.Rational(8, 3) * z],
                          [x, y, z])  # fmt: skip
    for ours, theirs in zip(read.F[1:], qgd.from_f_list([F1, F2]).F[1:], strict=True):
        assert (ours != theirs).nnz == 0


def test_order_of_the_state_is_that_of_the_variables():
    flow = qgd.from_sympy([y, -x], [y, x])
    np.testing.assert_array_equal(flow.F[1].toarray(), [[1.0, 0.0], [0.0, -1.0]])


def test_equations_are_matched_by_their_left_sides():
    u, v = (sympy.Function(name)(t) for name in "uv")
    equations = [sympy.Eq(v.diff(t), u * v - 2), sympy.Eq(u.diff(t), -u + v**2)]
    flow = qgd.from_sympy(equations, [u, v])
    np.testing.assert_array_equal(flow.field([3.0, 2.0]), [-3.0 + 4.0, 6.0 - 2.0])


def test_matrices_indexed_symbols_numbers_and_single_expressions_are_read():
    w = sympy.IndexedBase("w")
    flow = qgd.from_sympy(sympy.Matrix([w[0] * w[1], 2]), [w[0], w[1]])
    np.testing.assert_array_equal(flow.field([3.0, 5.0]), [15.0, 2.0])
    assert qgd.from_sympy(1 - x**2, [x]).field([3.0]) == -8.0
    assert qgd.from_sympy([0], [x]).field([3.0]) == 0.0


def test_map_subtracts_the_identity():
    step = qgd.from_sympy([a * x * (1 - x)], [x], kind="map", substitutions={a: 4})
    assert step([0.3])[0] == pytest.approx(0.84)
    assert step.F[1].toarray().item() == 3.0
    assert qgd.from_sympy([x], [x], kind="map").F[1].nnz == 0


def test_exact_numbers_of_any_size_are_rounded_once():
    third = sympy.Rational(10**400 + 1, 3 * 10**400)
    flow = qgd.from_sympy([third * x + sympy.sqrt(2) * x**2 + sympy.pi], [x])
    assert [Fk.toarray().item() for Fk in flow.F] == [np.pi, 1 / 3, np.sqrt(2)]
    tiny = qgd.from_sympy([1.0e-20 * x + x**2 / 3], [x])
    assert [Fk.toarray().item() for Fk in tiny.F[1:]] == [1e-20, 1 / 3]


def test_what_cancels_is_not_there():
    flow = qgd.from_sympy([(x + y) ** 2 - (x - y) ** 2 - 4 * x * y + y, sympy.sin(1) * x], [x, y])
    assert [Fk.nnz for Fk in flow.F] == [0, 2]


@pytest.mark.parametrize(
    ("expression", "term"),
    [
        (x + sympy.sin(x) * y, "y*sin(x)"),
        (x**2 + y / x, "y/x"),
        (sympy.sqrt(x) + 1, "sqrt(x)"),
        (y + x**a, "x**a"),
        (sympy.Abs(y) - 1, "Abs(y)"),
    ],
)
def test_expression_that_is_no_polynomial_is_refused_with_its_term(expression, term):
    text = f"`equations[1]` must be a polynomial in the variables, got the term {term};"
    with pytest.raises(ValueError, match=re.escape(text)):
        qgd.from_sympy([x, expression], [x, y])


def test_parameter_without_a_value_is_named_and_the_remedy_works():
    equations = [a * x + b * y, y]
    with pytest.raises(ValueError, match=r"with a; give their values in `substitutions`"):
        qgd.from_sympy(equations, [x, y], substitutions={b: 1})
    flow = qgd.from_sympy(equations, [x, y], substitutions={a: 2, b: 1})
    np.testing.assert_array_equal(flow.field([1.0, 1.0]), [3.0, 1.0])


def test_time_in_a_coefficient_is_refused():
    u = sympy.Function("u")(t)
    with pytest.raises(ValueError, match="got t with t"):
        qgd.from_sympy([t * u], [u])


def test_twin_of_a_variable_is_pointed_out():
    with pytest.raises(ValueError, match="x has the name of a variable but other assumptions"):
        qgd.from_sympy([sympy.Symbol("x", real=True) ** 2], [x])


@pytest.mark.parametrize("number", [sympy.I, sympy.Integer(10) ** 400, sympy.oo, sympy.zoo])
def test_coefficients_that_are_no_floats_are_refused(number):
    with pytest.raises(ValueError, match=r"`equations\[0\]` must have finite real coefficients"):
        qgd.from_sympy([number * x], [x])


@pytest.mark.parametrize(
    ("equations", "variables", "error", "text"),
    [
        ([x], [x, y], ValueError, "one for each of the 2 variables, got 1"),
        ([x, y], [x, x], ValueError, "must be different symbols"),
        ([x], ["x"], TypeError, "`variables[0]` must be a SymPy symbol, got str 'x'"),
        (["x"], [x], TypeError, "got text; sympy.sympify reads text"),
        ([None], [x], TypeError, "`equations[0]` must be a SymPy expression, got NoneType"),
        ([sympy.Eq(y, x)], [x], ValueError, "on its left side, got y; or pass the right-hand"),
        ([sympy.Eq(x.diff(t, evaluate=False), y), x], [x, y], ValueError, "all equations or all"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(equations, variables, error, text):
    with pytest.raises(error, match=re.escape(text)):
        qgd.from_sympy(equations, variables)


def test_sequences_of_maps_and_wrong_numbers_of_symbols_are_not_written():
    step = qgd.PolynomialMap([[0.0], [[1.0]]])
    with pytest.raises(TypeError, match="write the maps of a sequence one by one"):
        qgd.to_sympy(qgd.TimeDependentMap((step,)))
    with pytest.raises(ValueError, match="`variables` must list 1 symbols, got 2"):
        qgd.to_sympy(step, [x, y])


def test_without_sympy_the_package_works_and_says_how_to_get_it():
    code = (
        "import sys; sys.modules['sympy'] = None; import qgd\n"
        "flow = qgd.PolynomialSystem([[0.0], [[1.0]]])\n"
        "try: qgd.to_sympy(flow)\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "`to_sympy` needs SymPy; pip install 'qgd[sympy]'"
