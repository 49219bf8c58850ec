"""How every command ends: one line and exit code 2 for bad input, 130 for Ctrl-C."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from qgd.core.outcome import QGDError

_EXPECTED = (ValueError, TypeError, QGDError, OSError, ImportError)


@contextmanager
def plain_endings(interrupted: str | None = None, *more: type[Exception]) -> Iterator[None]:
    """Turn errors of the input and warnings into lines; a bug keeps its traceback.

    A missing extra is an ImportError that names it; a missing module is a ModuleNotFoundError.

    Parameters
    ----------
    interrupted : str, optional
        What Ctrl-C leaves behind; without it Ctrl-C is left to typer.
    more : exceptions
        Errors of this command's input beside the usual ones.
    """
    expected: tuple[type[Exception], ...] = (*_EXPECTED, *more)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _one_line
            yield
    except ModuleNotFoundError:
        raise
    except expected as error:
        notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
        typer.echo(f"qgd: error: {error}{notes}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        if interrupted is None:
            raise
        typer.echo(f"qgd: interrupted; {interrupted}", err=True)
        raise typer.Exit(130) from None


def _one_line(message: Warning | str, *_: object, **__: object) -> None:
    typer.echo(f"qgd: warning: {message}", err=True)


def require_torch(command: str) -> None:
    """Name the extra where torch is missing."""
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise ImportError(
            f"`{command}` needs torch, which is not installed; pip install 'qgd[torch]'"
        ) from None
