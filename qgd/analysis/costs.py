"""What the quantum run of a case costs, where its dynamics can be encoded; else why not."""

from __future__ import annotations

from dataclasses import dataclass

from qgd.analysis.case import Advance, Missing, TrainingCase
from qgd.core.outcome import QGDError
from qgd.dynamics.system import PolynomialMap
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.qrom import qrom_encoding
from qgd.encoding.slot_matrix import slot_dilation, sparse_slot_matrix
from qgd.resources.estimate import estimate_resources
from qgd.resources.record import ResourceEstimate
from qgd.solvers.shortcut import KernelReflection


@dataclass(frozen=True)
class RunCosts:
    """The quantum run, and what it competes with.

    Parameters
    ----------
    quantum : ResourceEstimate
        Solver and download.
    products : int
        Multiplications of the same steps of plain descent, T sum_p p nnz(F_p), each coefficient
        by itself; less where products are shared.
    """

    quantum: ResourceEstimate
    products: int


_DILATED = 6  # qubits of a matrix that is dilated rather than read from a table
_ENTRIES = 5_000_000  # of such tables together
_ROUNDING = 1e-9
_UNITS = (1.0, 2.0, 4.0)  # of length, in distances travelled


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
        Greatest distance from the pivot; the unit of length is 1, 2 or 4 times that, whichever
        takes the fewest calls.
    """
    found = case.step()
    if isinstance(found, Missing):
        return found
    step, start = found
    encodings = _encodings(step, order)
    if isinstance(encodings, Missing):
        return encodings
    best: ResourceEstimate | None = None
    reason = ""
    for index, unit in enumerate(_UNITS):
        advance(index, len(_UNITS))
        try:
            counted = estimate_resources(
                step, start, num_steps, order=order, scale=unit * travelled,
                solver=KernelReflection(), relative_error=relative_error,
                support=len(start), encodings=encodings,
            )  # fmt: skip
        except (ValueError, QGDError) as error:
            reason = str(error)
            continue
        if best is not None and counted.resources.total_calls >= best.resources.total_calls:
            break  # a longer unit raises the condition number, and no longer the success
        best = counted
    advance(len(_UNITS), len(_UNITS))
    if best is None:
        return Missing(reason)
    products = num_steps * sum(p * F.count_nonzero() for p, F in enumerate(step.F))
    return RunCosts(best, int(products))


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
        found[p] = qrom_encoding(sparse_slot_matrix(G, n, p), _ROUNDING, name=f"U_G{p}")
    return found
