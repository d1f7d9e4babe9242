"""Call commands with values from JSON, and write the call as a command line or Python."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from facewright.errors import FileError, InputError, OptionError
from facewright.jobs.checks import check_options
from facewright.jobs.interface.forms import (
    DESTINATIONS,
    WRITTEN,
    Form,
    Option,
    find_optional,
    is_union,
    walk_fields,
)
from facewright.jobs.interface.signature import MISSING, Argument, read_arguments
from facewright.jobs.table import Command
from facewright.types import Json

if TYPE_CHECKING:
    from facewright.hub.store import Progress

Inputs = Mapping[str, Sequence[str]]
"""Name of an input → paths, seeds or names."""
Values = Mapping[str, Json]
"""Name of an option → its value, as JSON."""

_FILES: Mapping[str, tuple[str, str]] = {
    "mix": ("mix.png", "mix.png"),
    "interpolate": ("walk.mp4", "walk.mp4"),
    "restyle": ("restyled.png", "restyled.png"),
    "edit": ("edited.png", "edited.png"),
    "swap": ("swapped.png", "swapped.mp4"),
    "morph": ("morph.mp4", "morph.mp4"),
    "toonify": ("toon.png", "toon.mp4"),
    "models import": ("imported.safetensors", "imported.safetensors"),
    "models breed": ("bred.safetensors", "bred.safetensors"),
    "models export": ("exported.safetensors", "exported.safetensors"),
    "models compare": ("snapshots.png", "snapshots.png"),
    "prepare": ("dataset.zip", "dataset.zip"),
    "audit": ("audit.png", "audit.png"),
}
"""Command → the file that it writes, of pictures and of clips; others write to a folder."""
_ONE_EACH = frozenset({"swap", "toonify"})
"""Commands that write a folder where there is more than one picture or clip."""


def name_output(form: Form, inputs: Inputs, values: Values) -> str:
    """Return the name of the file that a command writes.

    Args:
        form: Form of the command.
        inputs: Paths, seeds or names.
        values: Options; `out` among them is a name without a folder.

    Returns:
        A name without a folder; empty for a folder of results.

    Raises:
        OptionError: `out` is a path, not a name.
    """
    from facewright.files import is_archive
    from facewright.media.formats import find_kind

    named = next((values[key] for key in DESTINATIONS if values.get(key)), "")
    if named:
        return _read_bare(named, "out")
    sources = [name for names in inputs.values() for name in names]
    if form.name == "remake" and sources:
        return f"remade{Path(sources[0]).suffix.lower()}"
    given = inputs.get(form.inputs[-1].name, ()) if form.inputs else ()
    if form.name in _ONE_EACH and (len(given) > 1 or any(is_archive(Path(one)) for one in given)):
        return ""
    moves = bool(sources) and find_kind(Path(sources[-1])) == "clip"
    return _FILES.get(form.name, ("", ""))[moves]


def place_outputs(form: Form, inputs: Inputs, values: Values, folder: str) -> dict[str, Json]:
    """Return options with all destinations placed in a folder.

    Args:
        form: Form of the command.
        inputs: Paths, seeds or names.
        values: Options; names of files among them are without a folder.
        folder: Folder of the results.

    Raises:
        OptionError: A name is a path.
    """
    placed = dict(values)
    for option in DESTINATIONS:
        if form.find_option(option):
            placed[option] = str(Path(folder) / name_output(form, inputs, values))
    for option in WRITTEN:
        if placed.get(option):
            placed[option] = str(Path(folder) / _read_bare(placed[option], option))
    return placed


def _read_bare(named: Json, option: str) -> str:
    """Return the name of a file without a folder.

    Raises:
        OptionError: It is something else.
    """
    if not isinstance(named, str) or named in (".", "..") or {"/", "\\", "\0"} & set(named):
        raise OptionError(f"`{named}` is no name of a file", option, hint="such as face.png")
    return named


def bind(command: Command, form: Form, inputs: Inputs, values: Values) -> Callable[..., Any]:
    """Return a function that runs a command, which takes `progress` where the command reports it.

    Args:
        command: The command, from the table.
        form: Form of the command.
        inputs: Paths, seeds or names.
        values: Options. A `pathlib.Path` counts as text.

    Raises:
        OptionError: A value has the wrong type, or is unknown or missing.
        InputError: Values contradict each other.
    """
    check_inputs(form, inputs)
    unknown = [name for name in values if form.find_option(name) is None and name != "overwrite"]
    if unknown:
        known = ", ".join(option.name for option in form.options)
        raise OptionError(f"there is no option `{unknown[0]}`", unknown[0], hint=f"one of: {known}")
    values = _add_paths(form, inputs, values)
    task = command.load()
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for argument in read_arguments(task):
        if argument.options is not None:
            options = _build_options(argument.options, form, values)
            check_options(options)
            named[argument.name] = options
        elif argument.named:
            option = form.find_option(argument.name)
            if argument.name in values or (option and option.required):
                named[argument.name] = _read_value(argument.hint, option, values)
        else:
            positional += _read_input(argument, inputs)

    def call(progress: Progress | None = None) -> Any:
        if "progress" in task.__annotations__:
            return task(*positional, **named, progress=progress)
        return task(*positional, **named)

    return call


def _add_paths(form: Form, inputs: Inputs, values: Values) -> Values:
    """Return options with those that are inputs."""
    return {
        **values,
        **{one.name: inputs[one.name][0] for one in form.paths if inputs.get(one.name)},
    }


def check_consent(form: Form, said: Json, shown: Sequence[str]) -> None:
    """Raise OptionError if a real person may be shown and no consent is given.

    Args:
        form: Form of the command.
        said: Who agreed to what; None or empty without consent.
        shown: The files that show people.
    """
    from facewright.pipelines.consent import resolve_consent

    if form.consent != "ask":
        return
    try:
        resolve_consent(form.name, said if isinstance(said, str) else None, shown)
    except FileError:
        raise
    except InputError as error:
        raise OptionError(
            f"somebody real may be shown, and nobody said that they agreed; {form.asks_for}",
            "consent",
            hint='say who agreed to what; "self" if it is you, "generated" if nobody in it exists',
        ) from error


def check_inputs(form: Form, inputs: Inputs) -> None:
    """Raise OptionError unless there are as many of each input as a command takes."""
    known = {one.name for one in form.inputs}
    unknown = [name for name in inputs if name not in known]
    if unknown:
        hint = f"it takes: {', '.join(known)}" if known else "it takes none"
        raise OptionError(f"`{form.name}` takes no `{unknown[0]}`", unknown[0], hint=hint)
    for one in form.inputs:
        count = len(inputs.get(one.name, ()))
        if count < one.minimum:
            hint = f"it takes: {', '.join(one.kinds)}"
            raise OptionError(f"`{one.name}` is missing", one.name, hint=hint)
        if one.maximum is not None and count > one.maximum:
            raise OptionError(f"`{one.name}` takes {one.maximum}, not {count}", one.name)


def write_command_line(form: Form, inputs: Inputs, values: Values) -> str:
    """Return the command line that does the same."""
    words = ["facewright", *form.name.split()]
    words += [name for one in form.inputs if not one.flag for name in inputs.get(one.name, ())]
    values = _add_paths(form, inputs, values)
    for option in (*form.paths, *form.options):
        value = values.get(option.name, option.default)
        if value == option.default or value is None:
            continue
        if option.type == "bool":
            words.append(option.flag if value else f"--no-{option.flag[2:]}")
            continue
        if option.type == "mapping":
            pairs = [str(one).partition("=") for one in _list(value)]
            words += [word for key, _, one in pairs for word in (f"{option.flag}.{key}", one)]
            continue
        several = value if isinstance(value, list | tuple) else [value]
        words += [word for one in several for word in (option.flag, str(one))]
    return shlex.join(words)


def write_python(command: Command, form: Form, inputs: Inputs, values: Values) -> str:
    """Return the lines of Python that do the same."""
    module, _, name = command.function.partition(":")
    task, values = command.load(), _add_paths(form, inputs, values)
    imported, given, uses_path = [name], [], False
    for argument in read_arguments(task):
        if argument.options is not None:
            fields = _write_fields(argument.options, form, values)
            uses_path |= any("Path(" in text for text in fields)
            given.append(f"{argument.name}={argument.options.__name__}({', '.join(fields)})")
            imported.append(argument.options.__name__)
        elif argument.named and argument.name in values:
            kind, _ = find_optional(argument.hint)
            text = _write_value(kind, values[argument.name])
            uses_path |= text.startswith("Path(")
            given.append(f"{argument.name}={text}")
        elif not argument.named and (read := _read_input(argument, inputs)):
            text = repr(read[0]) if not isinstance(read[0], Path) else f"Path({str(read[0])!r})"
            uses_path |= isinstance(read[0], Path)
            given.append(text.replace("PosixPath(", "Path("))
    homes = {kind.__name__: kind.__module__ for kind in _list_classes(task)}
    lines = ["from pathlib import Path", ""] if uses_path or "Path(" in str(given) else []
    for home in sorted({module, *homes.values()}):
        names = sorted(n for n in imported if homes.get(n, module) == home)
        lines.append(f"from {home} import {', '.join(names)}")
    return "\n".join([*lines, "", f"{name}({', '.join(given)})", ""])


def _list_classes(task: Callable[..., Any]) -> list[type[Any]]:
    """Return the dataclasses of options that the function behind a command takes."""
    return [one.options for one in read_arguments(task) if one.options is not None]


def _write_fields(options: type[Any], form: Form, values: Values) -> list[str]:
    """Return the arguments of a dataclass of options, as Python has them."""
    found = []
    for one, hint in walk_fields(options):
        name = one.name.rstrip("_")
        option = form.find_option(name)
        if option is None or name not in values or values[name] == option.default:
            continue
        kind, _ = find_optional(hint)
        found.append(f"{one.name}={_write_value(kind, values[name])}")
    return found


def _write_value(kind: Any, value: Json) -> str:
    """Return a value as Python has it."""
    if kind is Path and value is not None:
        return f"Path({str(value)!r})"
    if get_origin(kind) is dict:
        return repr(_read_mapping(kind, value))
    if isinstance(value, list):
        return repr(tuple(value))
    return repr(_read_text(kind, value) if is_union(kind) else value)


def _build_options(options: type[Any], form: Form, values: Values) -> Any:
    """Return the options of a command, nested ones too."""
    hints, given = get_type_hints(options), {}
    for name, hint in hints.items():
        kind, _ = find_optional(hint)
        if is_dataclass(kind) and name in options.__dataclass_fields__:
            given[name] = _build_options(kind, form, values)  # type: ignore[arg-type]
            continue
        public = name.rstrip("_")
        option = form.find_option(public)
        if public in values and (option is not None or public == "overwrite"):
            given[name] = _read_value(hint, option, values)
        elif option is not None and option.required:
            raise OptionError(f"`{public}` is missing", public, hint=option.help)
    return options(**given)


def _read_value(hint: Any, option: Option | None, values: Values) -> Any:
    """Return the value of an option as its type wants it.

    Raises:
        OptionError: It is of another kind.
    """
    if option is None:
        return values["overwrite"]
    if option.name not in values:
        raise OptionError(f"`{option.name}` is missing", option.name, hint=option.help)
    value, (kind, optional) = values[option.name], find_optional(hint)
    if value is None and optional:
        return None
    read = _READERS[option.type](kind, value)
    if read is MISSING:
        hint = f"it takes: {', '.join(_list_words(kind) or [option.type])}"
        raise OptionError(f"`{option.name}` is not {value!r}", option.name, hint=hint)
    return read


def _read_list(kind: Any, value: Json) -> Any:
    """Return a tuple or list of text or numbers."""
    part = next((one for one in get_args(kind) if one is not Ellipsis), str)
    if not isinstance(value, list) or not all(isinstance(one, int | float | str) for one in value):
        return MISSING
    made = [part(one) if part in (int, float, str) else str(one) for one in value]
    return made if get_origin(kind) is list else tuple(made)


def _read_mapping(kind: Any, value: Json) -> Any:
    """Return a dictionary from KEY=VALUE words."""
    part = get_args(kind)[1]
    pairs = [str(one).partition("=") for one in _list(value)]
    try:
        return {key.strip(): part(one) for key, _, one in pairs}
    except ValueError:
        return MISSING


def _list(value: Json) -> list[Any]:
    """Return a list as it is, and any other value as the only one of a list."""
    return value if isinstance(value, list) else [value]


def _read_text(kind: Any, value: Json) -> Any:
    """Return a text, or what it says where a union allows a number or one of some words too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
        return MISSING
    if not is_union(kind):
        return str(value)
    number = _parse(value)
    for part in get_args(kind):
        if part in (int, float) and (read := _read_number(part, number)) is not MISSING:
            return read
    return str(value) if str in get_args(kind) or value in _list_words(kind) else MISSING


