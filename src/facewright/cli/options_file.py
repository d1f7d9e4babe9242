"""Options from a TOML file (`--options`), and short names of options."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from facewright.errors import FileError
from facewright.jobs.table import BULK, COMMANDS

NAME = "--options"

_SHORT = {"psi": "truncation-psi", "calm": "temporal-smoothing"}


def spell_out(word: str) -> str:
    """Return a word of the command line with the full name of its option.

    Example:
        >>> spell_out("--psi=0.5")
        '--truncation-psi=0.5'
    """
    name, equals, value = word.partition("=")
    full = _SHORT.get(name.removeprefix("--")) if name.startswith("--") else None
    return f"--{full}{equals}{value}" if full else word


def read_options_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in options that the command line leaves out from the file of `--options`.

    The file contains the names of options as on the command line, without leading dashes:
    `kimg = 800`.

    Raises:
        FileError: There is no such file, or it is not TOML.
    """
    tokens = next((argument.tokens for argument in arguments if NAME in argument.names), [])
    if not tokens:
        return
    path = Path(tokens[0].value)
    if not path.is_file():
        raise FileError(f"there is no file {path}", hint=f"{NAME} names a TOML file")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # a place in the file is part of the message
        raise FileError(
            f"{path} is not TOML: {error}", hint="lines such as `psi = 0.5` or `seeds = '1-3'`"
        ) from error
    command = next((one for one in (*COMMANDS, *BULK) if one.name == " ".join(commands)), None)
    told = command.rename(told) if command else told
    options = {_SHORT.get(name, name): value for name, value in told.items()}
    Dict(options, use_commands_as_keys=False, source=str(path))(app, commands, arguments)
