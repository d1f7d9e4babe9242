"""Read what a command takes from the signature of its function: the one source of its options."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Collection
from dataclasses import dataclass, is_dataclass
from typing import Any, get_args

from facewright.jobs.table import COMMANDS, Command

_NAMED = re.compile(r"`([a-z_]+)`|\b([a-z_]+)=")  # a field in the text of an error
_FROM_CALLERS = {"progress", "viewer", "return"}  # not for users: whoever calls gives them
MISSING = inspect.Parameter.empty
"""Default of required arguments."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the function behind a command."""

    name: str
    hint: Any
    """Its type, resolved."""
    default: Any
    options: type[Any] | None
    """The dataclass whose fields are options; None for other types."""
    named: bool
    """Whether it is given by name: an option, not an input."""


def find_command(name: str) -> Command | None:
    """Return the row of a command by its name, also with "-" or "_" instead of spaces."""
    wanted = name.replace("-", " ").replace("_", " ")
    return next((command for command in COMMANDS if command.name == wanted), None)


def read_arguments(task: Callable[..., Any]) -> list[Argument]:
    """Return what a user gives to the function behind a command, with types resolved."""
    wanted = {name: a for name, a in task.__annotations__.items() if name not in _FROM_CALLERS}
    holder = type("Holder", (), {"__annotations__": wanted})  # the others need not be importable
    hints = typing.get_type_hints(holder, globalns=task.__globals__, include_extras=True)
    found = []
    for parameter in inspect.signature(task).parameters.values():
        if parameter.name in _FROM_CALLERS:
            continue
        hint = hints[parameter.name]
        kinds = [part for part in (hint, *get_args(hint)) if is_dataclass(part)]
        named = bool(kinds) or parameter.kind is inspect.Parameter.KEYWORD_ONLY
        options: Any = kinds[0] if kinds else None
        found.append(Argument(parameter.name, hint, parameter.default, options, named))
    return found


def explain(error: Exception, options: Collection[str] = ()) -> tuple[str, str, str]:
    """Return the message of an error, what to do, and the field that it is about, for a form.

    Args:
        error: The error.
        options: Names of those that the error may name, as `size` or size=3.
    """
    said = str(error)
    name = getattr(error, "field", "")
    if not name:
        named = ((one or other).rstrip("_") for one, other in _NAMED.findall(said))
        name = next((one for one in named if one in options), "")
    return said, getattr(error, "hint", ""), name
