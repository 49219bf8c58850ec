"""What truncation costs on random dissipative problems: one point of a sweep over the regimes."""

from __future__ import annotations

import numpy as np

from qgd.core.checks import check_integer, check_real
from qgd.dynamics.dissipation import log_norm, majorant
from qgd.dynamics.gradient import gradient_descent, gradient_flow
from qgd.dynamics.integrate import iterate
from qgd.dynamics.operator_norm import operator_norm
from qgd.embedding.graded import graded_iterate
from qgd.embedding.truncated import truncation_estimate
from qgd.embedding.truncation import majorant_bound, propagated_bound
from qgd.problem.zoo import random_bowl

# Beyond this dimension of the lift the propagated bound would need its matrix for nothing else.
_LARGEST_LIFT = 5000


def truncation_study(
    num_variables: int,
    order: int,
    num_steps: int,
    learning_rate: float,
    seed: int,
    ratio: float = 0.5,
) -> dict[str, float | int | None]:
    """Compare gradient descent with its truncated Carleman solution on a random problem.

    The loss is `qgd.problem.zoo.random_bowl` of `num_variables` weights; the start has a random
    direction and the length at which R = ||w_0|| ||F_2|| / |mu(F_1)| is `ratio`. A function for
    `sweep`: its arguments are the parameters of a point.

    Parameters
    ----------
    num_variables, order, num_steps : int
        n, N, T.
    learning_rate : float
        eta.
    seed : int
        Of the problem and the start; the same for all N, T, eta and `ratio`.
    ratio : float
        R, nonlinearity over dissipation; below 1 truncation converges with the order.

    Returns
    -------
    dict
        All lengths in units of ||w_0||: ``true_error`` ||x_T - y_T||, ``majorant_bound`` and
        ``propagated_bound`` (PROVED, Theorems 2.1 and 2.2; the latter None where the lift has more
        than 5000 entries), ``estimate`` (ESTIMATED, a posteriori), ``final_norm`` ||x_T||; besides
        ``dimension`` n + n^2 + ... + n^N, ``contraction`` ||G_1||_2 of the map and
        ``success_probability``, the part of the lifted state that level 1 holds.

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` where the descent or the truncated solution diverges.

    Examples
    --------
    >>> row = truncation_study(4, order=3, num_steps=8, learning_rate=0.5, seed=0)
    >>> row["true_error"] <= row["propagated_bound"] <= row["majorant_bound"]
    True
    """
    n = check_integer("num_variables", num_variables, 1)
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    check_real("ratio", ratio, above=0)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    loss = random_bowl(n, rng)
    flow = gradient_flow(loss)
    direction = rng.normal(size=n)
    unit = ratio * -log_norm(flow.F[1]) / operator_norm(flow.F[2])
    start = unit * direction / np.linalg.norm(direction)
    descent = gradient_descent(loss, learning_rate)
    truth = iterate(descent, start, num_steps)[-1]
    graded = graded_iterate(descent, order, start, num_steps, at=[num_steps])
    dimension = sum(n**k for k in range(1, order + 1))
    problem = descent, order, unit, num_steps
    affordable = dimension <= _LARGEST_LIFT
    return {
        "true_error": float(np.linalg.norm(graded.solution()[-1] - truth)) / unit,
        "majorant_bound": majorant_bound(*problem).value / unit,
        "propagated_bound": propagated_bound(*problem).value / unit if affordable else None,
        "estimate": truncation_estimate(descent, order, start, num_steps).value / unit,
        "final_norm": float(np.linalg.norm(truth)) / unit,
        "dimension": dimension,
        "contraction": majorant(descent).coefficients[1],
        "success_probability": float(graded.success_probability()[-1]),
    }
