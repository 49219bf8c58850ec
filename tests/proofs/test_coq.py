"""proofs/coq/check.sh: accepts the proofs, and nothing that is not one.

Without Coq the check says that it was skipped, and so do the tests that need it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

COQ = Path(__file__).resolve().parents[2] / "proofs" / "coq"
SKIPPED = 77


def check(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "check.sh", *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_without_coq_the_check_says_loudly_that_nothing_was_checked() -> None:
    result = check(COQ, COQC="a-coqc-that-is-not-there")
    assert result.returncode == SKIPPED
    assert "SKIPPED" in result.stderr
    assert "NOT machine-checked" in result.stderr


def test_all_proofs_are_accepted() -> None:
    result = check(COQ)
    if result.returncode == SKIPPED:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("OK: ")


TINY = """From Coq Require Import Reals Lra ProofIrrelevance.
Open Scope R_scope.
Definition twice (x : R) : R := x + x.
Theorem twice_is_double x : twice x = 2 * x.
Proof. unfold twice. ring. Qed.
"""


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development of one theorem that passes the check."""
    folder = tmp_path_factory.mktemp("coq")
    shutil.copy(COQ / "check.sh", folder)
    (folder / "_CoqProject").write_text("-Q . QGD\nTiny.v\n")
    (folder / "Tiny.v").write_text(TINY)
    result = check(folder, "--update")
    if result.returncode == SKIPPED:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    assert "twice x = 2 * x" in (folder / "STATEMENTS.txt").read_text()
    return folder


@pytest.fixture
def tiny(accepted: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(accepted, tmp_path / "coq"))


def test_what_is_no_proof_is_refused(tiny: Path) -> None:
    """One development, spoilt in every way in turn; what differs is the reason."""
    spoilt = {
        "an admitted goal": (TINY.replace("ring. Qed.", "Admitted."), "holes or axioms"),
        "an axiom": (TINY + "Axiom free : 1 = 2.\n", "holes or axioms"),
        "a smuggled hypothesis": (
            TINY.replace("Theorem", "Hypothesis free : 1 = 2.\nTheorem"),
            "outside every section",
        ),
        "a false theorem": (TINY.replace("2 * x", "3 * x"), "the build broke"),
        "another statement": (TINY.replace("2 * x.\n", "2 * x + 0.\n"), "differ from STATEMENTS"),
        "another definition": (TINY.replace("x + x", "x + (x + 0)"), "differ from STATEMENTS"),
    }
    for what, (text, reason) in spoilt.items():
        (tiny / "Tiny.v").write_text(text)
        result = check(tiny)
        assert result.returncode == 1, what
        assert reason in result.stderr, (what, result.stderr)


def test_axioms_beyond_those_of_the_reals_are_refused(tiny: Path) -> None:
    other = (
        TINY + "Theorem same (P : Prop) (p q : P) : p = q.\nProof. apply proof_irrelevance. Qed.\n"
    )
    (tiny / "Tiny.v").write_text(other)
    result = check(tiny, "--update")
    assert result.returncode == 1
    assert "proof_irrelevance" in result.stderr


def test_a_file_that_is_not_listed_is_refused(tiny: Path) -> None:
    (tiny / "Other.v").write_text("Axiom unseen : 1 = 2.\n")
    result = check(tiny)
    assert result.returncode == 1
    assert "_CoqProject" in result.stderr
