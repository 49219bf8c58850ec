"""Every notebook runs from top to bottom; its last cell asserts the claim of its first."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_its_claim(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert len(notebook.cells) <= 15
    assert notebook.cells[0].source.startswith("# ")
    assert "assert " in notebook.cells[-1].source
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
