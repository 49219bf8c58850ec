"""The house rules, enforced by parsing the source (nothing is imported to check imports)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import qgd

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "qgd"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# A module may import its own package and those it names here, directly or through others.
BELOW = {
    "core": [],
    "problem": ["core"],
    "dynamics": ["problem"],
    "embedding": ["dynamics"],
    "spectra": ["embedding"],
    "encoding": ["embedding"],
    "solvers": ["encoding"],
    "readout": ["encoding"],
    "execution": ["encoding"],
    "pipeline": ["solvers", "readout", "execution"],
    "resources": ["solvers", "readout", "execution"],
    "analysis": ["spectra", "resources"],  # its report prices the run that it judges
    "report": ["pipeline", "resources", "analysis"],
    "cli": ["report"],
}
# Third-party packages by layer; those in parentheses of the design are imported inside functions.
ALLOWED = {
    "core": {"numpy"},
    "problem": {"numpy", "scipy"},
    "dynamics": {"numpy", "scipy", "numba", "llvmlite"},
    "embedding": {"numpy", "scipy", "numba"},
    "spectra": {"numpy", "scipy", "numba", "torch"},
    "encoding": {"numpy", "scipy", "numba", "qiskit"},
    "solvers": {"numpy", "scipy", "numba", "qiskit"},
    "readout": {"numpy", "scipy", "qiskit"},
    "execution": {"numpy", "qiskit"},
    "pipeline": {"numpy", "qiskit"},
    "resources": {"numpy", "scipy"},
    "analysis": {"numpy", "torch"},
    "report": {"numpy", "scipy"},
    "cli": {"typer", "rich"},
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def reachable(name: str) -> set[str]:
    return {name}.union(*(reachable(below) for below in BELOW[name]))


def imports(path: Path, *, top_level: bool) -> list[str]:
    """Absolute names of imported modules; TYPE_CHECKING blocks do not run and do not count."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else list(ast.walk(tree))
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.append(node.module or "")
    return found


MODULES = [path for path in SOURCES if path.parent != PACKAGE]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    lower = reachable(layer(path))
    for name in imports(path, top_level=False):
        if name.startswith("qgd."):
            assert name.split(".")[1] in lower, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_third_party_imports_are_those_of_the_layer(path: Path) -> None:
    standard = sys.stdlib_module_names
    for name in imports(path, top_level=True):
        first = name.split(".")[0]
        if first not in standard and first != "qgd":
            assert first in ALLOWED[layer(path)], f"{path.name} imports {name} at module level"


def test_import_qgd_is_light() -> None:
    code = (
        "import time, sys; t = time.perf_counter(); import qgd; t = time.perf_counter() - t; "
        "heavy = {'qiskit', 'torch', 'matplotlib', 'sklearn', 'numba', 'scipy', 'numpy'}; "
        "print(t, *sorted(heavy & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds, *heavy = min((run.stdout.split() for run in runs), key=lambda words: float(words[0]))
    assert not heavy
    assert float(seconds) < 0.5


def test_lower_layers_run_without_qiskit() -> None:
    code = (
        "import sys; sys.modules['qiskit'] = None; import qgd; "
        "loss = qgd.least_squares([[1.0, 0.5], [0.2, 1.0]], [1.0, 2.0]); "
        "step = qgd.gradient_descent(loss, 0.1); "
        "qgd.history_system(qgd.carleman(step, 2), [0.0, 0.0], 2); "
        "qgd.truncation_bound(step, 1, 0.0, 2)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_surface_is_importable_and_documented() -> None:
    assert sorted(qgd.__all__) == list(qgd.__all__)
    for name in qgd.__all__:
        assert getattr(qgd, name).__doc__, name


def test_readme_maps_exactly_the_public_surface() -> None:
    text = (ROOT / "README.md").read_text()
    table = text.split("<!-- map -->")[1].split("<!-- /map -->")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(qgd.__all__)


def test_every_theorem_that_is_cited_stands_in_its_page() -> None:
    cited = set()
    for path in SOURCES:
        cited |= set(
            re.findall(r"(\d\d-[a-z-]+\.md)#((?:Theorem|Lemma) \d+\.\d+)", path.read_text())
        )
        # Pages given once as a constant, theorems as arguments.
        page = re.search(r"(\d\d-[a-z-]+\.md)#\{", path.read_text())
        constant = re.search(r'_PAGE = "(\d\d-[a-z-]+\.md)"', path.read_text())
        if constant:
            named = re.findall(r"\{_PAGE\}#((?:Theorem|Lemma) \d+\.\d+)", path.read_text())
            cited |= {(constant[1], name) for name in named}
        for name in re.findall(r'"((?:Theorem|Lemma) \d+\.\d+)"', path.read_text()):
            source = page or constant
            chapter = f"{int(name.split()[1].split('.')[0]):02}-"
            pages = [p.name for p in (ROOT / "proofs").glob(f"{chapter}*.md")]
            assert pages, f"{path.name} cites {name}"
            assert source is None or source[1] in pages or path.parent.name == "solvers"
            cited.add((pages[0], name))
    assert len(cited) >= 15
    for page_name, theorem in sorted(cited):
        text = (ROOT / "proofs" / page_name).read_text()
        assert re.search(rf"^## {re.escape(theorem)}\b", text, re.MULTILINE), (page_name, theorem)


def test_every_module_has_a_docstring_and_stays_a_room_not_a_hall() -> None:
    for path in SOURCES:
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), path
        assert len(text.splitlines()) <= 300, path


def test_the_project_speaks_of_itself_only() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    word = re.compile(r"(^|[^\w.])/(wo" + r"rk|farm)/|\.\./sha" + "red")
    for path in files or SOURCES:
        if path.suffix in {".py", ".md", ".toml", ".ipynb", ".json"} and path.is_file():
            assert not word.search(path.read_text()), path


def test_style_and_types_are_clean() -> None:
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "--no-error-summary"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
