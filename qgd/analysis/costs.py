"""What the quantum run of a case costs, where its dynamics can be encoded; else why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from qgd.analysis.case import Advance, Missing, TrainingCase
from qgd.core.arrays import RealArray
from qgd.core.kronecker import index_word, word_index
from qgd.core.outcome import QGDError
from qgd.dynamics.system import PolynomialMap
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.qrom import qrom_encoding
from qgd.encoding.slot_matrix import slot_dilation, sparse_slot_matrix
from qgd.resources.by_history import estimate_history
from qgd.resources.record import ResourceEstimate
from qgd.resources.wanted import Wanted
from qgd.solvers.shortcut import KernelReflection

_DILATED = 6  # qubits of a matrix that is dilated rather than read from a table
_ENTRIES = 5_000_000  # of such tables together
_ROUNDING = 1e-9
_UNITS = 12  # of length that are tried in a direction, powers of two of the distance travelled
_SYNTHESIS = 1e-2


@dataclass(frozen=True)
class RunCosts:
    """The quantum run, and what it competes with.

    Parameters
    ----------
    quantum : ResourceEstimate
        Solver and download.
    products : int
        Multiplications of the same steps of plain descent: as the case makes them, or p for each
        monomial of degree p in a row, whose permutations are one; less where factors are shared.
    """

    quantum: ResourceEstimate
    products: int


def run_costs(
    case: TrainingCase,
    order: int,
    num_steps: int,
    relative_error: float,
    travelled: float,
    advance: Advance = lambda done, total: None,
) -> RunCosts | Missing:
    """Count kernel reflection on the history of the case's descent, T steps at an order.

    Parameters
    ----------
    order : int
        N that the truncation needs.
    relative_error : float
        Of the downloaded displacement, for solver and readout together.
    travelled : float
        Greatest distance from the pivot; the unit of length is that power of two times it which
        takes the fewest calls.
    """
    found = case.step()
    if isinstance(found, Missing):
        return found
    step, start = found
    encodings = _encodings(step, order)
    if isinstance(encodings, Missing):
        return encodings
    count = _Count(step, start, num_steps, order, relative_error, encodings)

    def calls(unit: float) -> float:
        return count.at(unit * travelled, gates=False).resources.total_calls

    unit = _best_unit(calls, advance)
    if isinstance(unit, Missing):
        return unit
    own = case.products()
    products = num_steps * (_monomial_products(step) if own is None else own)
    return RunCosts(count.at(unit * travelled, gates=True), products)


@dataclass(frozen=True)
class _Count:
    """What is counted at any unit of length."""

    step: PolynomialMap
    start: RealArray
    num_steps: int
    order: int
    relative_error: float
    encodings: Mapping[int, BlockEncoding]

    def at(self, scale: float, *, gates: bool) -> ResourceEstimate:
        """The estimate; calls and shots alone, for which no circuit is built, without `gates`."""
        wanted = Wanted(
            self.order, scale, True, self.relative_error, len(self.start), _SYNTHESIS, None, gates
        )
        return estimate_history(
            self.step, self.start, self.num_steps, None, None, KernelReflection(), self.encodings,
            wanted,
        )  # fmt: skip


def _best_unit(calls: Callable[[float], float], advance: Advance) -> float | Missing:
    """A power of two with the fewest calls: from 1 down as long as they fall, else up.

    A short unit keeps the blocks that lower the level small, and so the condition number; a long
    one leaves less of the solution in the higher levels, where it is not read.
    """
    best, fewest, reason = 1.0, math.inf, ""
    advance(0, _UNITS)
    for factor in (0.5, 2.0):
        unit = 1.0 if factor < 1 else 2.0
        for _ in range(_UNITS):
            try:
                found = calls(unit)
            except (ValueError, QGDError) as error:
                found, reason = math.inf, str(error)
            if found >= fewest and math.isfinite(fewest):
                break
            best, fewest, unit = unit, found, unit * factor
        if best < 1 and math.isfinite(fewest):
            break
    advance(_UNITS, _UNITS)
    return Missing(reason) if math.isinf(fewest) else best


def _monomial_products(step: PolynomialMap) -> int:
    """Sum of the degrees of the monomials of all rows."""
    n, total = step.num_variables, 0
    for p, F in enumerate(step.F[1:], 1):
        row, column = F.tocoo().coords
        word = word_index(np.sort(index_word(column, n, p), axis=-1), n)
        kept = np.stack([row, word])[:, F.tocoo().data != 0]
        total += p * np.unique(kept, axis=1).shape[1]
    return total


def _encodings(step: PolynomialMap, order: int) -> dict[int, BlockEncoding] | Missing:
    """Dilations of small G_p, tables of others."""
    n = step.num_variables
    qubits = CarlemanRegisters(n, 1).slot_qubits
    found, entries = {}, 0
    for p, G in enumerate(step.G[: order + 1]):
        if not G.count_nonzero():
            continue
        if max(1, p) * qubits <= _DILATED:
            found[p] = slot_dilation(G, n, p, float(p == 1))
            continue
        entries += G.count_nonzero()
        if entries > _ENTRIES:
            return Missing(
                f"G_0, ..., G_{p} have {entries} entries, each a row of a lookup table, and at "
                f"most {_ENTRIES} are counted"
            )
        try:
            found[p] = qrom_encoding(sparse_slot_matrix(G, n, p), _ROUNDING, name=f"U_G{p}")
        except (ValueError, OverflowError) as error:  # addresses beyond int64
            return Missing(f"the table of G_{p} cannot be addressed: {error}")
    return found
