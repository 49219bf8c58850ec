"""`estimate_resources`: what an answer costs, without building the circuit."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from qgd.core.checks import check_integer, check_real
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.sparse_preparation import SparseVector
from qgd.resources.by_evolution import estimate_evolution
from qgd.resources.by_history import estimate_history
from qgd.resources.record import ResourceEstimate
from qgd.resources.truncation import Order
from qgd.resources.wanted import Wanted
from qgd.solvers.interface import LinearSolver
from qgd.solvers.lchs import LCHS
from qgd.solvers.qsvt import QSVT


def estimate_resources(
    problem: Stencil | PolynomialMap | PolynomialSystem,
    x0: ArrayLike | SparseVector,
    num_steps: int,
    *,
    order: Order = 2,
    step_size: float | None = None,
    scale: float = 1.0,
    padding: int | None = None,
    solver: LinearSolver | LCHS | None = None,
    amplify: bool = True,
    relative_error: float = 0.05,
    support: int = 1,
    synthesis_error: float = 1e-2,
    final_norm: float | None = None,
    encodings: Mapping[int, BlockEncoding] | None = None,
) -> ResourceEstimate:
    """Count qubits, calls, gates and shots of solving for x_T and reading it.

    The exact Carleman history of `num_steps` steps is encoded step by step, or the matrix of a flow
    for LCHS, and every sub-circuit that repeats is compiled once at its true size: logarithmic in
    the number of variables and of steps, so that n = 2^30 and T = 10^6 take seconds. Calls equal
    those of the circuit that `solver.circuit` would build; gates differ by what merges at the seams
    of the parts.

    LCHS evolves over the time num_steps * step_size in one walk: slices would multiply their
    sum |c|. A source enters by Duhamel quadrature or the constant coordinate, whichever needs fewer
    calls for a unit of amplitude. Its multiplexers take as many rotations as there are nodes, in
    proportion to T ||L||: the gates of a long run are those of that circuit, not of the best one.

    Parameters
    ----------
    problem : Stencil, PolynomialMap or PolynomialSystem
        A stencil is a flow, stepped as x + h F(x) or evolved by LCHS, with entries computed on the
        index; a map is its own step; a PolynomialSystem is for LCHS.
    x0 : array_like or SparseVector
        Start; a `SparseVector` where n is large.
    num_steps : int
        T.
    order : int or str
        N, or ``"proved"``, ``"estimated"``, ``"auto"``: the least whose truncation error is at most
        0.4 of the wanted one, by theorem, by estimate, or by either.
    step_size : float, optional
        h, for a flow.
    scale : float
        r, unit of length of the embedding.
    padding : int, optional
        p; by default as for `history_system`.
    solver : QSVT, LCU, KernelReflection or LCHS, optional
        Its `epsilon` is replaced. Default `QSVT()`.
    amplify : bool
        Whether flags, final time and first level are amplified together, each round two more
        runs; else runs are repeated.
    relative_error : float
        Wanted ||error|| / ||x_T|| of the downloaded answer. One half each of what the truncation
        leaves goes to solver and readout; of all of it, for an `order` given as a number. The error
        of synthesis comes on top (`budget`).
    support : int
        Entries read, by tomography of s / (4 e^2) kept shots with a relative error e.
    synthesis_error : float
        Of all rotations of one coherent run together.
    final_norm : float, optional
        Guess of ||x_T||, where the trajectory is too long to be computed. Then the norm of a map
        must not increase.
    encodings : mapping from int to BlockEncoding, optional
        For a map: of its G_p, see `exact_carleman_encoding`, for a PolynomialSystem of its F_p,
        see `carleman_encoding`; exact dilations by default.

    Raises
    ------
    ValueError
        If no finite condition number is known, or a stencil that is stepped has a constant term.
    QGDError
        With ``Outcome.TRUNCATION_NOT_CONVERGED`` if `order` is a word and no order is good enough.

    References
    ----------
    Condition number: Theorem 10.12; share of the final time: Theorem 10.13; tomography:
    Kerenidis, Prakash, arXiv:1812.00954.

    Examples
    --------
    >>> ring = Stencil(2**30, [(-1.0, [0]), (0.5, [1]), (0.5, [-1])])
    >>> import numpy as np
    >>> start = SparseVector(np.array([5]), np.array([1.0]))
    >>> found = estimate_resources(
    ...     ring, start, 10**6, order=1, step_size=0.1, final_norm=0.05, padding=48576)
    >>> found.kappa.kind.value, found.kappa.value < 1.5e6
    ('PROVED', True)
    """
    check_real("relative_error", relative_error, above=0, below=1)
    check_real("synthesis_error", synthesis_error, above=0, below=1)
    check_integer("support", support, 1)
    wanted = Wanted(order, scale, amplify, relative_error, support, synthesis_error, final_norm)
    if isinstance(solver, LCHS):
        if padding is not None:
            raise ValueError(
                f"`padding` must be left out for LCHS, got {padding}; it has no history to pad"
            )
        return estimate_evolution(problem, x0, num_steps, step_size, solver, encodings, wanted)
    if isinstance(problem, PolynomialSystem):
        raise ValueError(
            "`problem` must be a map or a Stencil for a solver of linear systems, got a "
            "PolynomialSystem; pass LCHS(), or the steps gradient_descent(loss, learning_rate)"
        )
    return estimate_history(
        problem, x0, num_steps, step_size, padding, solver or QSVT(), encodings, wanted
    )
