"""Read the command line, call the task, print the outcome."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter
from cyclopts.config import Env
from cyclopts.field_info import FieldInfo

from facewright import __version__
from facewright.cli.commands import COMMANDS, GROUPS
from facewright.cli.options_file import read_options_file
from facewright.errors import FacewrightError

_LETTERS = {"out": "-o"}
_FAILED, _BAD_USAGE, _INTERRUPTED, _CUT_OFF = 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `facewright`; None takes those of the process.

    Returns:
        0; 1 for an error, 2 for bad usage, 130 for a run that was interrupted.
    """
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except CycloptsError as error:
        return _complain(str(error), "`facewright COMMAND --help` lists its options", _BAD_USAGE)
    except FacewrightError as error:
        return _complain(str(error), error.hint, _FAILED)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(argv: list[str]) -> int:
    """Run one command, and let errors through."""
    try:
        status = build_app()(
            argv, result_action="return_value", exit_on_error=False, print_error=False
        )
        sys.stdout.flush()
    except BrokenPipeError:  # such as `facewright show x.png | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CUT_OFF
    return status if isinstance(status, int) else 0


def build_app() -> App:
    """Return the commands as cyclopts knows them; none of the tasks is loaded yet."""
    app = App(
        name="facewright",
        version=__version__,
        help="Make faces of people who don't exist, and work on faces one has the right to use.",
        config=(read_options_file, Env("FACEWRIGHT_", show=False)),
        default_parameter=Parameter(short_alias=_shorten, negative_iterable=()),
        suppress_keyboard_interrupt=False,
    )
    groups = {name: App(name=name, help=line) for name, line in GROUPS.items()}
    for command in COMMANDS:
        *group, name = command.name.split()
        parent = groups[group[0]] if group else app
        path = f"facewright.cli.adapt:{command.name.replace(' ', '_')}"
        parent.command(path, name=name, help=command.help, sort_key=COMMANDS.index(command))
        for word in group:
            if word not in app:
                app.command(groups[word])
    return app


def _shorten(field: FieldInfo, _taken: frozenset[str]) -> str | None:
    """Return the letter of an option that has a short form."""
    return _LETTERS.get(field.name)


def _complain(message: str, hint: str, status: int) -> int:
    """Print what is wrong and what to do about it."""
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return status
