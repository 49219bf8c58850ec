"""The README's example, map and figures are what the code and the committed results give."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def test_example_prints_what_the_readme_shows() -> None:
    failures, attempts = doctest.testfile(
        str(README),
        module_relative=False,
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert attempts >= 10
    assert failures == 0


@pytest.mark.parametrize("name", ["train", "test"])
def test_each_command_is_one_block_after_its_marker(name: str) -> None:
    block = re.search(
        rf"^<!-- command: {name} -->\n```\n(.*)\n```$", README.read_text(), re.MULTILINE
    )
    assert block is not None
    assert block[1].startswith("pip install")


def test_every_file_the_readme_links_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text()):
        assert (ROOT / target).exists(), target
