"""Weaken every bound in turn and show that its test fails: the mutation table, rerun.

    python tests/mutations.py [NAME ...]

Each mutation replaces one piece of text in a copy of the package and runs the tests that must
catch it, profile `quick` (deterministic). A survivor is printed and the exit status is 1. The
docstring of `tests/embedding/bounds/test_discrete.py` holds the table.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BOUNDS = "qgd/embedding/bounds"
TESTS = "tests/embedding/bounds"


class Mutation(NamedTuple):
    """A weakened bound and the tests that must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


def _bounds(module: str, tests: str, *changes: tuple[str, str, str]) -> list[Mutation]:
    file, target = f"{BOUNDS}/{module}.py", f"{TESTS}/{tests}"
    return [Mutation(name, file, old, new, target) for name, old, new in changes]


MAPS = "test_discrete.py::test_bounds_dominate_the_error_of_random_maps"
FLOWS = "test_continuous.py::test_bounds_dominate_the_error_of_random_flows"
SLOW = "test_continuous.py::test_bounds_by_recursion_dominate_the_error_of_random_flows"
MUTATIONS = [
    *_bounds(
        "discrete", MAPS,
        ("galton_watson: exponent N + 2",
         "(reach / upper) ** (exponent + 1)", "(reach / upper) ** (exponent + 2)"),
        ("galton_watson: one generation less",
         "for _ in range(case.num_steps):", "for _ in range(case.num_steps - 1):"),
        ("closed: exponent of R N + 1",
         "(reach / upper) ** exponent *", "(reach / upper) ** (exponent + 1) *"),
        ("closed: exponent of the time factor N + 1",
         "* growth**exponent", "* growth ** (exponent + 1)"),
        ("series: exponent K + 1", "z**case.jumps", "z ** (case.jumps + 1)"),
        ("series: without 1 / (1 - z)", "z**case.jumps / (1 - z)", "z**case.jumps"),
        ("weighted: exponent N + 2", "(order + 1) * np.log", "(order + 2) * np.log"),
        ("forced: exponent N + 2",
         "(reach / upper) ** (case.order + 1)", "(reach / upper) ** (case.order + 2)"),
        ("forced: half of T N b",
         "case.num_steps * case.order * rate", "0.5 * case.num_steps * case.order * rate"),
        ("kantorovich: exponent N + 2",
         "** (case.order + 1)\n    return proved(\n        value, \"Kantorovich\"",
         "** (case.order + 2)\n    return proved(\n        value, \"Kantorovich\""),
    ),
    *_bounds(
        "continuous", FLOWS,
        ("flow_series: exponent K + 1", "z**K", "z ** (K + 1)"),
        ("flow_series: without 1 / (1 - z)", "z**K / (1 - z)", "z**K"),
        ("flow_forced: exponent N + 2", "/ upper) ** (case.order + 1)",
         "/ upper) ** (case.order + 2)"),
        ("flow_forced: half of the rate", "-case.order * rate * case.time",
         "-0.5 * case.order * rate * case.time"),
    ),
    *_bounds(
        "continuous", SLOW,
        ("flow_weighted: exponent 2 + s K", "case.jumps * case.stride + 1",
         "case.jumps * case.stride + 2"),
    ),
    *_bounds(
        "published", FLOWS,
        ("liu: exponent N + 1", "* case.time)) ** case.order",
         "* case.time)) ** (case.order + 1)"),
        ("costa: exponent of R K + 1", "R**K", "R ** (K + 1)"),
        ("costa: one jump more", "betainc(K,", "betainc(K + 1,"),
        ("forets_pouly_apriori: exponent N + 1", "case.time)) ** case.order\n    return proved(\n"
         "        float(value)", "case.time)) ** (case.order + 1)\n    return proved(\n"
         "        float(value)"),
        ("liu_forced: constant 1 / 2 in the place of N", "case.order * value", "0.5 * value"),
        ("krovi: constant 1 / 2 in the place of N^2", "case.order**2 * value", "0.5 * value"),
        ("liu_forced, krovi: exponent N + 2", "(case.radius / r) ** (case.order + 1)",
         "(case.radius / r) ** (case.order + 2)"),
    ),
    *_bounds(
        "published", "test_continuous.py::test_formulas_are_those_of_the_page",
        ("forets_pouly_series: another series", "series_value(case, a)",
         "series_value(case, a / 2)"),
    ),
    *_bounds(
        "lyapunov", "test_lyapunov.py",
        ("lyapunov: a quarter of the bound", "inverse_norm * best.value",
         "0.25 * inverse_norm * best.value"),
        ("lyapunov: start not transformed", "x0=S @ case.x0", "x0=0.5 * S @ case.x0"),
    ),
    *_bounds(
        "two_orders", "test_two_orders.py",
        ("two_orders: without the rest", "best, chosen = gap + rest, M", "best, chosen = gap, M"),
    ),
    *_bounds(
        "stability", "test_stability.py",
        ("contraction: exponent k + 1", "theta**num_steps", "theta ** (num_steps + 1)"),
        ("condition: one term less", "theta ** (T + 1)) / (1 - theta)",
         "theta**T) / (1 - theta)"),
        ("condition: 4 m + 1", "(4 * (T + p + 1) + 2)", "(4 * (T + p + 1) + 1)"),
        ("repetitions: p in the place of p + 1", "value = float(total / ((padding + 1) *",
         "value = float(total / ((padding + 2) *"),
    ),
    *_bounds(
        "lift", "test_lift.py",
        ("first_order_closed: exponent N + 2", "(w / r) ** (order + 1)",
         "(w / r) ** (order + 2)"),
        ("first_order_closed: a quarter of the lifting", "order * (order - 1) / 2",
         "order * (order - 1) / 8"),
    ),
    Mutation("majorant: first dropped degree N + 2", "qgd/embedding/truncation.py",
             "return table[:, 1 : order + 1], table[:, order + 1 :]",
             "table[:, order + 1] = 0\n    return table[:, 1 : order + 1], table[:, order + 1 :]",
             f"{TESTS}/{MAPS}"),
    Mutation("multilinear: nine tenths", "qgd/dynamics/multilinear.py",
             "return min(flattenings +", "return 0.9 * min(flattenings +",
             "tests/dynamics/test_multilinear.py"),
    Mutation("multilinear: form not symmetrised by multiplicity", "qgd/dynamics/multilinear.py",
             "ratio = np.outer(weights, weights) / multiplicity[product]",
             "ratio = 1 / multiplicity[product]", "tests/dynamics/test_multilinear.py"),
]  # fmt: skip


