"""Layer 8: the command line, ``qgd``."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the ``qgd`` command."""
    try:
        from qgd.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        sys.stderr.write(
            f"qgd: error: the command line needs {error.name}, which is not installed; "
            "pip install 'qgd[cli]'\n"
        )
        sys.exit(2)
    app()
