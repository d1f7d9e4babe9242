"""The help of every command: quick, with examples that parse."""

import json
import subprocess
import sys

import pytest

from facewright.jobs.table import COMMANDS

HEAVY = ["torch", "numpy", "cv2", "av", "scipy", "rich.markdown", "rich.progress"]
SCRIPT = """
import io, json, shlex, sys
from rich.console import Console
from facewright.cli.main import build_app
from facewright.jobs.table import COMMANDS

app, found, before = build_app(), {}, set()
for command in COMMANDS:
    if command.name not in sys.argv[2:]:
        continue
    written = io.StringIO()
    app.help_print(command.name.split(), console=Console(file=written, width=80))
    problems = []
    for line in command.list_examples():
        try:
            run = app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)[0]
        except Exception as error:
            problems.append(f"{line}: {error}")
        else:
            problems += [] if line.startswith(f"facewright {command.name}") else [line]
    loaded = {name for name in sys.argv[1].split() if name in sys.modules}
    found[command.name] = {
        "help": written.getvalue(), "loaded": sorted(loaded - before), "problems": problems,
        "examples": command.list_examples(),
    }
    before |= loaded
print(json.dumps(found))
"""

NAMES = [command.name for command in COMMANDS]


@pytest.fixture(scope="module")
def helps():
    """What one process finds out about all commands."""
    command = [sys.executable, "-c", SCRIPT, " ".join(HEAVY), *NAMES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_help_loads_nothing_heavy(helps, name):
    assert helps[name]["loaded"] == []


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_two_examples_that_can_be_run(helps, name):
    assert len(helps[name]["examples"]) >= 2
    assert helps[name]["problems"] == []
    shown = helps[name]["help"].partition("Examples:")[2].split()
    assert shown == " ".join(helps[name]["examples"]).split()
