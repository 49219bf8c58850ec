"""How an algorithm ended, when the input was valid but the algorithm may honestly fail."""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """Ending of a run; the value is the message a user reads."""

    SUCCESS = "SUCCESS"
    TOLERANCE_NOT_MET = "the error budget exceeds the tolerance"
    TRUNCATION_NOT_CONVERGED = "the Carleman truncation does not reach the tolerance"
    DIVERGED = "the iteration left every bounded region"
    NO_SHOTS_SURVIVED = "no shot passed the post-selection"
    NOT_PROVED = "a proved total was asked for and a line is not proved"
    NOT_APPLICABLE = "an assumption of the theorem does not hold"
    TOO_LARGE = "the problem does not fit into the memory of this machine"
    WORKER_LOST = "a worker died"

    def __str__(self) -> str:
        return self.value


class QGDError(RuntimeError):
    """An honest failure: valid input, but no answer that deserves the name.

    Parameters
    ----------
    outcome : Outcome
        What went wrong, for programs.
    message : str
        What must hold, what was found, what to do, for people.
    """

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(f"{outcome.value}: {message}")
        self.outcome = outcome
        self.message = message

    def __reduce__(self) -> tuple[type[QGDError], tuple[Outcome, str], dict[str, object]]:
        # An exception is pickled by its one text otherwise, which breaks a pool of processes.
        return type(self), (self.outcome, self.message), self.__dict__
