"""The lifted system in time: y(t) = e^{A t} y(0) + int e^{A s} c ds, streamed, in any basis.

Two methods: Krylov steps (Saad, SIAM J. Numer. Anal. 29, 209, 1992; error control as in Expokit,
Sidje, ACM Trans. Math. Softw. 24, 130, 1998), whose cost grows like the root of ||A|| t where the
spectrum is negative, and SciPy's Taylor polynomials (Al-Mohy and Higham), better while ||A||_1 t is
small. States are yielded one after another: a history is never stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm
from scipy.sparse import csr_array, hstack
from scipy.sparse.linalg import LinearOperator, expm_multiply

from qgd.core.arrays import RealArray
from qgd.core.checks import (
    check_array,
    check_choice,
    check_increasing,
    check_memory,
    check_real,
)
from qgd.core.outcome import Outcome, QGDError
from qgd.embedding.lifted import LiftedFlow
from qgd.embedding.matrix_free import CarlemanOperator

Lifted = LiftedFlow | CarlemanOperator
Generator: TypeAlias = csr_array | LinearOperator
Method = Literal["auto", "krylov", "taylor"]
_KRYLOV = 30
_TAYLOR_NORM = 20.0  # ||A||_1 t up to which Taylor polynomials are cheaper
_MOST_STEPS = 100_000
_LARGEST = 1e150


def lifted_states(
    system: Lifted,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    method: Method = "auto",
    rtol: float = 1e-10,
) -> Iterator[RealArray]:
    """Yield the lifted state y(t), shape (dimension,), at each of the times.

    Parameters
    ----------
    system : LiftedFlow or CarlemanOperator
        Of a flow (``form == "flow"``), in any basis; F_0 != 0 is the normal case.
    x0 : array_like, shape (n,)
        x, or the angles, at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing. Krylov steps go past them; states between are dense output.
    method : str
        ``"krylov"``, ``"taylor"``, or ``"auto"``: by ||A||_1 times the time.
    rtol : float
        Error of the Krylov steps over the whole time, relative to the largest ||y||; Taylor
        polynomials are good to double precision.

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` if the state overflows or steps collapse.
    """
    if system.form != "flow":
        raise ValueError(
            f"`system` must embed a flow, got the form {system.form!r}; run a map by `step`"
        )
    t = check_increasing("times", times)
    check_choice("method", method, ("auto", "krylov", "taylor"))
    check_real("rtol", rtol, above=0)
    check_memory(
        8.0 * (_KRYLOV + 4) * (system.dimension + 1),
        f"a Krylov space of {_KRYLOV} lifted states of dimension {system.dimension}",
        "lower the order or the cutoff",
    )
    # A Koopman lift reads a cosine and a sine of each angle: twice what it is given.
    n = getattr(system, "num_angles", system.num_variables)
    start = system.lift(check_array("x0", x0, (n,)))
    forced = bool(np.any(system.offset))
    A: Generator = system if isinstance(system, CarlemanOperator) else system.matrix
    y = np.append(start, 1.0) if forced else start
    if forced:
        A = _with_constant(A, system.offset)
    norm = max(system.norm_bound, float(np.abs(system.offset).sum()))
    if method == "auto":
        method = "taylor" if norm * (t[-1] - t[0]) <= _TAYLOR_NORM else "krylov"
    taylor = method == "taylor"
    states = _taylor(A, y, t, system.trace) if taylor else _krylov(A, y, t, rtol, norm)
    for state in states:
        if not np.abs(state).max() < _LARGEST:
            raise QGDError(
                Outcome.DIVERGED,
                f"the lifted state must stay below {_LARGEST:g}, and does not; shorten the time or "
                "lower the order",
            )
        yield state[: system.dimension]


def lifted_integrate(
    system: Lifted,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    method: Method = "auto",
    rtol: float = 1e-10,
) -> RealArray:
    """x(t) as `project` reads it from the lifted states, shape (m, n); see `lifted_states`."""
    states = lifted_states(system, x0, times, method=method, rtol=rtol)
    return np.array([system.project(state) for state in states])


def _with_constant(A: Generator, offset: RealArray) -> Generator:
    """Generator of (y, 1): the offset is one more column."""
    size = len(offset) + 1
    if isinstance(A, csr_array):
        extended = hstack([A, csr_array(offset[:, None])], format="csr")
        extended.resize((size, size))
        return csr_array(extended)
    return LinearOperator(
        (size, size),
        matvec=lambda y: np.append(A.matvec(y.ravel()[:-1]) + offset * y.ravel()[-1], 0.0),
        rmatvec=lambda z: np.append(A.rmatvec(z.ravel()[:-1]), offset @ z.ravel()[:-1]),
        dtype=np.float64,
    )


def _taylor(A: Generator, y: RealArray, t: RealArray, trace: float) -> Iterator[RealArray]:
    yield y
    for step in np.diff(t):
        y = expm_multiply(A * step, y, traceA=trace * step)
        yield y


def _krylov(
    A: Generator, y: RealArray, t: RealArray, rtol: float, norm: float
) -> Iterator[RealArray]:
    """Adaptive Arnoldi steps; the states asked for inside a step come from its Krylov space."""
    yield y
    now, target, end = float(t[0]), 1, float(t[-1])
    tau = (end - now) if norm == 0 else min(end - now, 10 / norm)
    largest = float(np.linalg.norm(y))
    for _ in range(_MOST_STEPS):
        if target == len(t):
            return
        if not np.abs(y).max() < _LARGEST:
            yield y  # refused by `lifted_states`
            return
        size = float(np.linalg.norm(y))
        largest = max(largest, size)
        if size == 0:
            tau = end - now
        V, H, rest = _arnoldi(A, y, size)
        m = len(H)
        extended = np.zeros((m + 1, m + 1))
        extended[:m, :m] = H
        extended[m, m - 1] = rest
        while True:
            tau = min(tau, end - now)
            # The last entry is |e_m^T int_0^tau e^{s H} e_1 ds| rest: the first neglected term.
            exponential = expm(tau * extended)
            error = size * abs(float(exponential[m, 0]))
            allowed = rtol * largest * tau / (end - t[0])
            if error <= allowed or rest == 0 or size == 0:
                break
            tau *= max(0.1, 0.9 * (allowed / error) ** (1 / m))
        reached = end if tau >= end - now else now + tau
        while target < len(t) and t[target] <= reached:
            inside = expm((float(t[target]) - now) * H)[:, 0]
            yield size * (inside @ V)
            target += 1
        y = size * (exponential[:m, 0] @ V)
        now = reached
        growth = 2.0 if error == 0 else min(2.0, 0.9 * (allowed / error) ** (1 / m))
        tau *= growth
    raise QGDError(
        Outcome.DIVERGED,
        f"the lifted flow must reach t = {end:g} in {_MOST_STEPS} Krylov steps, got to t = "
        f"{now:.6g}; shorten the time or loosen rtol",
    )


def _arnoldi(A: Generator, y: RealArray, size: float) -> tuple[RealArray, RealArray, float]:
    """Orthonormal rows V of the Krylov space, H = V A V^T, and the norm of what is left."""
    m = min(_KRYLOV, len(y))
    V, H = np.zeros((m + 1, len(y))), np.zeros((m + 1, m))
    V[0] = y / size if size else 0.0
    for j in range(m):
        w = A @ V[j]
        scale = float(np.linalg.norm(w))
        for _ in range(2):  # twice is enough
            h = V[: j + 1] @ w
            w -= h @ V[: j + 1]
            H[: j + 1, j] += h
        rest = float(np.linalg.norm(w))
        if rest <= 1e-14 * scale or rest == 0:
            return V[: j + 1], H[: j + 1, : j + 1], 0.0
        H[j + 1, j] = rest
        V[j + 1] = w / rest
    return V[:m], H[:m, :m], rest
