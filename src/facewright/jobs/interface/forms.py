"""The inputs and options of commands as data: what forms, OpenAPI and checks are made from."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from docstring_parser import parse, parse_from_object

from facewright.jobs.checks import RULES, Rule, find_rule
from facewright.jobs.interface.signature import MISSING, Argument, read_arguments
from facewright.jobs.table import COMMANDS, Command
from facewright.provenance.policy import POLICIES
from facewright.types import Json

OptionType: TypeAlias = Literal["bool", "int", "float", "text", "choice", "path", "list", "mapping"]
InputKind: TypeAlias = Literal["image", "clip", "latents", "seed", "dataset", "file", "text"]

LIVE_ONLY = frozenset({"show", "port", "open", "live", "overwrite", "record"})
"""Options for terminals with a screen, which jobs do not have."""

DESTINATIONS = ("out", "outdir")
"""Options that name where results go; a job puts them into its own folder if they are missing."""

WRITTEN = ("crops", "features")
"""Options that name what is written beside the results; other paths are read, and are inputs."""

_GROUPS = frozenset({"draw", "photos", "datasets", "train", "models"})
_PAIR = "_and_"  # face_and_body: a list that begins with a face, and ends with a body
_WORDS: Mapping[InputKind, str] = {
    "image": r"pictures?|photos?",
    "clip": r"clips?",
    "latents": r"\.?latents",
    "seed": r"seed such as",
    "dataset": r"folders?|zip|library|archives|faces with 478 points",
    "file": r"a file|a bundle|that of the fine layers",
    "text": r"name that `facewright models list` shows|a name|that of the fine layers",
}
"""Kind of an input → the words by which its help names it."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a command: files, seeds or names."""

    name: str
    help: str
    minimum: int
    maximum: int | None
    """Largest number of values; None means any number."""
    kinds: tuple[InputKind, ...]
    flag: str = ""
    """Flag on the command line; empty for a positional argument."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command."""

    name: str
    flag: str
    """Flag on the command line."""
    type: OptionType
    choices: tuple[str, ...] | None
    default: Json
    minimum: float | None
    maximum: float | None
    required: bool
    help: str
    group: str
    """Heading under which the option is shown, in one line."""
    optional: bool = field(default=False)
    """Whether None is allowed."""


@dataclass(frozen=True, slots=True)
class Form:
    """Inputs, options and consent of one command."""

    name: str
    help: str
    group: str
    consent: Literal["ask", "record", "none"]
    asks_for: str
    """Why the command asks for consent, or why it does not."""
    inputs: tuple[Input, ...]
    options: tuple[Option, ...]
    prints: str
    paths: tuple[Option, ...] = ()
    """Options that name files to read, each of which is an input, too."""

    def find_option(self, name: str) -> Option | None:
        """Return an option by the name of its field."""
        return next((one for one in (*self.options, *self.paths) if one.name == name), None)


def list_forms() -> list[Form]:
    """Return the forms of all commands that can be run as jobs, in the order of the table."""
    return [read_form(command) for command in COMMANDS if is_job(command)]


def is_job(command: Command) -> bool:
    """Return whether a command can run as a job: it ends, and is not an interface itself."""
    return not command.function.startswith("facewright.studio.")


@cache
def read_form(command: Command) -> Form:
    """Return the inputs and options of a command."""
    task = command.load()
    helps = {one.arg_name: _join(one.description) for one in parse(task.__doc__ or "").params}
    inputs: list[Input] = []
    options: list[Option] = []
    for argument in read_arguments(task):
        if argument.options is not None:
            options += _list_options(argument.options)
        elif argument.named:
            options.append(_read_option(argument, helps.get(argument.name, "")))
        else:
            inputs += _read_inputs(argument, helps.get(argument.name, ""), inputs)
    paths = [one for one in options if _is_read(one)]
    inputs += [_name_path(one) for one in paths]
    policy = POLICIES.get(command.name)
    asks = "ask" if policy and policy.asks else "record"
    group = command.name.split()[0] if " " in command.name else _find_group(command)
    return Form(
        name=command.name,
        help=command.help,
        group=group,
        consent=asks if any(one.name == "consent" for one in options) else "none",  # type: ignore[arg-type]
        asks_for=policy.reason if policy else "",
        inputs=tuple(inputs),
        options=tuple(one for one in options if one.name not in LIVE_ONLY and one not in paths),
        prints=command.prints,
        paths=tuple(paths),
    )


def _is_read(option: Option) -> bool:
    """Return whether an option names a file that is read."""
    return option.type == "path" and option.name not in (*DESTINATIONS, *WRITTEN, *LIVE_ONLY)


def _name_path(option: Option) -> Input:
    """Return the input that an option with a path is."""
    kinds = _find_kinds(option.help)
    return Input(option.name, option.help, int(option.required), 1, kinds, option.flag)


