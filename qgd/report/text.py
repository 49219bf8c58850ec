"""Plain-text reports."""

from __future__ import annotations

from qgd.core.budget import ErrorBudget, format_error
from qgd.core.outcome import Outcome
from qgd.core.resources import Resources
from qgd.pipeline.experiment import Experiment
from qgd.pipeline.gate_instance import GateInstance

_REMEDIES = {
    "surrogate": "take fewer --steps or --reupload more often",
    "truncation": "raise --order or --reupload more often",
    "inversion": "leave out --kappa or raise --tolerance",
    "readout": "raise --shots or leave it out",
}


def experiment_report(experiment: Experiment, gate: GateInstance | None = None) -> str:
    """The page that ``qgd train`` prints: weights, scores, errors and costs, stage by stage."""
    parts = [
        _header(experiment),
        _weights(experiment),
        _scores(experiment),
        stage_table(experiment.training.budget, experiment.training.resources),
        _verdict(experiment),
    ]
    if gate is not None:
        parts.append(
            f"gate level: order {gate.order}, {gate.num_steps} steps, {gate.circuit.num_qubits} "
            f"qubits, {gate.circuit.size()} operations; amplitudes agree with the emulation to "
            f"{gate.deviation:.0e}"
        )
    return "\n\n".join(parts)


def stage_table(budget: ErrorBudget, resources: Resources) -> str:
    """One line of error and one of cost for each stage, side by side."""
    costs = {cost.stage: cost for cost in resources.costs}
    total = budget.total()
    rows = [("stage", "error", "known by", "cost", "reason")]
    for line in budget:
        cost = costs.get(line.stage)
        detail = cost.detail if cost else ""
        rows.append((line.stage, format_error(line.value), line.kind.value, detail, line.reference))
    calls = f"{resources.qubits} qubits, {resources.block_encoding_calls} calls"
    if resources.shots:
        calls += f" x {resources.shots} shots"
    rows.append(("total", format_error(total.value), total.kind.value, calls, total.source))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1])]
        cells += [row[i].ljust(widths[i]) for i in (2, 3)]
        lines.append("  ".join([*cells, row[4]]).rstrip())
    rule = "-" * max(len(line) for line in lines)
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _header(experiment: Experiment) -> str:
    data, settings, split = experiment.dataset, experiment.settings, experiment.split
    model = "logistic regression" if data.task == "classification" else "ridge regression"
    target = f", positive class {data.positive!r}" if data.positive else ""
    rounds = len(experiment.training.rounds)
    several = f"{rounds} rounds (costs and reasons are those of the last)"
    return (
        f"{data.name}: {len(split.train_targets)} training and {len(split.test_targets)} test "
        f"samples, {data.features.shape[1]} features{target}\n"
        f"{model}, ridge {settings.ridge:g}; {len(experiment.dense)} weights pre-trained and "
        f"pruned to {settings.keep} (sparsity {experiment.mask.sparsity:.0%})\n"
        f"{settings.num_steps} steps of gradient descent, learning rate "
        f"{settings.learning_rate:g}, in {several if rounds > 1 else '1 round'}; solver "
        f"{settings.solver}, readout {settings.readout}, tolerance {settings.tolerance:g}"
    )


def _weights(experiment: Experiment) -> str:
    training = experiment.training
    names = [experiment.split.names[i] for i in experiment.mask.indices]
    width = max(len("weight"), *(len(name) for name in names))
    lines = [f"{'weight':<{width}}  {'start':>9}  {'descent':>9}  {'quantum':>9}"]
    for name, *values in zip(
        names, training.reference[0], training.reference[-1], training.weights, strict=True
    ):
        lines.append(f"{name:<{width}}  " + "  ".join(f"{value:9.4f}" for value in values))
    return "\n".join(lines)


def _scores(experiment: Experiment) -> str:
    pruned = experiment.mask.restore(experiment.training.reference[0])
    score = experiment.score
    line = (
        f"test {experiment.metric}: dense {score(experiment.dense):.4f}, pruned "
        f"{score(pruned):.4f}, gradient descent {score(experiment.reference_weights):.4f}, quantum "
        f"{score(experiment.weights):.4f}"
    )
    if experiment.dataset.task == "classification":
        line += f" ({experiment.differing_predictions} predictions differ)"
    return line


def _verdict(experiment: Experiment) -> str:
    training = experiment.training
    total = training.budget.total()
    word = "bound" if total.kind.name == "PROVED" else "budget"
    line = (
        f"distance from gradient descent: {training.true_error:.2e}, {word} {total.value:.2e} "
        f"({total.kind.value}), tolerance {experiment.settings.tolerance:.2e}"
    )
    if training.outcome is not Outcome.SUCCESS:
        largest = max(training.budget, key=lambda part: part.value)
        remedy = _REMEDIES.get(largest.stage, "raise --tolerance")
        line += f"\n{training.outcome}; the largest line is {largest.stage}: {remedy}"
    return line
