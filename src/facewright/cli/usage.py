"""Help texts and usage errors of commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cyclopts import CycloptsError, MissingArgumentError

from facewright.jobs.table import BULK, COMMANDS, Command

if TYPE_CHECKING:
    from cyclopts.help import DefaultFormatter, HelpPanel
    from rich.console import Console, ConsoleOptions

_FIRST_SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Examples):$", re.MULTILINE)


def describe_use(command: Command) -> str:
    """Return the text below the options in the help of a command.

    Args:
        command: The command, whose function has a docstring, and examples.

    Returns:
        The description in the docstring, without its first line, which is in the help already; then
        the examples.
    """
    told = _FIRST_SECTION.split(inspect.getdoc(command.load()) or "")[0]
    paragraphs = [" ".join(one.split()) for one in told.split("\n\n")[1:] if one.strip()]
    examples = command.list_examples()
    if examples:
        paragraphs += ["Examples:", "\n".join(f"    {line}" for line in examples)]
    return "\n\n".join(paragraphs)


class HelpPrinter:
    """Prints help as cyclopts does, but with lines as long as there is room for.

    What cyclopts prints with is loaded once somebody asks for help.
    """

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print the options of a command, whose texts have lines as in the source."""
        for entry in panel.entries:
            text = getattr(entry.description, "primary_renderable", None)
            if text is not None:
                text.plain = " ".join(text.plain.split())
        self._formatter(console, options, panel)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """Print the line that says how a command is written."""
        self._formatter.render_usage(console, options, usage)

    def render_description(self, console: Console, options: ConsoleOptions, told: Any) -> None:
        """Print what a command is for."""
        self._formatter.render_description(console, options, told)

    @cached_property
    def _formatter(self) -> DefaultFormatter:
        from cyclopts.help import DefaultFormatter

        return DefaultFormatter()


def explain_usage(error: CycloptsError) -> tuple[str, str]:
    """Explain a usage error.

    Args:
        error: An error of cyclopts.

    Returns:
        The message, and a hint.
    """
    argument = error.argument
    if argument is None or not isinstance(error, MissingArgumentError):
        return str(error), "`facewright COMMAND --help` lists its options"
    name, chain = error.keyword or argument.name, error.command_chain or ()
    told = _find_help(error, argument.name)
    message = f"`facewright {' '.join(chain)}` needs {name}"
    if error.keyword or argument.tokens:
        message = f"{name} needs a value behind it"
    return message, _join(f"{name}: {told}" if told else "", _find_example(chain))


def _find_help(error: MissingArgumentError, name: str) -> str:
    """Return the help of an argument of a command."""
    if error.app is None or error.app.default_command is None:
        return ""
    known = error.app.assemble_argument_collection(parse_docstring=True)
    told = (one.parameter.help or "" for one in known if one.name == name)
    return " ".join(next(told, "").split())


def _find_example(chain: Sequence[str]) -> str:
    """Return an example of a command."""
    command = next((one for one in (*COMMANDS, *BULK) if one.name == " ".join(chain)), None)
    examples = command.list_examples() if command else []
    return f"such as `{examples[0]}`" if examples else ""


def _join(*parts: str) -> str:
    """Join the non-empty parts of a hint, one per line."""
    return "\n      ".join(part for part in parts if part)
