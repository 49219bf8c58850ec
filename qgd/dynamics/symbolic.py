"""Polynomial flows and maps from SymPy expressions, and back."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import IntArray
from qgd.core.checks import check_choice
from qgd.core.kronecker import check_word_space, word_index
from qgd.dynamics.system import PolynomialField, PolynomialMap, PolynomialSystem

Monomials = list[tuple[IntArray, float]]  # words and coefficients


@overload
def from_sympy(
    equations: Any,
    variables: Sequence[Any],
    *,
    kind: Literal["flow"] = "flow",
    substitutions: Mapping[Any, Any] | None = None,
) -> PolynomialSystem: ...
@overload
def from_sympy(
    equations: Any,
    variables: Sequence[Any],
    *,
    kind: Literal["map"],
    substitutions: Mapping[Any, Any] | None = None,
) -> PolynomialMap: ...
def from_sympy(
    equations: Any,
    variables: Sequence[Any],
    *,
    kind: Literal["flow", "map"] = "flow",
    substitutions: Mapping[Any, Any] | None = None,
) -> PolynomialSystem | PolynomialMap:
    """Read the flow x' = f(x), or the map x+ = f(x), from SymPy expressions.

    Parameters
    ----------
    equations : sequence or Matrix of expressions, length n
        f, one expression a variable and in their order. For a flow also
        ``Eq(Derivative(x(t), t), f)``, in any order.
    variables : sequence of symbols, length n
        x, in the order of the entries of the state: symbols, indexed symbols or functions of time.
    kind : str
        ``"flow"``; or ``"map"``, whose F_1 holds f minus the identity.
    substitutions : mapping, optional
        Values of the parameters, put in before anything else.

    Raises
    ------
    ImportError
        If SymPy is not installed.
    TypeError
        If an equation is no expression.
    ValueError
        If the numbers of equations and variables differ, an expression is no polynomial in the
        variables, a parameter has no value, or a coefficient is no finite real number.

    Examples
    --------
    >>> import sympy
    >>> x, y, mu = sympy.symbols("x y mu")
    >>> van_der_pol = from_sympy([y, mu * (1 - x**2) * y - x], [x, y], substitutions={mu: 2})
    >>> van_der_pol.degree, van_der_pol.field([0.5, 1.0])
    (3, array([1., 1.]))
    """
    sympy = _sympy("from_sympy")
    check_choice("kind", kind, ("flow", "map"))
    x = _checked_variables(sympy, variables)
    f = _right_hand_sides(sympy, equations, x, kind)
    values = dict(substitutions or {})
    place = {variable: i for i, variable in enumerate(x)}
    rows = [
        _monomials(sympy, f"equations[{i}]", expression.subs(values), place)
        for i, expression in enumerate(f)
    ]
    F = _coefficients(rows, len(x))
    if kind == "flow":
        return PolynomialSystem(F)
    F[1] = csr_array(F[1] - csr_array(np.eye(len(x))))
    return PolynomialMap(F)


def to_sympy(system: PolynomialField, variables: Sequence[Any] | None = None) -> list[Any]:
    """Write f of x' = f(x) or x+ = f(x) as SymPy expressions; the inverse of `from_sympy`.

    Parameters
    ----------
    system : PolynomialSystem or PolynomialMap
        Equal monomials are merged; coefficients become Floats with all their bits.
    variables : sequence of symbols, length n, optional
        Default x_0, ..., x_{n-1}.

    Examples
    --------
    >>> to_sympy(PolynomialSystem([[0.0], [[-1.0]], [[0.5]]]))
    [0.5*x_0**2 - 1.0*x_0]
    """
    sympy = _sympy("to_sympy")
    if not isinstance(system, PolynomialField):
        raise TypeError(
            f"`system` must be a PolynomialSystem or PolynomialMap, got {type(system).__name__}; "
            "write the maps of a sequence one by one"
        )
    n = system.num_variables
    x = sympy.symbols(f"x_:{n}") if variables is None else _checked_variables(sympy, variables)
    if len(x) != n:
        raise ValueError(f"`variables` must list {n} symbols, got {len(x)}")
    letters = [*x, sympy.Integer(1)]  # the letter n stands for 1
    pointer, word, coefficient = system.terms
    expressions = []
    for i in range(n):
        terms = [x[i]] if isinstance(system, PolynomialMap) else []
        for t in range(pointer[i], pointer[i + 1]):
            factors = (letters[letter] for letter in word[t])
            terms.append(sympy.Mul(sympy.Float(float(coefficient[t])), *factors))
        expressions.append(sympy.Add(*terms))
    return expressions


def _sympy(function: str) -> Any:
    try:
        return importlib.import_module("sympy")
    except ImportError:
        raise ImportError(f"`{function}` needs SymPy; pip install 'qgd[sympy]'") from None


def _checked_variables(sympy: Any, variables: Sequence[Any]) -> list[Any]:
    x = list(variables) if isinstance(variables, Iterable) else [variables]
    kinds = (sympy.Symbol, sympy.Indexed, sympy.core.function.AppliedUndef)
    for i, variable in enumerate(x):
        if not isinstance(variable, kinds):
            raise TypeError(
                f"`variables[{i}]` must be a SymPy symbol, got {type(variable).__name__} "
                f"{variable!r}; make it with sympy.symbols"
            )
    if not x or len(set(x)) < len(x):
        raise ValueError(f"`variables` must be different symbols, at least one, got {x}")
    return x


def _right_hand_sides(sympy: Any, equations: Any, x: list[Any], kind: str) -> list[Any]:
    """The expressions f in the order of the variables."""
    matrix = isinstance(equations, sympy.MatrixBase)
    several = matrix or (isinstance(equations, Iterable) and not isinstance(equations, str))
    listed = list(equations) if several else [equations]
    if len(listed) != len(x):
        raise ValueError(
            f"`equations` must be one for each of the {len(x)} variables, got {len(listed)}"
        )
    f: list[Any] = []
    targets: dict[Any, Any] = {}
    for i, equation in enumerate(listed):
        if isinstance(equation, sympy.Eq):
            left = equation.lhs
            derivative = isinstance(left, sympy.Derivative) and left.derivative_count == 1
            if kind == "map" or not derivative or left.expr not in x or left.expr in targets:
                raise ValueError(
                    f"`equations[{i}]` must have the derivative of one of the variables, each "
                    f"once, on its left side, got {left}; or pass the right-hand sides alone"
                )
            targets[left.expr] = equation.rhs
            continue
        if isinstance(equation, str):
            raise TypeError(
                f"`equations[{i}]` must be a SymPy expression, got text; sympy.sympify reads text"
            )
        try:
            expression = sympy.sympify(equation, strict=True)
        except sympy.SympifyError:
            expression = None
        if not isinstance(expression, sympy.Expr):
            raise TypeError(
                f"`equations[{i}]` must be a SymPy expression, got {type(equation).__name__}; "
                "pass the right-hand sides"
            )
        f.append(expression)
    if targets and f:
        raise ValueError(
            f"`equations` must be all equations or all right-hand sides, got {len(targets)} "
            f"equations among {len(listed)}"
        )
    return [targets[variable] for variable in x] if targets else f


def _monomials(sympy: Any, name: str, expression: Any, place: dict[Any, int]) -> Monomials:
    """Sorted words and coefficients of one expression."""
    kinds = tuple({type(variable) for variable in place})
    present = sorted(place.keys() & expression.atoms(*kinds), key=place.__getitem__)
    generators = present or list(place)[:1]
    try:
        polynomial = sympy.Poly(expression, *generators)
    except sympy.PolynomialError:
        term = _culprit(sympy, expression, generators)
        raise ValueError(
            f"`{name}` must be a polynomial in the variables, got the term {term}; replace it by "
            "a polynomial, or make it a variable with an equation of its own"
        ) from None
    letters = np.array([place[generator] for generator in generators], dtype=np.int64)
    found = []
    for powers, coefficient in polynomial.terms():
        value = _number(sympy, name, coefficient, place)
        if value != 0.0:
            found.append((np.repeat(letters, powers), value))
    return found


def _culprit(sympy: Any, expression: Any, generators: list[Any]) -> Any:
    """The first term of the sum that is no polynomial."""
    for term in sympy.Add.make_args(expression.expand()):
        try:
            sympy.Poly(term, *generators)
        except sympy.PolynomialError:
            return term
    return expression


def _number(sympy: Any, name: str, coefficient: Any, place: dict[Any, int]) -> float:
    """The coefficient as a finite real number."""
    free = sorted(map(str, coefficient.free_symbols))
    if free:
        twins = sorted({str(variable) for variable in place} & set(free))
        raise ValueError(
            f"`{name}` must have numbers as coefficients, got {coefficient} with "
            f"{', '.join(free)}; "
            + (
                f"{', '.join(twins)} has the name of a variable but other assumptions: use one "
                "symbol for both"
                if twins
                else "give their values in `substitutions`"
            )
        )
    try:
        value = float(coefficient)
    except (TypeError, ValueError, OverflowError):
        value = np.nan
    if not np.isfinite(value):
        raise ValueError(
            f"`{name}` must have finite real coefficients, got {coefficient}; write real and "
            "imaginary parts as variables of their own, and rescale numbers beyond 1e308"
        )
    return value


def _coefficients(rows: list[Monomials], n: int) -> list[csr_array]:
    """F_0, ..., F_d; the word of a monomial is the sorted one."""
    degree = max([1, *(len(word) for row in rows for word, _ in row)])
    check_word_space(n, degree)
    F = []
    for k in range(degree + 1):
        entries = [
            (i, int(word_index(word, n)), value)
            for i, row in enumerate(rows)
            for word, value in row
            if len(word) == k
        ]
        row_of, column, value = zip(*entries, strict=True) if entries else ((), (), ())
        indices = np.array(row_of, dtype=np.int64), np.array(column, dtype=np.int64)
        data = np.array(value, dtype=np.float64)
        F.append(csr_array(coo_array((data, indices), shape=(n, n**k))))
    return F
