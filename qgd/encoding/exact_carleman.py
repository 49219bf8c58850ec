"""Structured block encoding of the exact Carleman matrix of a map, as a product of factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from qgd.core.checks import check_integer, check_real
from qgd.dynamics.system import PolynomialMap
from qgd.dynamics.transforms import rescale
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_insertion import CarlemanInsertion
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.carleman_step import CarlemanStep
from qgd.encoding.counted_product import counted_product
from qgd.encoding.slot_matrix import check_slots, slot_dilation


def exact_carleman_encoding(
    step: PolynomialMap,
    order: int,
    *,
    scale: float = 1.0,
    encodings: Mapping[int, BlockEncoding] | None = None,
    share_ancillas: bool = False,
) -> BlockEncoding:
    """Encode the exact Carleman matrix C_N of a map, factor by factor.

    The matrix of ``carleman(step, order)``, A_{j,m} = sum_{k_1 + ... + k_j = m} G_{k_1} (x) ...
    (x) G_{k_j}, is E_N ... E_1, where E_i lets G act at place i of every word that is long enough
    (Theorem 7.5). One call of each encoding a factor, and

        alpha = prod_{i = 1..N} sum_{p <= N - i + 1} alpha_p <= (sum_p alpha_p)^N,  alpha_1 >= 1,

    and (1 + alpha_0)^N times that if G_0 != 0 and N > 1: N more factors then add G_0 to the powers
    of the map without it (Theorem 7.8). For a step of gradient descent with F_0 = 0 that is
    (1 + eta a)^N, against 1 + O(N eta a) of the first-order matrix that `carleman_encoding`
    encodes. Each factor has ancillas of its own, unless they are shared. For the registers see
    `CarlemanRegisters`; states that hold no entry are a reducing subspace.

    Parameters
    ----------
    step : PolynomialMap
        x+ = sum_p G_p x^{(x)p} with G_0 = F_0, G_1 = I + F_1.
    order : int
        N, at least 1.
    scale : float
        r > 0: the matrix in the variables x / r.
    encodings : mapping from int to BlockEncoding, optional
        By degree p, of `slot_matrix` of the (scaled) G_p; exact dilations by default.
    share_ancillas : bool
        Let all factors use the same ancillas (`counted_product`), at equal alpha: of f = N
        factors, or 2 N with G_0 != 0, the largest number and ceil(log2 f) more instead of the sum.
        A degree-2 map with G_0 != 0, calls of one ancilla, N = 3, n = 4: 6 ancillas, not 16, and
        555 CNOTs around the calls, not 295.

    Raises
    ------
    ValueError
        If an encoding has a wrong size, or that of G_1 an alpha below 1.

    Examples
    --------
    >>> import numpy as np
    >>> halve = PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    >>> encoding = exact_carleman_encoding(halve, order=2)
    >>> where = CarlemanRegisters(num_variables=1, order=2).positions
    >>> bool(np.allclose(encoding.block()[np.ix_(where, where)], [[0.5, 0.1], [0, 0.25]]))
    True
    """
    if not isinstance(step, PolynomialMap):
        raise TypeError(
            f"`step` must be a PolynomialMap, got {type(step).__name__}; "
            "flows are encoded by carleman_encoding"
        )
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    scaled = step if scale == 1 else rescale(step, scale)[0]
    n, registers = scaled.num_variables, CarlemanRegisters(scaled.num_variables, order)
    found = {}
    for p, G in list(enumerate(scaled.G))[: order + 1]:
        if p == 1 or (G.count_nonzero() and (p or order > 1)):
            found[p] = (encodings or {}).get(p) or slot_dilation(G, n, p, at_least=float(p == 1))
    return exact_carleman_product(registers, found, share_ancillas=share_ancillas)


def exact_carleman_product(
    registers: CarlemanRegisters,
    found: Mapping[int, BlockEncoding],
    *,
    share_ancillas: bool = False,
) -> BlockEncoding:
    """The same from encodings of all G_p != 0 alone: a field without matrices will do.

    Parameters
    ----------
    registers : CarlemanRegisters
        Number of variables and order; without a constant level.
    found : mapping from int to BlockEncoding
        By degree p <= N, of the slot matrix of the (scaled) G_p, p = 1 among them.
    share_ancillas : bool
        See `exact_carleman_encoding`.
    """
    for p, encoding in found.items():
        check_slots(encoding, registers, p)
    check_real("encodings[1].alpha", found[1].alpha, at_least=1, remedy="give G_1 a larger alpha")
    order = registers.order
    factors = []
    for i in range(1, order + 1):
        fitting = {p: e for p, e in found.items() if 1 <= p <= order - i + 1}
        factors.append(CarlemanStep(registers, fitting, i).encoding())
    if 0 in found:
        places = range(1, order + 1)
        factors += [CarlemanInsertion(registers, found[0], i).factor() for i in places]
    if share_ancillas:
        product = counted_product(factors)
    else:
        product = reduce(lambda done, factor: factor @ done, factors)
    return replace(product, name="U_carleman")
