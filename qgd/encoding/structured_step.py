"""Structured encoding of the lifted steps of maps, one for all times or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qiskit import QuantumCircuit
from scipy.sparse import csr_array

from qgd.core.checks import check_choice, check_integer, check_real
from qgd.dynamics.system import PolynomialMap
from qgd.embedding.carleman import MapForm
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman import carleman_encoding
from qgd.encoding.exact_carleman import exact_carleman_encoding
from qgd.encoding.slot_matrix import slot_dilation
from qgd.encoding.time_selection import SelectedEncodings, select_by_time, select_within

Given = Mapping[int, BlockEncoding | Sequence[BlockEncoding]]


def structured_step(
    maps: Sequence[PolynomialMap],
    order: int,
    *,
    form: MapForm = "exact",
    scale: float = 1.0,
    encodings: Given | None = None,
    num_time: int | None = None,
) -> BlockEncoding | SelectedEncodings:
    """Encode the lifted steps of maps in variables x / r, without their matrices.

    The variables are rescaled inside the encoding: r^(p-1) alpha_p takes the place of alpha_p, and
    no gate changes but the preparation of the degrees (Theorem 7.6). Several maps share the work
    around the calls: every call becomes one call for each time, under unary iteration over the
    times; a degree that is alike in all maps is called once for all.

    Parameters
    ----------
    maps : sequence of PolynomialMap
        One for all steps, or one for each.
    order : int
        N.
    form : str
        ``"exact"`` (`exact_carleman_encoding`) or ``"first_order"`` (`carleman_encoding`).
    scale : float
        r > 0.
    encodings : mapping from int to BlockEncoding or sequence of them, optional
        By degree p, of `slot_matrix` of the *unscaled* F_p (of G_p for the exact form), one or one
        for each map; exact dilations by default.
    num_time : int, optional
        Qubits of the time register; needed for several maps.

    Returns
    -------
    BlockEncoding or SelectedEncodings
        For one map, or for several.
    """
    check_choice("form", form, ("exact", "first_order"))
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    assemble = exact_carleman_encoding if form == "exact" else carleman_encoding
    outline = _outline(maps)
    coefficients = [m.G if form == "exact" else m.F for m in maps]
    families: dict[int, list[BlockEncoding]] = {}
    for p in range(min(order, outline.degree) + 1):
        if outline.F[p].count_nonzero() or p == 1:
            matrices = [c[p] if p < len(c) else outline.F[p] * 0.0 for c in coefficients]
            at_least = float(form == "exact" and p == 1)
            family = _family(p, matrices, (encodings or {}).get(p), at_least)
            families[p] = [_rescaled(e, scale ** (p - 1)) for e in family]
    if len(maps) == 1:
        return assemble(outline, order, encodings={p: f[0] for p, f in families.items()})
    count, t = len(maps), check_integer("num_time", num_time, 1)
    parts = {
        p: select_by_time(f, t) if len(f) > 1 else _at_all_times(f[0], count, t)
        for p, f in families.items()
    }
    return select_within(lambda each: assemble(outline, order, encodings=each), parts)


def _outline(maps: Sequence[PolynomialMap]) -> PolynomialMap:
    """A map with non-zeros wherever one of the maps has any."""
    if len(maps) == 1:
        return maps[0]
    degree = max(m.degree for m in maps)
    F = []
    for p in range(degree + 1):
        present = [abs(m.F[p]) for m in maps if p <= m.degree]
        F.append(csr_array(sum(present[1:], start=present[0])))
    return PolynomialMap(F)


def _family(
    p: int,
    matrices: Sequence[csr_array],
    given: BlockEncoding | Sequence[BlockEncoding] | None,
    at_least: float,
) -> Sequence[BlockEncoding]:
    """One encoding of degree p for all maps, or one for each."""
    n = matrices[0].shape[0]
    if isinstance(given, BlockEncoding):
        return [given]
    if given is not None:
        if len(given) != len(matrices):
            raise ValueError(
                f"`encodings[{p}]` must be one encoding or {len(matrices)}, one for each map, got "
                f"{len(given)}"
            )
        return given
    if all((matrix != matrices[0]).nnz == 0 for matrix in matrices[1:]):
        return [slot_dilation(matrices[0], n, p, at_least)]
    alpha = max(slot_dilation(matrix, n, p, at_least).alpha for matrix in matrices)
    return [slot_dilation(matrix, n, p, alpha) for matrix in matrices]


def _rescaled(encoding: BlockEncoding, factor: float) -> BlockEncoding:
    """The same unitary as an encoding of `factor` times the matrix."""
    return replace(encoding, alpha=encoding.alpha * factor, epsilon=encoding.epsilon * factor)


def _at_all_times(encoding: BlockEncoding, count: int, num_time: int) -> SelectedEncodings:
    """The same encoding at every time; its circuit leaves the time register unread."""

    def build(num_controls: int) -> QuantumCircuit:
        placed = encoding.build(num_controls)
        unread = encoding.num_system + encoding.num_ancillas
        circuit = QuantumCircuit(placed.num_qubits + num_time)
        qubits = [q if q < unread else q + num_time for q in range(placed.num_qubits)]
        circuit.compose(placed, qubits, inplace=True)
        return circuit

    part = replace(encoding, build=build, num_work=encoding.num_work + num_time)
    return SelectedEncodings((part,) * count, num_time)
