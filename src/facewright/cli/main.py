"""Parse the command line, run the command, print its outcome."""

import logging
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter
from cyclopts.config import Env
from cyclopts.field_info import FieldInfo

from facewright.cli.options_file import read_options_file, spell_out
from facewright.cli.printable import make_printable, survive_letters
from facewright.cli.usage import HelpPrinter, explain_usage
from facewright.errors import FacewrightError
from facewright.jobs.table import BULK, COMMANDS, GROUPS
from facewright.version import __version__

_LETTERS = {"out": "-o"}
_FAILED, _BAD_USAGE, _INTERRUPTED, _CUT_OFF = 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `facewright`; None takes those of the process.

    Returns:
        0; 1 for an error, such as a full disk or memory, 2 for bad usage, 130 for a run that was
        interrupted.
    """
    survive_letters()
    _show_warnings()
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (CycloptsError, FacewrightError, OSError, MemoryError, RuntimeError) as error:
        return explain(error)


def explain(error: Exception) -> int:
    """Print an error and its hint, and return the exit status.

    Args:
        error: The exception that ended a command.

    Returns:
        1, or 2 for bad usage.

    Raises:
        Exception: It is a bug in the program, which needs a traceback.
    """
    if isinstance(error, CycloptsError):
        return _complain(*explain_usage(error), _BAD_USAGE)
    if isinstance(error, FacewrightError):
        return _complain(str(error), error.hint, _FAILED)
    if _is_out_of_memory(error):
        hint = "draw or train fewer at a time, such as with --batch 1, or use --device cpu"
        return _complain("the memory is full", hint, _FAILED)
    if not isinstance(error, OSError):
        raise error
    where = f"{error.filename}: " if error.filename else ""
    told = f"{where}{error.strerror or error}"
    return _complain(told, "check the path, its permissions and the space there", _FAILED)


def _run(argv: list[str]) -> int:
    """Run one command, without handling errors."""
    try:
        status = build_app()(
            [spell_out(word) for word in argv],
            result_action="return_value",
            exit_on_error=False,
            print_error=False,
        )
        sys.stdout.flush()
    except BrokenPipeError:  # such as `facewright show x.png | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CUT_OFF
    return status if isinstance(status, int) else 0


class _Warnings(logging.Handler):
    """Prints log records as warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one warning."""
        print(f"warning: {make_printable(record.getMessage())}", file=sys.stderr)


def _show_warnings() -> None:
    """Print the warnings of the package; a second call has no effect."""
    log = logging.getLogger("facewright")
    if not any(isinstance(handler, _Warnings) for handler in log.handlers):
        log.addHandler(_Warnings(logging.WARNING))


def build_app() -> App:
    """Return the app with all commands, whose functions are imported on use."""
    app = App(
        name="facewright",
        version=__version__,
        help_format="plaintext",  # to draw Markdown would take as long as all the rest
        help_formatter=HelpPrinter(),
        help="Make faces of people who don't exist, and work on faces one has the right to use.",
        config=(read_options_file, Env("FACEWRIGHT_", show=False)),
        default_parameter=Parameter(
            short_alias=_shorten, negative_iterable=(), show_default=_show_default
        ),
        suppress_keyboard_interrupt=False,
    )
    groups = {name: App(name=name, help=line) for name, line in GROUPS.items()}
    for place, command in enumerate((*COMMANDS, *BULK)):
        *group, name = command.name.split()
        parent = groups[group[0]] if group else app
        path = f"facewright.cli.adapt:{command.name.replace(' ', '_')}"
        parent.command(path, name=name, help=command.help, sort_key=place)
        for word in group:
            if word not in app:
                app.command(groups[word])
    return app


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether an error means that memory is full; PyTorch has a class for GPUs only."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or "can't allocate memory" in str(
        error
    )


def _show_default(value: object) -> str | None:
    """Return the text of a default in the help; None for an empty one."""
    return None if value is None or value == () else str(value)


def _shorten(field: FieldInfo, _taken: frozenset[str]) -> str | None:
    """Return the letter of an option that has a short form."""
    return _LETTERS.get(field.name)


def _complain(message: str, hint: str, status: int) -> int:
    """Print an error and its hint."""
    print(f"error: {make_printable(message)}", file=sys.stderr)
    if hint:
        print(f"hint: {make_printable(hint)}", file=sys.stderr)
    return status
