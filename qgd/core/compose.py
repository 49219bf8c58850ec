"""The rules by which errors compose: the only place where two errors become one.

Notation: an encoding (alpha, epsilon) of A is an operator A~ with ||A~|| <= alpha and
||A - A~||_2 <= epsilon, where A~ = alpha <0|U|0> for a unitary U. Proofs: proofs/01-composition.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def triangle(errors: Iterable[float]) -> float:
    """Total of consecutive errors on one answer: ||x_0 - x_m|| <= sum_i ||x_i - x_{i-1}||.

    Proved as Theorem 1.1 of proofs/01-composition.md.
    """
    return math.fsum(errors)


def product_error(
    alpha_left: float, epsilon_left: float, alpha_right: float, epsilon_right: float
) -> float:
    """Error of a product of encodings: alpha_1 eps_2 + alpha_2 eps_1 + eps_1 eps_2.

    With A~_i the encoded operators, A_1 A_2 - A~_1 A~_2 = (A_1 - A~_1) A_2 + A~_1 (A_2 - A~_2), and
    ||A_2|| <= alpha_2 + eps_2, which gives the sum. Proved as Theorem 1.2. (Sum of alpha_i eps_i
    is no bound: take alpha_1 = 1, alpha_2 = 10.)
    """
    return alpha_left * epsilon_right + alpha_right * epsilon_left + epsilon_left * epsilon_right


def combination_error(weights: Sequence[float], epsilons: Sequence[float]) -> float:
    """Error of sum_i w_i A_i: sum_i |w_i| eps_i. Proved as Theorem 1.3."""
    return math.fsum(abs(w) * e for w, e in zip(weights, epsilons, strict=True))


def combination_alpha(weights: Sequence[float], alphas: Sequence[float]) -> float:
    """Subnormalisation of a linear combination of unitaries: sum_i |w_i| alpha_i (Theorem 1.3)."""
    return math.fsum(abs(w) * a for w, a in zip(weights, alphas, strict=True))


def propagated(error: float, lipschitz: float) -> float:
    """Error after a map with Lipschitz constant `lipschitz` (Theorem 1.4); 0 times inf is 0."""
    return 0.0 if error == 0.0 or lipschitz == 0.0 else error * lipschitz
