"""The shape of the code base: what no single test of a module can see."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "facewright"
MODULES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(PACKAGE.glob("*/**/__init__.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
BANNED = {"utils", "helpers", "common", "misc", "core", "manager", "base", "tools"}
PRIVATE = re.compile(
    r'\b(contest(?!")|sitters?|troupe|darkroom|lookout|easel|judg(e[sd]?|ing)|settle[sd]?|doors?'
    r"|makes?\s+no\s+sense|(is|are)\s+told)\b",
    re.IGNORECASE,
)
"""Metaphors where the field has a word, such as discriminator for a judge."""
LONGEST = 500
FULL = 10
"""Files and folders that a package may hold; the root is the map and may hold more."""

# What a contract may leave out: the interfaces themselves, what all share, and what they may use.
SHARED = {"errors", "threads", "types", "version", "device", "files", "__main__"}
INTERFACES = {"cli", "notebook", "studio"}


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


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_module_says_in_one_line_what_it_is_for():
    said = {path: (ast.get_docstring(parse(path)) or "").splitlines() for path in MODULES}
    assert not [name_of(path) for path, lines in said.items() if not lines]
    assert not [name_of(path) for path, lines in said.items() if not lines[0].endswith(".")]


def test_module_name_says_something():
    parts = {path: path.relative_to(PACKAGE).with_suffix("").parts for path in MODULES}
    assert not [name_of(path) for path, names in parts.items() if BANNED & set(names)]


def test_words_are_those_of_the_field():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *MODULES]
    found = {path: PRIVATE.search(path.read_text(encoding="utf-8")) for path in pages}
    assert not {name_of(path): word[0] for path, word in found.items() if word}


def test_file_is_short_enough_to_read():
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in [*MODULES, *TESTS]}
    assert not {name_of(path): count for path, count in lines.items() if count > LONGEST}


def test_package_holds_only_its_docstring():
    bodies = {path: parse(path).body for path in PACKAGES}
    assert not [
        name_of(path)
        for path, body in bodies.items()
        if len(body) != 1 or not isinstance(body[0], ast.Expr)
    ]


def test_package_has_few_children():
    children = {
        path: [
            child.name
            for child in path.parent.iterdir()
            if child.name not in {"__init__.py", "__pycache__"}
        ]
        for path in PACKAGES
    }
    assert not {
        name_of(path): sorted(there) for path, there in children.items() if len(there) > FULL
    }


def test_tests_assert():
    for path in TESTS:
        nodes = list(ast.walk(parse(path)))
        tests = sum(isinstance(n, ast.FunctionDef) and n.name.startswith("test_") for n in nodes)
        claims = sum(isinstance(n, ast.Assert) or _is_claim(n) for n in nodes)
        assert claims >= tests, name_of(path)


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


def test_contract_of_the_interfaces_forbids_everything_below_jobs():
    named = {
        name.partition(".")[2] for name in contract("interfaces-call-jobs")["forbidden_modules"]
    }
    assert named == parts() - SHARED - INTERFACES - {"jobs", "live", "provenance"}


def test_contract_of_the_web_binds_everything_that_is_not_an_interface():
    named = {name.partition(".")[2] for name in contract("no-web-below")["source_modules"]}
    assert named == parts() - SHARED - INTERFACES


def test_contract_of_the_interfaces_binds_every_interface():
    named = {name.partition(".")[2] for name in contract("interfaces-call-jobs")["source_modules"]}
    assert named == parts() & INTERFACES


def test_import_costs_milliseconds_and_loads_no_torch():
    script = (
        "import sys, time; start = time.process_time(); import facewright; "
        "print(time.process_time() - start, 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    seconds, torch_loaded, numpy_loaded = done.stdout.split()
    assert (torch_loaded, numpy_loaded) == ("False", "False")
    assert float(seconds) < 0.5  # 0.01; of the processor, so that other programs do not count


def test_readme_opens_with_the_diagram_of_the_package():
    docstring = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    diagram = docstring.split("```text\n")[1].split("```")[0]
    assert diagram in (ROOT / "README.md").read_text(encoding="utf-8")
