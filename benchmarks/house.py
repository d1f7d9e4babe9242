"""How much must somebody read, and how long must somebody wait? The shape of the code in numbers.

Counts are made from the source; files entered and switches between files by running the command
line and noting which function of Facewright calls which. Waits are counted in seconds of the
processor, so that other programs do not matter. `--tests` times the default tests, too.

What was before is measured in the same way: `git worktree add before 40f5947`, copy this file into
`before/benchmarks`, and run it there.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

from benchmarks.timing import report

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "facewright"
SPAN = 10
"""How many lines in a row make a duplicate."""

_NO_OPTIONS = {"options", "progress", "viewer"}  # parameters of commands that nobody types

FACEWRIGHT = (sys.executable, "-m", "facewright")
PEOPLE = ("generate", "--seeds", "0,1", "--size", "256")
WALK = ("interpolate", "--seeds", "0,1", "--size", "256", "--seconds", "0.5", "--fps", "8")
FLOWS = {
    "seed to PNG": ("generate", "--seeds", "0", "-o", "OUT.png"),
    "photo to swap": (
        *("swap", "people/seed0000.png", "people/seed0001.png"),
        *("--consent", "generated", "-o", "SWAPPED.png"),
    ),
    "clip to toonify": (
        *("toonify", "walk.mp4", "--expressions", "--consent", "generated", "-o", "OUT.mp4"),
    ),
}
WAITS = {
    "python": (sys.executable, "-c", "pass"),
    "import facewright": (sys.executable, "-c", "import facewright"),
    "--help": (*FACEWRIGHT, "--help"),
    "generate --help": (*FACEWRIGHT, "generate", "--help"),
    "first picture": (*FACEWRIGHT, "generate", "--seeds", "0", "-o", "OUT.png"),
}


def main() -> None:
    """Count, follow, wait."""
    if "--follow" in sys.argv:
        follow(sys.argv[sys.argv.index("--follow") + 1 :])
        return
    report("house", **count())
    for name, (files, switches) in follow_flows().items():
        report("flow", name=name, files=files, switches=switches)
    report("wait", unit="s of the processor", **wait())
    report("slowest --help", unit="s of the processor", **wait_for_help())
    if "--tests" in sys.argv:
        report("default tests", unit="s", seconds=wait_for_tests())


# ---------------------------------------------------------------- counted from the source


def count() -> dict[str, object]:
    """Return what can be counted without running anything."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    code = {path: list(code_lines(path, tree)) for path, tree in trees.items()}
    fields = option_fields(trees)
    longest, where = max(function_lengths(trees))
    full, children = max((len(children_of(folder)), folder.name) for folder in packages())
    return {
        "lines": sum(len(path.read_text("utf-8").splitlines()) for path in trees),
        "code_lines": sum(len(lines) for lines in code.values()),
        "modules": len(trees),
        "packages_above_ten": sum(len(children_of(folder)) > 10 for folder in packages()),
        "most_children": f"{full} in {children}",
        "option_fields": len(fields),
        "option_names": len(set(fields)),
        "longest_function": f"{longest} lines, {where}",
        "duplicates": count_duplicates(code),
    }


def packages() -> Iterator[Path]:
    """Yield every package but the root."""
    for path in sorted(PACKAGE.glob("*/**/__init__.py")):
        yield path.parent


def children_of(folder: Path) -> list[str]:
    """Return the files and folders in a package."""
    return [
        path.name for path in folder.iterdir() if path.name not in {"__init__.py", "__pycache__"}
    ]


