"""How fast is the classical reference that every answer is held against?

Question: CPU time of x(1) of a nonlinear flow, n <= 1000, at equal tolerance and at equal error,
by `qgd.integrate`, by `numbalsoda` (Fortran DOP853 and C++ LSODA) and by `solve_ivp` (DOP853 and
LSODA), the rivals with a compiled right-hand side written for quadratic fields.
Goal: at most 2x the time of numbalsoda's faster method at equal error, at most 1/5 of
`solve_ivp`'s.
Expected: the first, but for calls of some tens of microseconds (n = 16), of which the checks of the
arguments are a third; the second up to n = 100, for at n = 1000 all methods spend their time in the
same right-hand side. On the stiff problem (Burgers with a tenth of the Reynolds number) DOP853 is
bound by stability and implicit LSODA comes level; on stiffer ones it wins.

    python benchmarks/nonlinear_reference.py [--quick]

numbalsoda has no wheels: `pip install numbalsoda` needs a Fortran compiler and CMake.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

import numpy as np
from carleman_problems import burgers, random_sparse
from harness import in_own_process, write_result

LIMIT = 900.0
TOLERANCES = [1e-4, 1e-6, 1e-8, 1e-10]
ERRORS = [1e-5, 1e-7, 1e-9]
PROBLEMS = {
    "Burgers n=16": lambda: burgers(16),
    "Burgers n=64": lambda: burgers(64),
    "random n=100": lambda: random_sparse(100),
    "random n=1000": lambda: random_sparse(1000),
    "stiff Burgers n=64": lambda: burgers(64, reynolds=2.0),
}


def compiled_field(F):  # type: ignore[no-untyped-def]
    """F_1 x + F_2 x (x) x for `solve_ivp` and as a C function, the arrays being constants."""
    from numba import carray, cfunc, njit, types

    n = F[0].shape[0]
    p1, i1, v1 = F[0].indptr, F[0].indices, F[0].data
    p2, a2, b2, v2 = F[1].indptr, F[1].indices // n, F[1].indices % n, F[1].data

    @njit
    def fill(x, out):  # type: ignore[no-untyped-def]
        for r in range(n):
            total = 0.0
            for t in range(p1[r], p1[r + 1]):
                total += v1[t] * x[i1[t]]
            for t in range(p2[r], p2[r + 1]):
                total += v2[t] * x[a2[t]] * x[b2[t]]
            out[r] = total

    @njit
    def field(t, x):  # type: ignore[no-untyped-def]
        out = np.empty(n)
        fill(x, out)
        return out

    pointer = types.CPointer(types.double)

    @cfunc(types.void(types.double, pointer, pointer, pointer))
    def c_field(t, x, out, data):  # type: ignore[no-untyped-def]
        fill(carray(x, (n,)), carray(out, (n,)))

    return field, c_field


def methods_of(F, x0):  # type: ignore[no-untyped-def]
    """Functions of the tolerance that return x(1); the absolute one is a hundredth of it."""
    from scipy.integrate import solve_ivp

    import qgd

    field, c_field = compiled_field(F)
    system, times = qgd.PolynomialSystem([np.zeros(len(x0)), *F]), np.array([0.0, 1.0])

    def scipy_method(name):  # type: ignore[no-untyped-def]
        return lambda r: solve_ivp(field, (0, 1), x0, method=name, rtol=r, atol=r / 100).y[:, -1]

    def fortran(function):  # type: ignore[no-untyped-def]
        address = c_field.address
        return lambda r: function(address, x0, times, rtol=r, atol=r / 100, mxstep=10**6)[0][-1]

    methods = {
        "qgd": lambda r: qgd.integrate(system, x0, times, rtol=r, atol=r / 100).final,
        "solve_ivp DOP853": scipy_method("DOP853"),
        "solve_ivp LSODA": scipy_method("LSODA"),
    }
    try:
        import numbalsoda
    except ImportError:
        return methods, "not installed"
    methods["numbalsoda dop853"] = fortran(numbalsoda.dop853)
    methods["numbalsoda lsoda"] = fortran(numbalsoda.lsoda)
    return methods, "installed"


def at_equal_error(points, error):  # type: ignore[no-untyped-def]
    """Seconds for this error, interpolated in logarithms on the (error, seconds) of a method."""
    points = sorted(points)
    errors, seconds = np.log([p[0] for p in points]), np.log([p[1] for p in points])
    if not errors[0] <= np.log(error):
        return None
    return float(np.exp(np.interp(np.log(error), errors, seconds)))


def worker(name: str, repeats: int):  # type: ignore[no-untyped-def]
    from scipy.integrate import solve_ivp

    F, x0 = PROBLEMS[name]()
    methods, numbalsoda = methods_of(F, x0)
    stiff = name.startswith("stiff")
    if stiff:
        tight = solve_ivp(compiled_field(F)[0], (0, 1), x0, "Radau", rtol=1e-12, atol=1e-15)
    else:
        tight = solve_ivp(compiled_field(F)[0], (0, 1), x0, "DOP853", rtol=3e-14, atol=1e-17)
    exact = tight.y[:, -1]
    seconds: dict[tuple[str, float], list[float]] = {}
    error: dict[tuple[str, float], float] = {}
    for repeat in range(repeats + 1):  # the first one compiles
        for tolerance in TOLERANCES:
            for method, run in methods.items():
                start = time.process_time()
                calls = 1 if repeat == 0 or stiff else 5
                for _ in range(calls):
                    x = run(tolerance)
                spent = (time.process_time() - start) / calls
                if repeat:
                    seconds.setdefault((method, tolerance), []).append(spent)
                error[method, tolerance] = float(np.abs(x - exact).max() / np.abs(exact).max())
    median = {key: float(np.median(values)) for key, values in seconds.items()}
    curves = {
        method: [[t, error[method, t], median[method, t]] for t in TOLERANCES] for method in methods
    }
    return {"numbalsoda": numbalsoda, "curves": curves, **_ratios(curves, median)}


def _ratios(curves, median):  # type: ignore[no-untyped-def]
    """Our time over that of the faster method of each rival package."""
    ours = {e: at_equal_error([p[1:] for p in curves["qgd"]], e) for e in ERRORS}
    found = {}
    for rival in ("numbalsoda", "solve_ivp"):
        names = [method for method in curves if method.startswith(rival)]
        if not names:
            continue
        found[f"over {rival} at equal tolerance"] = {
            f"{t:g}": median["qgd", t] / min(median[method, t] for method in names)
            for t in TOLERANCES
        }
        at_error = {}
        for e in ERRORS:
            theirs = [at_equal_error([p[1:] for p in curves[method]], e) for method in names]
            reached = [value for value in theirs if value is not None]
            if reached and ours[e] is not None:
                at_error[f"{e:g}"] = ours[e] / min(reached)
        found[f"over {rival} at equal error"] = at_error
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", metavar="PROBLEM")
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(arguments.worker, 3 if arguments.worker[0] == "s" else 15)))
        return
    if arguments.quick:
        print(json.dumps(worker("Burgers n=16", 1)))
        return
    os.environ["NUMBA_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    rows = []
    for name in PROBLEMS:
        rows.append({"problem": name, **in_own_process(__file__, [name], LIMIT)})
        print({k: v for k, v in rows[-1].items() if k != "curves"}, file=sys.stderr, flush=True)
    packages = ["qgd", "numbalsoda", "scipy", "numba"]
    print(f"wrote {write_result('nonlinear_reference', {'rows': rows}, packages)}")


if __name__ == "__main__":
    main()
