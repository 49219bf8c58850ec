"""``qgd certify``: what is certain of a finished run, in ball arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd.cli.endings import plain_endings
from qgd.embedding.certificate import certify_history
from qgd.report.history_file import saved_rounds


def certify(
    result: Annotated[Path, typer.Argument(help="The result.json of a run of `qgd train`.")],
    precision: Annotated[int, typer.Option(help="Bits of the ball arithmetic.")] = 128,
) -> None:
    """Bound the error of the downloaded weights from the history vector, trusting no solver.

    Reads history.npz beside result.json; the bound is of the distance from gradient descent on the
    polynomial surrogate, round by round. Needs qgd[certify].
    """
    with plain_endings(None, KeyError):
        for number, saved in enumerate(saved_rounds(result), start=1):
            certificate = certify_history(
                saved.step,
                saved.start,
                int(saved.details["num_steps"]),
                saved.history,
                order=int(saved.details["order"]),
                scale=float(saved.details["scale"]),
                answer=saved.value,
                precision=precision,
            )
            typer.echo(
                f"round {number}: {certificate}\n"
                f"budget of its stages   {saved.recorded:.3e}  (as the run printed them)"
            )
