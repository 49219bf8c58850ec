"""Gates of table lookups, by the tree of their addresses: no circuit is built."""

from __future__ import annotations

from qgd.core.resources import GateCount
from qgd.encoding.lookup import Lookup

_LAYERS = 30  # of a branching: a product of bits and its inverse


def lookup_gates(lookup: Lookup) -> GateCount:
    """Gates of one lookup, compiled to {cx, rz, sx, x}.

    A branching is a product of two bits computed and undone, six CNOTs and eight T gates; two of
    these cancel between neighbours that share a work qubit. With swaps the words are loaded twice,
    the second time backwards, and the branchings to the last address cancel between the two. The
    depth is an upper bound, for nearly all of it is one chain.
    """
    k, found = lookup.swap_bits, lookup.visits
    once = GateCount(
        cx=6 * found.branchings + found.forks + found.writes,
        t_gates=6 * found.branchings + 2 * found.levels,
        toffoli=2 * found.branchings,
        depth=_LAYERS * found.branchings + found.forks + found.writes + 2 * _LAYERS,
    )
    if k == 0:
        return once
    swaps = 2 * (2**k - 1) * lookup.word_bits
    between = GateCount(
        cx=5 * swaps + lookup.word_bits - 6 * found.last,
        t_gates=4 * swaps - 8 * found.last,
        toffoli=swaps,
        depth=4 * swaps + lookup.word_bits,
    )
    return 2 * once + between