def survives(mutation: Mutation, copy: Path) -> bool:
    """Whether the tests pass although the bound is weakened."""
    path = copy / mutation.file
    text = path.read_text()
    if text.count(mutation.old) < 1:
        raise SystemExit(f"{mutation.name}: {mutation.old!r} is not in {mutation.file}")
    path.write_text(text.replace(mutation.old, mutation.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    environment = {
        **os.environ, "PYTHONPATH": str(copy), "QGD_HYPOTHESIS_PROFILE": "quick",
    }  # fmt: skip
    try:
        done = subprocess.run(
            [*command, mutation.test], cwd=copy, env=environment, capture_output=True, check=False
        )
    finally:
        path.write_text(text)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutation.name}: {done.stdout.decode()[-500:]}")
    return done.returncode == 0


def main() -> int:
    wanted = sys.argv[1:]
    chosen = [m for m in MUTATIONS if not wanted or any(word in m.name for word in wanted)]
    alive = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("qgd", "tests"):
            shutil.copytree(ROOT / name, copy / name)
        shutil.copy(ROOT / "pyproject.toml", copy)
        for mutation in chosen:
            alive_now = survives(mutation, copy)
            alive += alive_now
            print(f"{'SURVIVED' if alive_now else 'caught':9} {mutation.name}", flush=True)
    print(f"{len(chosen) - alive} of {len(chosen)} mutations caught")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
