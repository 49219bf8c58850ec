"""The page that ``qgd analyze`` prints."""

from __future__ import annotations

import math

from qgd.analysis.analyze import Analysis
from qgd.analysis.case import Missing
from qgd.analysis.verdict import CANDIDATE, OPEN, criteria, slowdown, verdict
from qgd.spectra.modes import ModeShare

_MARKS = {True: "yes", False: "NO", None: "open"}


def analysis_report(found: Analysis) -> str:
    """Sparsity, spectrum, window, orders, R, qubits, and the verdict with its reasons."""
    parts = [_header(found), _spectrum(found), _proxy(found), _orders(found)]
    return "\n\n".join([*parts, _numbers(found), _resources(found), verdict_text(found)])


def verdict_text(found: Analysis) -> str:
    """The word and why, then every criterion with its number."""
    judged = criteria(found)
    width = max(len(c.name) for c in judged)
    rows = [f"  {_MARKS[c.holds]:<4}  {c.name:<{width}}  {c.reason}" for c in judged]
    return "\n".join([f"verdict: {headline(found)}", *rows])


def headline(found: Analysis) -> str:
    """The word, with the criteria that decided, or with what the count says of a candidate."""
    judged = criteria(found)
    word = verdict(judged)
    if word == CANDIDATE:
        ratio = slowdown(found)
        return word if ratio is None else f"{word} by these conditions; as counted, {_than(ratio)}"
    decisive = None if word == OPEN else False
    return f"{word} because of: {', '.join(c.name for c in judged if c.holds is decisive)}"


def _header(found: Analysis) -> str:
    share = found.num_kept / found.num_weights
    sparsity = found.sparsity
    s = f"s = {sparsity.value}" if sparsity.complete else f"s >= {sparsity.value}"
    return (
        f"{found.name}: {found.num_kept} of {found.num_weights} weights kept ({share:.1%}), "
        f"learning rate {found.learning_rate:g}, loss {found.loss:.4g}\n"
        f"row sparsity {s}: {sparsity.source}"
    )


def _spectrum(found: Analysis) -> str:
    spectrum, shares = found.spectrum, found.shares
    probes, steps = found.settings.probes, found.settings.lanczos_steps
    how = "all eigenvalues" if spectrum.exact else f"{probes} Lanczos probes of {steps} steps"
    low, high = spectrum.extremes
    lines = [
        f"Hessian on the kept weights, {how}: from {low:.4g} to {high:.4g}",
        f"  {'modes':<13}  {'share':>7}  {'interval':>16}  {'bracket':>16}  {'trace':>9}",
    ]
    for name in ("dissipative", "flat", "divergent", "overshooting"):
        lines.append(_share(name, getattr(shares, name)))
    kind = (
        "MEASURED"
        if spectrum.exact
        else "ESTIMATED, interval of 95 % over probes; bracket: what the Lanczos runs allow"
    )
    return "\n".join([*lines, f"  flat: |lambda| <= {shares.cut:.3g}; {kind}"])


def _share(name: str, share: ModeShare) -> str:
    interval = share.fraction.lower, share.fraction.upper
    clipped = ((max(0.0, a), min(1.0, max(0.0, b))) for a, b in (interval, share.bracket))
    ends = (f"{low:6.1%} - {high:6.1%}" for low, high in clipped)
    columns = "  ".join(f"{text:>16}" for text in ends)
    return f"  {name:<13}  {share.fraction.value:7.1%}  {columns}  {share.trace.value:9.3g}"


def _proxy(found: Analysis) -> str:
    steps = found.settings.num_steps
    step, least = found.proxy.least()
    low, high = found.window
    end = found.proxy.window()[1]
    window = "empty" if end == 0 else ("endless" if math.isinf(end) else f"to step {end:.4g}")
    if low != high:
        window += f" ({low:.4g} to {high:.4g} over probes)"
    text = f"error proxy P({steps}) = {float(found.proxy([steps])[0]):.4g}; quantum window {window}"
    return text + (f"; least P = {least:.4g} at step {step:.1f}" if math.isfinite(end) else "")


def _orders(found: Analysis) -> str:
    result = found.truncation
    if isinstance(result, Missing):
        return f"Carleman order: none; {result.reason}"
    lines = [
        f"truncation after {found.settings.num_steps} steps; greatest distance from the pivot "
        f"{result.travelled:.4g}",
        f"  {'order':>5}  {'estimate':>9}  {'true error':>10}",
    ]
    for order, pair in enumerate(zip(result.estimates, result.errors, strict=True), 1):
        lines.append(f"  {order:5d}  {pair[0]:9.2e}  {pair[1]:10.2e}")
    needed = f"order {result.needed}" if result.needed else f"no order <= {len(result.errors)}"
    kinds = "estimates ESTIMATED (a posteriori), true errors MEASURED"
    return "\n".join([*lines, f"  for {result.tolerance:g} of the distance: {needed}; {kinds}"])


def _numbers(found: Analysis) -> str:
    numbers = found.nonlinearity
    if isinstance(numbers, Missing):
        return f"R and Kantorovich's number: none; {numbers.reason}"
    return (
        f"R = {numbers.R.value:.3g} (theorems below 1), Kantorovich h = "
        f"{numbers.kantorovich.value:.3g} (below 1/2), lambda_min = "
        f"{numbers.least_eigenvalue:.3g}; {numbers.R.kind.value}: {numbers.R.source}"
    )


def _resources(found: Analysis) -> str:
    state = found.state
    result = found.truncation
    enough = not isinstance(result, Missing) and result.needed is not None
    which = "" if enough else ", the greatest that was tried"
    lines = [
        f"history state at order {state.order}{which}: {state.total} qubits "
        f"({state.words} = N ceil(log2 n) for the weights, "
        f"{state.levels} for the order, {state.times} for the step)"
    ]
    if isinstance(found.costs, Missing):
        return "\n".join([*lines, f"calls, gates and shots: not counted; {found.costs.reason}"])
    costs, products = found.costs.quantum, found.costs.products
    resources, gates = costs.resources, costs.resources.gates
    assert costs.kappa is not None  # a linear system
    lines += [
        f"download of all {found.num_kept} weights within {found.settings.tolerance:g} of the "
        f"distance, by {resources['inversion'].detail}:",
        f"  qubits {resources.qubits}; alpha {costs.alpha:.4g}; kappa {costs.kappa.value:.4g} "
        f"{costs.kappa.kind.value}; success {costs.success_probability:.3g} "
        f"{costs.success_kind.value}",
        f"  one run: {resources.block_encoding_calls:.4g} calls, T {costs.t_count:.4g}, Toffoli "
        f"{gates.toffoli:.4g}, CX {gates.cx:.4g}, depth {gates.depth:.4g}",
        f"  in all: {resources.shots:.4g} shots, {resources.total_calls:.4g} calls, T "
        f"{costs.total_t_count:.4g}",
        f"  against {products:.4g} multiplications for {found.settings.num_steps} steps of plain "
        f"descent: {_than(slowdown(found))} if a call took no longer than a multiplication",
    ]
    return "\n".join(lines)


def _than(ratio: float | None) -> str:
    if ratio is None:
        return "nothing to compare"
    return f"{ratio:.2g} times slower" if ratio > 1 else f"{1 / ratio:.2g} times faster"