def code_lines(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield the lines that are no docstring, no comment and not blank."""
    quiet = {number for node in ast.walk(tree) for number in _lines_of_strings(node)}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#") and number not in quiet:
            yield text


def _lines_of_strings(node: ast.AST) -> range:
    """Return the lines of a docstring, below a field too; of anything else none."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def option_fields(trees: dict[Path, ast.Module]) -> list[str]:
    """Return the name of every declared option: fields, and parameters of commands."""
    classes = {node.name: node for tree in trees.values() for node in _top(tree, ast.ClassDef)}
    wanted = [name for name in classes if name.endswith("Options")]
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in classes and name not in seen:
            seen.add(name)
            wanted += [ast.unparse(parent).rsplit(".", 1)[-1] for parent in classes[name].bases]
    found = [field.target.id for name in seen for field in _fields_of(classes[name])]
    return found + _parameters_of_commands(trees)


def _parameters_of_commands(trees: dict[Path, ast.Module]) -> list[str]:
    functions = {
        f"{_module_of(path)}:{node.name}": node
        for path, tree in trees.items()
        for node in _top(tree, ast.FunctionDef)
    }
    places = [getattr(command, "function", None) for command in commands()]
    found = [arg.arg for place in places if place for arg in functions[place].args.kwonlyargs]
    return [name for name in found if name not in _NO_OPTIONS]


def commands() -> tuple:
    """Return the table of commands, also of the state before there were jobs."""
    there = (PACKAGE / "jobs" / "table.py").exists()
    return importlib.import_module(
        f"facewright.{'jobs.table' if there else 'cli.commands'}"
    ).COMMANDS


def _top(tree: ast.Module, kind: type) -> list:
    return [node for node in tree.body if isinstance(node, kind)]


def _fields_of(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def function_lengths(trees: dict[Path, ast.Module]) -> Iterator[tuple[int, str]]:
    """Yield the lines of every function, its docstring aside, and where it is."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                lines -= len(_lines_of_strings(node.body[0]))
                yield lines, f"{path.relative_to(PACKAGE).as_posix()}:{node.name}"


def count_duplicates(code: dict[Path, list[str]]) -> int:
    """Return how many passages of ten lines and more of code are there a second time."""
    seen: dict[tuple[str, ...], tuple[Path, int]] = {}
    passages = 0
    for path, lines in code.items():
        last = None
        for start in range(len(lines) - SPAN + 1):
            span = tuple(lines[start : start + SPAN])
            if span[0].startswith(("import ", "from ")):
                last = None
                continue
            first = seen.setdefault(span, (path, start))
            again = first != (path, start)
            passages += again and last != (first[0], first[1] - 1)
            last = first if again else None
    return passages


# ---------------------------------------------------------------- counted while it runs


def follow_flows() -> dict[str, tuple[int, int]]:
    """Return the files entered and the switches between files of each flow."""
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(Path(folder))
        return {name: _follow_apart(words, folder) for name, words in FLOWS.items()}


def make_inputs(folder: Path) -> None:
    """Write two people and a clip of one turning into the other."""
    for words in ((*PEOPLE, "-o", "people"), (*WALK, "-o", "walk.mp4")):
        _time((*FACEWRIGHT, *words), str(folder))


def _follow_apart(words: tuple[str, ...], folder: str) -> tuple[int, int]:
    command = (sys.executable, "-m", "benchmarks.house", "--follow", *words)
    done = subprocess.run(
        command, cwd=folder, check=True, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return len(found["files"]), len(found["switches"])


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def follow(words: list[str]) -> None:
    """Run a command line and print the files entered and each switch once.

    A switch is a function that calls one of another file, however often it does. What runs when a
    module is imported does not count: a reader looks it up, but does not walk through it.
    """
    files: set[str] = set()
    switches: set[tuple[str, str]] = set()
    prefix = f"{PACKAGE}{os.sep}"

    def note(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(prefix) or _is_import(frame, prefix):
            return
        files.add(code.co_filename.removeprefix(prefix))
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(prefix):
            caller = caller.f_back
        if caller and not _is_import(caller, prefix):
            switches.add((_name_of(caller.f_code, prefix), _name_of(code, prefix)))

    run = importlib.import_module("facewright.cli.main").main
    threading.setprofile(note)
    sys.setprofile(note)
    status = run(words)
    sys.setprofile(None)
    threading.setprofile(None)
    if status:
        sys.exit(status)
    across = sorted(pair for pair in switches if pair[0].split(":")[0] != pair[1].split(":")[0])
    print(json.dumps({"files": sorted(files), "switches": across}))


def _is_import(frame: FrameType | None, prefix: str) -> bool:
    """Tell whether a frame runs because a module is imported."""
    while frame:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(prefix):
            return True
        frame = frame.f_back
    return False


def _name_of(code: CodeType, prefix: str) -> str:
    return f"{code.co_filename.removeprefix(prefix)}:{code.co_qualname}"


# ---------------------------------------------------------------- waited for


def wait() -> dict[str, float]:
    """Return the median of each wait, of five; what torch loads into is warm."""
    found = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(6):
            for name, command in WAITS.items():
                Path(folder, "OUT.png").unlink(missing_ok=True)
                seconds = _work(command, folder)
                if turn:
                    found[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def wait_for_help() -> dict[str, object]:
    """Return the command whose `--help` takes longest, the faster of two runs, and its seconds."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for command in commands():
            words = (*FACEWRIGHT, *command.name.split(), "--help")
            found.append((min(_work(words, folder), _work(words, folder)), command.name))
    seconds, name = max(found)
    return {"command": name, "seconds": seconds, "of": len(found)}


def wait_for_tests() -> float:
    """Return the seconds of the default tests, in as many processes as `make test` starts."""
    words = (sys.executable, "-m", "pytest", "-q", "-n", "logical", "--maxprocesses", "8")
    return _time(words, str(ROOT))


def _time(command: tuple[str, ...], folder: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, env=_environment(), capture_output=True)
    return time.perf_counter() - start


def _work(command: tuple[str, ...], folder: str) -> float:
    """Return the seconds that the processor spends on a command, on all cores together."""
    before = os.times()
    _time(command, folder)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


if __name__ == "__main__":
    main()
