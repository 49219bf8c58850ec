"""The judgement, on landscapes made for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from analysis.landscapes import GOOD, POOR, POOR_ESTIMATE, landscape

import qgd
from qgd.analysis.analyze import Truncation
from qgd.analysis.case import Missing, RowSparsity
from qgd.analysis.verdict import criteria, verdict


def failing(found: qgd.Analysis) -> dict[str, bool | None]:
    return {c.name: c.holds for c in criteria(found) if c.holds is not True}


def test_a_sparse_dissipative_run_with_an_order_is_a_candidate() -> None:
    found = landscape([1.0, 2.0, 3.0, -0.1])
    assert failing(found) == {}
    assert verdict(criteria(found)) == "candidate"


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (landscape([1.0, 1.0, -0.01, -0.01, -0.01]), ["dissipative"]),
        (landscape([1.0, 1.0, 1.0, -2.0]), ["window"]),
        (landscape([1.0, 25.0, 1.0, 1.0]), ["learning rate", "window"]),
        (landscape([1.0] * 8, sparsity=RowSparsity(3, False, "")), ["sparse"]),
        (
            landscape([1.0], truncation=POOR_ESTIMATE),
            ["Carleman order"],
        ),
        (
            landscape([1.0], truncation=POOR),
            ["Carleman order"],
        ),
        (landscape([1.0], truncation=Missing("kinks", refuted=True)), ["Carleman order"]),
    ],
)
def test_each_criterion_refutes_alone(found: qgd.Analysis, names: list[str]) -> None:
    assert failing(found) == dict.fromkeys(names, False)
    assert verdict(criteria(found)) == "not a candidate"


def test_what_is_not_known_leaves_it_open() -> None:
    for found, name in (
        (landscape([1.0], truncation=Missing("too large")), "Carleman order"),
        (landscape([1.0] * 9, sparsity=RowSparsity(3, False, "")), "sparse"),
    ):
        assert failing(found) == {name: None}
        assert verdict(criteria(found)) == "undecided"
    worse = landscape([1.0, -1.0, -1.0], truncation=Missing("too large"))
    assert verdict(criteria(worse)) == "not a candidate"


def test_least_order_within_tolerance_is_taken_and_the_linear_part_is_called_so() -> None:
    quick = Truncation((1e-4, 1e-5), (1e-4, 1e-5), 1.0, 0.01)
    assert (GOOD.needed, quick.needed) == (2, 1)
    reasons = [criteria(landscape([1.0], truncation=t))[-1].reason for t in (GOOD, quick)]
    assert ["linear part" in reason for reason in reasons] == [False, True]


def test_few_lanczos_steps_leave_the_majority_open() -> None:
    d = np.linspace(-1, 1.2, 400)
    spectrum = qgd.lanczos(lambda v: d * v, size=400, num_steps=4, num_probes=30)
    (shares,) = qgd.mode_shares(spectrum, 0.1, [1e-3])
    assert shares.dissipative.bracket[0] < shares.divergent.bracket[1]
    found = dataclasses.replace(landscape([1.0]), spectrum=spectrum, shares=shares)
    assert criteria(found)[1].holds is None
