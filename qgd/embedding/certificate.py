"""Certificates of a history vector that nobody need trust: a posteriori, in ball arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_array, check_integer, check_real
from qgd.dynamics.integrate import check_defined_steps
from qgd.dynamics.system import Map, PolynomialMap
from qgd.embedding.balls import euclidean, flint, upper
from qgd.embedding.certified_run import CertifiedRun, largest

if TYPE_CHECKING:
    from flint import arb

_PAGE = "13-certificates.md"


@dataclass(frozen=True)
class HistoryCertificate:
    """What is certain of a history vector, whoever computed it.

    Parameters
    ----------
    error : Bound
        ||answer - x_T||_2, PROVED, the rounding of its own computation included; infinite where
        the recursion overflows.
    apriori : Bound
        ||x_T - y_T||_2 of the exact truncated system, from the start alone (Theorem 2.1).
    condition : Bound
        Condition number of the history matrix.
    residual : float
        Largest Euclidean norm of one level of one block of b - L z, in units of `scale`.
    precision : int
        Bits of the ball arithmetic.
    """

    error: Bound
    apriori: Bound
    condition: Bound
    residual: float
    precision: int

    def __str__(self) -> str:
        return (
            f"||answer - x(T)||_2 <= {self.error.value:.3e}  (residual {self.residual:.1e})\n"
            f"truncation, a priori   {self.apriori.value:.3e}\n"
            f"condition number       {self.condition.value:.4g}"
        )


def certify_history(
    system: Map,
    x0: ArrayLike,
    num_steps: int,
    history: ArrayLike,
    *,
    order: int,
    center: ArrayLike | None = None,
    scale: float = 1.0,
    answer: ArrayLike | None = None,
    precision: int = 128,
) -> HistoryCertificate:
    """Bound the error of an untrusted history vector by its residual, rigorously (Theorem 13.1).

    With rho_j^k the norm of level j of the residual of block k, c_{jm} the coefficients of g(x)^j
    and any w_k >= ||x_k||,

        E_j^{k+1} = rho_j^{k+1} + sum_{1<=m<=N} c_{jm} E_m^k + sum_{m>N} c_{jm} w_k^m,
        E_j^0 = rho_j^0,

    bounds ||z_{k,j} - x_k^{(x)j}||; w_k is the smaller of g(w_{k-1}) and ||z_{k,1}|| + E_1^k. No
    trajectory, no inverse and no solver is trusted: everything is computed from the coefficients of
    the map, the start and the vector, in ball arithmetic (Arb, by python-flint).

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        The map in the coordinates of the problem; its coefficients are taken as exact.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T.
    history : array_like, shape (T + p + 1, dimension), or flat
        Blocks z_k of the lift of (x - center) / scale in the Kronecker basis; p >= 0 copies of the
        last follow. What `Direct`, any other solver, an emulation or a device produced.
    order : int
        N.
    center : array_like, shape (n,), optional
        Expansion point of the lift; by default x0, as in `solve`.
    scale : float
        Unit of length of the lift.
    answer : array_like, shape (n,), optional
        The x(T) that is certified; by default the mean of the copies in the history. A value that
        was read out from shots can be certified against the history this way.
    precision : int
        Bits.

    Raises
    ------
    ImportError
        Without python-flint: ``pip install 'qgd[certify]'``.
    ValueError
        If the history does not have the length of a history of these dimensions.

    Examples
    --------
    >>> import qgd
    >>> step = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    >>> u, _ = qgd.shift(step, [0.4])
    >>> system = qgd.history_system(qgd.carleman(u, 4), [0.0], 3)
    >>> z = np.linalg.solve(system.matrix.toarray(), system.rhs)
    >>> certificate = certify_history(step, [0.4], 3, z, order=4)
    >>> error = abs(0.4 + system.final(z) - qgd.iterate(step, [0.4], 3)[-1])[0]
    >>> bool(error <= certificate.error.value < 1e-2)
    True
    """
    module = flint()
    check_integer("num_steps", num_steps, 0)
    check_integer("order", order, 1)
    check_integer("precision", precision, 53)
    check_real("scale", scale, above=0)
    n = system.num_variables
    start = check_array("x0", x0, (n,))
    origin = start if center is None else check_array("center", center, (n,))
    blocks = _blocks(history, n, order, num_steps)
    maps = (system,) if isinstance(system, PolynomialMap) else system.maps
    if len(maps) > 1:
        check_defined_steps(len(maps), num_steps)
        maps = maps[: max(num_steps, 1)]
    before = module.ctx.prec
    module.ctx.prec = precision
    try:
        run = CertifiedRun(maps, start, origin, float(scale), order, num_steps)
        return _certificate(run, blocks, answer, precision)
    finally:
        module.ctx.prec = before


def _blocks(history: ArrayLike, n: int, order: int, num_steps: int) -> RealArray:
    dimension = sum(n**j for j in range(1, order + 1))
    flat = np.asarray(history, dtype=np.float64).ravel()
    times, rest = divmod(len(flat), dimension)
    if rest or times < num_steps + 1:
        raise ValueError(
            f"`history` must hold at least T + 1 = {num_steps + 1} blocks of {dimension} numbers "
            f"(order {order}, {n} variables, Kronecker basis), got {len(flat)} numbers; pass the "
            "order and the number of steps it was made with"
        )
    return check_array("history", flat, (len(flat),)).reshape(times, dimension)


def _certificate(
    run: CertifiedRun, blocks: RealArray, answer: ArrayLike | None, precision: int
) -> HistoryCertificate:
    arb = flint().arb
    levels = [run.residual(blocks, k) for k in range(len(blocks))]
    scale, copies = arb(run.scale), run.recursion(levels, blocks)[run.num_steps :]
    error = sum((row[0] for row in copies), arb(0)) / len(copies) * scale
    if answer is not None:
        given = check_array("answer", answer, (run.n,))
        pairs = zip(given, run.mean(blocks), strict=True)
        error += euclidean([arb(float(a)) - m for a, m in pairs])
    apriori = run.recursion(None, None)[-1][0] * scale
    condition = run.condition(len(copies) - 1)
    return HistoryCertificate(
        _bound("history", error, "certified residual", f"{_PAGE}#Theorem 13.1"),
        _bound("truncation", apriori, "majorant recursion", "02-truncation.md#Theorem 2.1"),
        _bound("condition number", condition, "block norms", f"{_PAGE}#Theorem 13.2"),
        upper(largest([rho for level in levels for rho in level])),
        precision,
    )


def _bound(stage: str, value: arb, source: str, theorem: str) -> Bound:
    """Upper end of a ball; infinite where it has none."""
    number = upper(value)
    return Bound(
        stage,
        number if np.isfinite(number) else np.inf,
        Kind.PROVED,
        source,
        theorem,
        assumptions=(Assumption("computed in ball arithmetic", True),),
    )