def find_optional(hint: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it had it."""
    if is_union(hint):
        rest = tuple(part for part in get_args(hint) if part is not types.NoneType)
        return Union[rest], len(rest) < len(get_args(hint))  # noqa: UP007 - parts are not known here
    return hint, False


def is_union(hint: Any) -> bool:
    """Return whether a type is one of several."""
    return get_origin(hint) in (Union, types.UnionType)


def walk_fields(options: type[Any]) -> Iterator[tuple[Field[Any], Any]]:
    """Yield the fields of a dataclass of options with their types, those of nested ones too."""
    hints = get_type_hints(options)
    for one in fields(options):
        kind, _ = find_optional(hints[one.name])
        if is_dataclass(kind):
            yield from walk_fields(kind)  # type: ignore[arg-type]
        else:
            yield one, hints[one.name]


def _find_group(command: Command) -> str:
    """Return what commands are listed under: the folder that their function lies in."""
    folder = command.function.partition(":")[0].split(".")[-2]
    return folder if folder in _GROUPS else "other"


def _list_options(options: type[Any]) -> Iterator[Option]:
    """Yield an option for each field of a dataclass."""
    said = _read_docs(options)
    for one, hint in walk_fields(options):
        default: Any = MISSING
        if one.default is not NO_DEFAULT:
            default = one.default
        elif one.default_factory is not NO_DEFAULT:
            default = one.default_factory()
        text, group = said.get(one.name, ("", ""))
        yield _describe(one.name, hint, default, (text, group), find_rule(options, one.name))


def _read_docs(options: type[Any]) -> dict[str, tuple[str, str]]:
    """Return field → its help, and the summary of the class that declares it."""
    found: dict[str, tuple[str, str]] = {}
    for kind in reversed(options.__mro__[:-1]):
        if not is_dataclass(kind):
            continue
        about = (kind.__doc__ or "").partition("\n")[0]
        for said in parse_from_object(kind).params:
            found[said.arg_name] = (_join(said.description), about)
    hints = get_type_hints(options)
    for one in fields(options):
        nested, _ = find_optional(hints[one.name])
        if is_dataclass(nested):
            found |= _read_docs(nested)  # type: ignore[arg-type]
    return found


def _read_option(argument: Argument, text: str) -> Option:
    """Return the option for an argument that is given by name."""
    rule = RULES.get(argument.name)
    return _describe(argument.name, argument.hint, argument.default, (text, ""), rule)


def _describe(
    name: str, hint: Any, default: Any, said: tuple[str, str], rule: Rule | None
) -> Option:
    """Return an option as data."""
    text, group = said
    kind, optional = find_optional(hint)
    choices = tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else None
    numbers = _find_type(kind) in ("int", "float") and rule is not None
    return Option(
        name=name.rstrip("_"),
        flag=f"--{name.rstrip('_').replace('_', '-')}",
        type=_find_type(kind),
        choices=choices,
        default=None if default is MISSING else to_json(default),
        minimum=rule.least if numbers and rule and abs(rule.least) < 1e18 else None,
        maximum=rule.most if numbers and rule and rule.most < 1e18 else None,
        required=default is MISSING and name not in DESTINATIONS,
        help=text,
        group=group,
        optional=optional,
    )


def _find_type(kind: Any) -> OptionType:
    """Return the name of a type."""
    if get_origin(kind) is Literal:
        return "choice"
    if get_origin(kind) in (tuple, list):
        return "list"
    if get_origin(kind) is dict:
        return "mapping"
    names: Mapping[Any, OptionType] = {bool: "bool", int: "int", float: "float", Path: "path"}
    return names.get(kind, "text")


def to_json(value: Any) -> Json:
    """Return a default as JSON has it; a mapping as a list of KEY=VALUE."""
    if isinstance(value, dict):
        return [f"{key}={one}" for key, one in value.items()]
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _read_inputs(argument: Argument, text: str, before: Sequence[Input]) -> list[Input]:
    """Return the inputs that a positional argument is; `before` are those that come first."""
    kind, optional = find_optional(argument.hint)
    several = get_origin(kind) in (list, tuple)
    least = 0 if optional or argument.default is not MISSING else 1
    kinds = _find_kinds(f"{argument.name} {text}")
    if "likewise" in text.lower() and before:
        kinds = before[-1].kinds
    if several and _PAIR in argument.name:
        first, second = argument.name.split(_PAIR)
        helps = _split_help(text, second)
        return [Input(first, helps[0], 0, 1, kinds), Input(second, helps[1], least, None, kinds)]
    most = None if several and argument.name.endswith("s") else 1
    return [Input(argument.name, text, least, most, kinds)]


def _split_help(text: str, second: str) -> tuple[str, str]:
    """Return what a help text says about the first and about the second of a pair.

    >>> _split_help("FACE, then BODY. FACE is a picture. BODY is a clip.", "bodies")
    ('FACE is a picture.', 'BODY is a clip.')
    """
    name = re.sub("ies$", "y", second).upper()
    begins = re.compile(rf"(?:Then )?{name}\b")
    sentences = re.split(r"(?<=\.) (?=[A-Z])", text)
    about = " ".join(one for one in sentences if begins.match(one))
    rest = " ".join(one for one in sentences if not re.search(rf"\b{name}\b", one))
    return rest, about


def _find_kinds(text: str) -> tuple[InputKind, ...]:
    """Return what an input may be, by the words of its help."""
    found = (
        kind for kind, words in _WORDS.items() if re.search(rf"\b({words})\b", text, re.IGNORECASE)
    )
    return tuple(found) or ("text",)


def _join(text: str | None) -> str:
    """Return a help text as one line."""
    return " ".join((text or "").split())
