"""The shape of the code base: what no single test of a module can see."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "facewright"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
BANNED = {"utils", "helpers", "common", "misc", "core", "manager", "base", "tools"}
LONGEST = 500
FULL = 10
"""Modules and packages that a package may hold; the root is the map and may hold more."""

# What a contract may leave out: the doors themselves, what all share, and what a door may use.
SHARED = {"errors", "threads", "types", "version", "device", "files", "__main__"}
DOORS = {"cli", "notebook", "studio"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def parts():
    """Every package and module directly under facewright."""
    return {
        path.stem
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}


def contract(key):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return next(entry for entry in contracts if entry["id"] == key)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_says_in_one_line_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, "no module docstring"
    first = docstring.splitlines()[0]
    assert first.endswith("."), f"not a sentence: {first!r}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_name_says_something(path):
    assert not BANNED & set(path.relative_to(PACKAGE).with_suffix("").parts)


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_file_is_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/**/__init__.py")), ids=name_of)
def test_package_holds_only_its_docstring(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/**/__init__.py")), ids=name_of)
def test_package_has_few_children(path):
    children = [
        child.name
        for child in path.parent.iterdir()
        if (child.suffix == ".py" and child != path) or (child / "__init__.py").exists()
    ]
    assert len(children) <= FULL, sorted(children)


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_tests_assert(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    tests = sum(isinstance(n, ast.FunctionDef) and n.name.startswith("test_") for n in nodes)
    claims = sum(isinstance(n, ast.Assert) or _is_claim(n) for n in nodes)
    assert claims >= tests


def _is_claim(node):
    """Tell whether a node calls `pytest.raises`, `torch.testing.assert_close` or the like."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).rsplit(".", 1)[-1]
    return called in {"raises", "warns"} or called.startswith("assert")


def test_imports_run_downhill():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_contract_of_the_doors_forbids_everything_below_jobs():
    named = {name.partition(".")[2] for name in contract("doors-call-jobs")["forbidden_modules"]}
    assert named == parts() - SHARED - DOORS - {"jobs", "live", "provenance"}


def test_contract_of_the_web_binds_everything_that_is_not_a_door():
    named = {name.partition(".")[2] for name in contract("no-web-below")["source_modules"]}
    assert named == parts() - SHARED - DOORS


def test_contract_of_the_doors_binds_every_door():
    named = {name.partition(".")[2] for name in contract("doors-call-jobs")["source_modules"]}
    assert named == parts() & DOORS


def test_import_costs_milliseconds_and_loads_no_torch():
    script = (
        "import sys, time; start = time.perf_counter(); import facewright; "
        "print(time.perf_counter() - start, 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    seconds, torch_loaded, numpy_loaded = done.stdout.split()
    assert (torch_loaded, numpy_loaded) == ("False", "False")
    assert float(seconds) < 0.5  # 0.01 on an idle machine


def test_readme_opens_with_the_diagram_of_the_package():
    docstring = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    diagram = docstring.split("```text\n")[1].split("```")[0]
    assert diagram in (ROOT / "README.md").read_text(encoding="utf-8")
