"""Trigonometric polynomials as losses: L(theta) = sum over k in Z^p of L_k exp(i k . theta)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_indices, check_integer, check_real
from qgd.problem.polynomial import Word

ComplexArray = NDArray[np.complex128]
_SYMMETRY = 1e-10  # relative asymmetry that counts as rounding and is averaged away
_LARGEST_FREQUENCY = 2**31


@dataclass(frozen=True, eq=False)
class TrigonometricLoss:
    """A real trigonometric polynomial in canonical sparse form, the loss of a variational circuit.

        L(theta) = sum_k L_k exp(i k . theta),    L_{-k} = conj(L_k)

    Equal frequencies are merged, those with the coefficient 0 dropped, and the rest sorted.

    Parameters
    ----------
    frequencies : array_like of int, shape (terms, p)
        The vectors k, in any order; both k and -k are listed.
    coefficients : array_like of complex, shape (terms,)
        L_k, hermitian up to rounding; the hermitian part is stored.

    Raises
    ------
    ValueError
        If the shapes do not fit together, an entry is not finite or L is not real.
    TypeError
        If the frequencies are no integers.

    Examples
    --------
    >>> loss = TrigonometricLoss([[1, 0], [-1, 0], [0, 0]], [0.5, 0.5, 2.0])
    >>> loss.value([0.0, 1.0])
    3.0
    >>> TrigonometricLoss.cosines([((1, -1), 2.0, 0.0)]).gradient([np.pi / 2, 0.0]).round(12)
    array([-2.,  2.])
    """

    frequencies: IntArray
    coefficients: ComplexArray

    def __init__(self, frequencies: ArrayLike, coefficients: ArrayLike) -> None:
        k = _checked_frequencies(frequencies)
        c = _checked_coefficients(coefficients, len(k))
        k, c = _hermitian(*_merged(k, c))
        kept = c != 0
        object.__setattr__(self, "frequencies", k[kept])
        object.__setattr__(self, "coefficients", c[kept])

    @classmethod
    def from_terms(
        cls, terms: Mapping[Sequence[int], complex] | Iterable[tuple[Sequence[int], complex]]
    ) -> TrigonometricLoss:
        """Build from ``{k: L_k}``; repeats add up."""
        pairs = list(terms.items() if isinstance(terms, Mapping) else terms)
        return cls([k for k, _ in pairs], [c for _, c in pairs])

    @classmethod
    def cosines(cls, terms: Iterable[tuple[Sequence[int], float, float]]) -> TrigonometricLoss:
        """Build sum a cos(k . theta + phase) from triples (k, a, phase)."""
        k, c = [], []
        for frequency, amplitude, phase in terms:
            a, b = check_real("amplitude", amplitude), check_real("phase", phase)
            half = a / 2 * complex(math.cos(b), math.sin(b))
            k += [list(frequency), [-f for f in frequency]]
            c += [half, half.conjugate()]
        return cls(k, c)

    @classmethod
    def products(
        cls, terms: Iterable[tuple[Word, Word, float]], num_variables: int
    ) -> TrigonometricLoss:
        """Build sum c prod cos(theta_i) prod sin(theta_j) from triples (word of i, word of j, c).

        Letters may repeat: ``((0, 0), (1,), 2.0)`` is 2 cos(theta_0)^2 sin(theta_1). A product of
        m factors has up to 2^m frequencies.
        """
        p = check_integer("num_variables", num_variables, 1)
        k, c = [np.zeros((1, p), dtype=np.int64)], [np.zeros(1, dtype=np.complex128)]
        for cosines, sines, coefficient in terms:
            value = check_real("coefficient", coefficient)
            frequency = np.zeros((1, p), dtype=np.int64)
            weight = np.full(1, value, dtype=np.complex128)
            for word, factor in ((cosines, 0.5), (sines, -0.5j)):
                for letter in check_indices("terms", np.array(word, dtype=np.int64), p):
                    step = np.eye(p, dtype=np.int64)[letter]
                    # cos = (e + 1/e) / 2 and sin = (e - 1/e) / (2 i) for e = exp(i theta).
                    weight = np.concatenate((factor * weight, np.conj(factor) * weight))
                    frequency = np.concatenate((frequency + step, frequency - step))
                    frequency, weight = _merged(frequency, weight)
            k.append(frequency)
            c.append(weight)
        return cls(np.concatenate(k), np.concatenate(c))

    @property
    def num_variables(self) -> int:
        """p, the number of angles."""
        return int(self.frequencies.shape[1])

    @property
    def num_weights(self) -> int:
        """p again, in the words of the protocol `Loss`."""
        return self.num_variables

    @property
    def degrees(self) -> IntArray:
        """Largest |k_i| of each angle, shape (p,)."""
        return np.abs(self.frequencies).max(axis=0, initial=0)

    def value(self, weights: ArrayLike) -> float:
        """L(theta); `weights` are the angles, shape (p,)."""
        return math.fsum(self._waves(weights).real)

    def gradient(self, weights: ArrayLike) -> RealArray:
        """Gradient of L at theta, shape (p,)."""
        return np.asarray(-self._waves(weights).imag @ self.frequencies, dtype=np.float64)

    def hessian(self, weights: ArrayLike) -> RealArray:
        """Matrix of second derivatives of L at theta, shape (p, p)."""
        k = self.frequencies
        return np.asarray(-(k * self._waves(weights).real[:, None]).T @ k, dtype=np.float64)

    def shift(self, center: ArrayLike) -> TrigonometricLoss:
        """Return d -> L(center + d): every L_k turns by the phase k . center."""
        c = check_array("center", center, (self.num_variables,))
        return TrigonometricLoss(self.frequencies, self._waves(c))

    def restrict(self, indices: ArrayLike) -> TrigonometricLoss:
        """Return the loss of the angles `indices` (shape (r,)), all others fixed at zero."""
        kept = check_indices("indices", indices, self.num_variables)
        return TrigonometricLoss(self.frequencies[:, kept], self.coefficients)

    def __add__(self, other: TrigonometricLoss) -> TrigonometricLoss:
        if other.num_variables != self.num_variables:
            raise ValueError(
                f"`other` must have {self.num_variables} angles, got {other.num_variables}"
            )
        return TrigonometricLoss(
            np.concatenate((self.frequencies, other.frequencies)),
            np.concatenate((self.coefficients, other.coefficients)),
        )

    def __mul__(self, factor: float) -> TrigonometricLoss:
        return TrigonometricLoss(self.frequencies, factor * self.coefficients)

    __rmul__ = __mul__

    def _waves(self, weights: ArrayLike) -> ComplexArray:
        """L_k exp(i k . theta), shape (terms,)."""
        theta = check_array("weights", weights, (self.num_variables,))
        return np.asarray(self.coefficients * np.exp(1j * (self.frequencies @ theta)))


def _checked_frequencies(frequencies: ArrayLike) -> IntArray:
    k = np.asarray(frequencies)
    if k.ndim != 2 or k.shape[1] == 0:
        raise ValueError(
            f"`frequencies` must have shape (terms, p) with p >= 1, got {k.shape}; list one vector "
            "of p integers a term"
        )
    if k.size and k.dtype.kind not in "iu":
        raise TypeError(f"`frequencies` must be integers, got {k.dtype}; rescale the angles")
    largest = int(np.abs(k.astype(np.float64)).max(initial=0.0))
    if largest > _LARGEST_FREQUENCY:
        raise ValueError(
            f"`frequencies` must be at most 2**31 in size, got {largest}; rescale the angles"
        )
    return k.astype(np.int64)


def _checked_coefficients(coefficients: ArrayLike, count: int) -> ComplexArray:
    c = np.asarray(coefficients)
    if c.size and c.dtype.kind not in "biufc":
        raise TypeError(f"`coefficients` must be complex numbers, got {c.dtype}")
    if c.shape != (count,):
        raise ValueError(
            f"`coefficients` must have shape ({count},), one a frequency, got {c.shape}"
        )
    c = c.astype(np.complex128)
    bad = np.flatnonzero(~np.isfinite(c))
    if len(bad):
        raise ValueError(f"`coefficients` must be finite, got {c[bad[0]]} at index {bad[0]}")
    return c


def _merged(k: IntArray, c: ComplexArray) -> tuple[IntArray, ComplexArray]:
    """Distinct frequencies in lexicographic order, coefficients of equal ones added."""
    unique, place = np.unique(k, axis=0, return_inverse=True)
    total = np.zeros(len(unique), dtype=np.complex128)
    np.add.at(total, place.ravel(), c)
    return unique, total


def _hermitian(k: IntArray, c: ComplexArray) -> tuple[IntArray, ComplexArray]:
    """Hermitian part (L_k + conj L_{-k}) / 2; anything but rounding beside it is refused."""
    both, total = _merged(np.concatenate((k, -k)), np.concatenate((c, np.conj(c))))
    half = total / 2
    # Sorted sets that are closed under k -> -k are reversed by it.
    own = _merged(np.concatenate((k, -k)), np.concatenate((c, np.zeros_like(c))))[1]
    gap = np.abs(own - half)
    if len(gap) and gap.max() > _SYMMETRY * np.abs(c).max():
        worst = int(gap.argmax())
        raise ValueError(
            f"`coefficients` must be hermitian, L_(-k) = conj(L_k), so that the loss is real, got "
            f"L_k = {own[worst]:.4g} at k = {both[worst].tolist()} and L_(-k) = "
            f"{own[len(own) - 1 - worst]:.4g}; list both signs, or build with "
            "`TrigonometricLoss.cosines`"
        )
    return both, half
