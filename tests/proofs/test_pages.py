"""The tables of proofs/ speak of things that exist: pages, functions, tests, Coq names.

Always on: nothing here needs Coq.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROOFS = ROOT / "proofs"
COQ = PROOFS / "coq"
FILES = sorted(COQ.glob("*.v"))
EXPORTED = r"^\s*(?:Theorem|Corollary|Example)\s+([\w']+)"
INTRODUCED = r"^\s*(?:Theorem|Corollary|Example|Lemma|Definition|Fixpoint)\s+([\w']+)"


def rows() -> list[list[str]]:
    """Theorem, page, Python, test, Coq, checking."""
    lines = (PROOFS / "README.md").read_text().splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return [row for row in cells if re.match(r"\d\.\d|\d\d\.\d", row[0])]


def numbers(cell: str) -> list[str]:
    return re.findall(r"\b\d+\.\d+\b", cell)


def names_of(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text(), re.MULTILINE))


def golden() -> set[str]:
    text = (COQ / "STATEMENTS.txt").read_text()
    return set(re.findall(r"^(\w+\.[\w']+)\n {5}: ", text, re.MULTILINE))


def test_rows_are_complete() -> None:
    table = rows()
    assert len(table) >= 30
    for row in table:
        assert len(row) == 6, row
        assert ("machine-checked" in row[5]) == bool(row[4]), row


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_the_coq_names_of_a_row_are_exported_theorems(row: list[str]) -> None:
    for name in re.findall(r"`([^`]+)`", row[4]):
        file, theorem = name.split(".")
        assert theorem in names_of(COQ / f"{file}.v", EXPORTED), name
        assert name in golden(), name


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_the_pages_functions_and_tests_of_a_row_exist(row: list[str]) -> None:
    page = re.search(r"\d\d", row[1])
    assert page
    text = next(PROOFS.glob(f"{page[0]}-*.md")).read_text()
    for number in numbers(row[0]):
        assert re.search(rf"^## (Theorem|Lemma) {re.escape(number)}\b", text, re.MULTILINE), number
    for path in re.findall(r"`(tests/[^`]+)`", row[3]):
        assert (ROOT / path).exists(), path
    modules = [name for name in re.findall(r"`([^`]+)`", row[2]) if "." in name]
    for module in modules:
        assert resolves(f"qgd.{module}"), module


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute (of an attribute) of one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_every_coq_note_of_a_page_and_of_the_table_agree() -> None:
    """`name` in `File.v` under a theorem of a page stands in the row of that theorem."""
    table = {number: row for row in rows() for number in numbers(row[0])}
    noted = set()
    for page in sorted(PROOFS.glob("[0-9][0-9]-*.md")):
        for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
            note = re.search(r"^Coq: (.*?)(?:\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
            if not note:
                continue
            number = numbers(section.splitlines()[0])[0]
            noted.add(number)
            for group in re.findall(r"((?:`\w+`(?:, | and )?)+) in `(\w+)\.v`", note[1]):
                for theorem in re.findall(r"`(\w+)`", group[0]):
                    assert f"`{group[1]}.{theorem}`" in table[number][4], (number, theorem)
    assert noted >= {"0.1", "1.2", "2.1", "2.2", "2.3", "2.4", "4.1", "6.1"}


def test_golden_statements_hold_exactly_the_exported_theorems() -> None:
    exported = {f"{path.stem}.{name}" for path in FILES for name in names_of(path, EXPORTED)}
    assert len(exported) >= 80
    assert exported == golden()


def test_every_coq_file_is_listed_short_and_says_what_it_proves() -> None:
    listed = re.findall(r"^(\w+\.v)$", (COQ / "_CoqProject").read_text(), re.MULTILINE)
    assert sorted(listed) == [path.name for path in FILES]
    for path in FILES:
        text = path.read_text()
        assert text.startswith("(** "), path.name
        assert len(text.splitlines()) <= 300, path.name
        assert max(map(len, text.splitlines())) <= 110, path.name
        assert names_of(path, INTRODUCED), path.name


def cited() -> set[str]:
    """Numbers of all theorems of our pages that a `Bound` or a docstring of the source names."""
    named = {
        number
        for path in (ROOT / "qgd").rglob("*.py")
        for number in re.findall(r"\b(?:Theorem|Lemma) (\d+\.\d+)\b", path.read_text())
    }
    return {number for number in named if stands_in_a_page(number)}


def stands_in_a_page(number: str) -> bool:
    """Not so for the numbers of other authors' theorems."""
    chapter = int(number.split(".")[0])
    heading = re.compile(rf"^## \w+ {re.escape(number)}\b", re.MULTILINE)
    return any(heading.search(page.read_text()) for page in PROOFS.glob(f"{chapter:02d}-*.md"))


def test_every_theorem_behind_a_proved_bound_has_a_row() -> None:
    listed = {number for row in rows() for number in numbers(row[0])}
    assert len(cited()) >= 15
    assert cited() <= listed, sorted(cited() - listed)