def _list_words(kind: Any) -> list[str]:
    """Return the words of a literal, and the words and types of a union.

    >>> _list_words(int | Literal["auto"])
    ['int', 'auto']
    """
    if not is_union(kind):
        return list(map(str, get_args(kind))) if get_origin(kind) is Literal else []
    return [w for part in get_args(kind) for w in _list_words(part) or [part.__name__]]


def _parse(value: str | float) -> str | float:
    """Return the number that a text stands for, and any other text as it is."""
    for kind in (int, float):
        try:
            return kind(value) if isinstance(value, str) else value
        except ValueError:
            continue
    return value


def _read_number(kind: Any, value: Json) -> Any:
    """Return a whole number or a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return MISSING
    if kind is int:
        return int(value) if value == int(value) else MISSING
    return float(value)


_READERS: Mapping[str, Callable[[Any, Json], Any]] = {
    "bool": lambda _, value: value if isinstance(value, bool) else MISSING,
    "int": _read_number,
    "float": _read_number,
    "text": _read_text,
    "choice": lambda kind, value: value if value in get_args(kind) else MISSING,
    "path": lambda _, value: Path(value) if isinstance(value, str | Path) else MISSING,
    "list": _read_list,
    "mapping": _read_mapping,
}
"""Type of an option → how its value is read; MISSING is of the wrong kind."""


def _read_input(argument: Argument, inputs: Inputs) -> list[Any]:
    """Return the positional argument that inputs come to; none if it has a default."""
    kind, _ = find_optional(argument.hint)
    several = get_origin(kind) in (list, tuple)
    part = next(iter(get_args(kind)), str) if several else kind
    names = argument.name.split("_and_") if several else [argument.name]
    found = [part(one) for name in names for one in inputs.get(name, ())]
    if several:
        return [found]
    if not found and argument.default is not MISSING:
        return []
    return found[:1]
