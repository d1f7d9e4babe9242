"""Convert functions to commands of the terminal: options from signatures, and printing."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from cyclopts import App, Parameter

from facewright.cli.options_file import NAME as OPTIONS_FILE
from facewright.cli.outcome import PRINTERS, print_json
from facewright.cli.usage import describe_use
from facewright.errors import FacewrightError
from facewright.jobs.interface.signature import MISSING, read_arguments
from facewright.jobs.table import BULK, COMMANDS, Command

_QUOTE = '"'
_FIELD = re.compile(
    r"`(?P<alone>[a-z_]+)`"
    r"|(?P<before>--[\w-]+ )?\b(?P<name>[a-z_]+)=(?P<value>\"[^\"]*\"|[\w.-]+)"
)
_BY_NAME = {command.name.replace(" ", "_"): command for command in (*COMMANDS, *BULK)}


def __getattr__(name: str) -> App:
    """Build a command when cyclopts first asks for it (PEP 562)."""
    if name not in _BY_NAME:
        raise AttributeError(f"no command is called `{name}`")
    command = _BY_NAME[name]
    app = App(name=command.name.split()[-1], help_epilogue=describe_use(command))
    app.default(_adapt(command))
    return app


def _adapt(command: Command) -> Callable[..., int]:
    """Return a function with the options of a task that also prints the outcome."""
    task = command.load()
    original = inspect.signature(task).parameters
    reports = "progress" in original

    def run(*positional: Any, **named: Any) -> int:
        if command.computes:
            _keep_memory()
        as_json, _ = named.pop("json", False), named.pop("options_file", None)
        key, marked = named.pop("signing_key", None), named.pop("watermark", True)
        if "viewer" in original:
            from facewright.cli.live import open_page

            named["viewer"] = open_page
        with _naming_flags(names), _signing_with(key), _marking(wanted=marked):
            if not reports:
                outcome = task(*positional, **named)
            else:
                with _progress_line() as progress:
                    outcome = task(*positional, **named, progress=progress)
        return print_json(outcome) if as_json else PRINTERS[command.prints](outcome)

    run.__name__, run.__doc__ = task.__name__, task.__doc__
    parameters = _list_parameters(task, as_data=command.data)
    names = {name for one in parameters for name in _name_options(one)}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def name_flags(text: str, options: Collection[str]) -> str:
    """Replace names of fields in an error message by options of the command line.

    Args:
        text: The message, with fields as `size`, or with a value, size=3.
        options: Names of the options that the command has.

    Example:
        >>> name_flags("`size` is 1 to 9; try smallest=12 or age=-1", {"size", "smallest"})
        '--size is 1 to 9; try --smallest 12 or age=-1'
    """

    def write(found: re.Match[str]) -> str:
        name, value = found["alone"] or found["name"], found["value"]
        if name.rstrip("_") not in options or found["before"]:
            return found[0]
        flag = f"--{name.rstrip('_').replace('_', '-')}"
        if value in (None, "True", "False"):
            return flag if value != "False" else flag.replace("--", "--no-")
        return f"{flag} {value}" if " " in value else f"{flag} {value.replace(_QUOTE, '')}"

    return _FIELD.sub(write, text)


@contextlib.contextmanager
def _naming_flags(options: Collection[str]) -> Iterator[None]:
    """Replace names of fields in errors by options of the command line."""
    try:
        yield
    except FacewrightError as error:
        error.args = (name_flags(str(error), options),)
        error.hint = name_flags(error.hint, options)
        raise


def _name_options(parameter: inspect.Parameter) -> Iterator[str]:
    """Yield the names of the options of a parameter."""
    parts = get_args(parameter.annotation) or (parameter.annotation,)
    if is_dataclass(parts[0]):
        yield from (one.name.rstrip("_") for one in fields(parts[0]))
    elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        yield parameter.name


@contextlib.contextmanager
def _progress_line() -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with the amount done and the total.

    The line is on standard error and disappears at the end; nothing is written if that is no
    terminal. A total of 0 means that it is unknown.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def _keep_memory() -> None:
    """Tune memory for networks on a CPU; PyTorch is imported only by commands that run some."""
    from facewright.device import keep_memory

    keep_memory()


@contextlib.contextmanager
def _signing_with(key: Path | None) -> Iterator[None]:
    """Sign results with a key that the user names, after checking it."""
    from facewright.provenance.credentials import KEY_VARIABLE, explain_unsigned

    if key is None and KEY_VARIABLE not in os.environ:
        yield
        return
    before = os.environ.get(KEY_VARIABLE)
    try:
        os.environ[KEY_VARIABLE] = str(key or before)
        explain_unsigned()
        yield
    finally:
        if before is None:
            del os.environ[KEY_VARIABLE]
        else:
            os.environ[KEY_VARIABLE] = before


def _marking(*, wanted: bool) -> contextlib.AbstractContextManager[None]:
    """Leave the watermark out of results, if the user says so."""
    if wanted:
        return contextlib.nullcontext()
    from facewright.provenance.marking import marking

    return marking(wanted=False)


def _list_parameters(task: Callable[..., Any], *, as_data: bool) -> list[inspect.Parameter]:
    """Return the parameters of a function for the command line, then those of printing."""
    found, has_options = [], False
    parameters = inspect.signature(task).parameters
    for argument in read_arguments(task):
        if argument.options is not None:
            has_options = True
            default = MISSING if argument.default is MISSING else argument.options()
            flat = Annotated[argument.options, Parameter(name="*")]  # type: ignore[name-defined]
            found.append(_keyword(argument.name, flat, default))
        else:
            placed = parameters[argument.name].replace(annotation=argument.hint)
            found.append(_name_less(placed))
    if has_options:
        told = "Read options from this TOML file; those on the command line come first."
        named = Annotated[Path | None, Parameter(name=OPTIONS_FILE, help=told)]
        found.append(_keyword("options_file", named, None))
        told = "Sign with the key in this PEM file, with its certificates; otherwise one's own."
        key = Annotated[Path | None, Parameter(name="--signing-key", help=told)]
        found.append(_keyword("signing_key", key, None))
        told = "Mark what is generated or altered invisibly; the manifest says if it is not."
        mark = Annotated[bool, Parameter(name="--watermark", help=told)]
        found.append(_keyword("watermark", mark, True))
    if as_data:
        flag = Annotated[bool, Parameter(negative=(), help="Print JSON.")]
        found.append(_keyword("json", flag, False))
    return found


def _name_less(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter without a name on the command line, if it is positional."""
    placed = parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    if placed and parameter.default is MISSING:
        return parameter.replace(kind=inspect.Parameter.POSITIONAL_ONLY)
    return parameter


def _keyword(name: str, hint: Any, default: Any = MISSING) -> inspect.Parameter:
    """Return a parameter that is given by name."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=hint)
