"""Convert a manifest back to the call of its command: function, options, files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from facewright.errors import FacewrightError, FileError, InputError, WeightsError
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import known_cards
from facewright.jobs.interface.signature import Argument, find_command, read_arguments
from facewright.jobs.table import COMMANDS
from facewright.live.recording import SECOND
from facewright.media.camera import PREFIX as CAMERA
from facewright.pipelines.draw.latents import is_seed, read_person
from facewright.pipelines.weights import WEIGHTS_VARIABLE, hash_weights
from facewright.provenance.manifest import format_seeds
from facewright.provenance.publish import STOPPED_AFTER
from facewright.types import Manifest

ROLES = ("face", "style", "body", "pictures", "picture", "photo")
"""Parameters of a manifest that name files or seeds, in the order in which a command takes them."""

FOUND = frozenset({"candidates", "threads"})
"""Parameters that say what came of the others, or how it was computed."""

_CAMERA = "what a camera saw"
_UNREPEATABLE = {STOPPED_AFTER: "a clip that someone ended early", SECOND: _CAMERA}
"""Parameters of results that cannot be repeated, since they depend on a user or a camera."""

_FIELDS = {
    "with": "with_",
    "character": "style",
    "psi": "truncation_psi",
    "calm": "temporal_smoothing",
}
"""Parameters whose options have another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Present locations of files and weights."""

    folders: tuple[Path, ...]
    """Where files are looked for by their names."""
    sources: tuple[Path, ...] = ()
    """Files that went in, whatever they are called now, or folders of them."""
    weights: str | None = None
    """Weights by name or file; None looks for them by the names that are recorded."""


@dataclass(frozen=True, slots=True)
class Call:
    """The call that makes a file again."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    options: Any


def restore_call(
    manifest: Manifest, out: Path, places: Places, *, device: str | None, overwrite: bool
) -> Call:
    """Convert a manifest back to the call of its command.

    Args:
        manifest: Of the file.
        out: Where the new file goes.
        places: Where its sources and weights are now.
        device: Where to compute; None is the type of device that the manifest names.
        overwrite: Replace a file that is there.

    Raises:
        InputError: The command cannot be done again.
        FileError: The manifest is damaged, or a source is missing, or is another file now.
        WeightsError: The weights are not there any more, or are other ones now.
    """
    function, arguments = _find_function(manifest)
    kind = next(one.options for one in arguments if one.options)
    values = read_options(manifest, kind)
    known = {one.name for one in fields(kind)}
    if "refiner" in known:  # what was made before there were any was made without
        values.setdefault("refiner", "none")
    if device is not None:
        values["device"] = device
    values |= {name: _find_again(manifest, name, values[name], places) for name in values}
    inputs = _find_inputs(manifest, known, arguments, places)
    try:
        return Call(function, inputs, kind(**values, out=out, overwrite=overwrite))
    except TypeError as error:
        raise FileError(f"the manifest is incomplete: {error}") from error


def _find_function(manifest: Manifest) -> tuple[Callable[..., Any], list[Argument]]:
    """Return the function of a command, and what it takes."""
    command = find_command(manifest.task)
    if command is None or not command.repeatable:
        known = ", ".join(one.name for one in COMMANDS if one.repeatable)
        raise InputError(
            f"a file made by `{manifest.task}` cannot be made again on its own",
            hint=f"those of {known} can",
        )
    for name, what in _UNREPEATABLE.items():
        if name in manifest.parameters:
            raise InputError(f"{what} cannot be made again", hint="its source can be taken again")
    function = command.load()
    return function, read_arguments(function)


def read_options(manifest: Manifest, kind: type[Any]) -> dict[str, Any]:
    """Return the values of a command's options, as a manifest records them.

    Args:
        manifest: Of a file that the command made.
        kind: The dataclass of its options.

    Raises:
        FileError: There are parameters that are no options of the command, or of another type.
    """
    known, hints = {one.name for one in fields(kind)}, get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, value in manifest.parameters.items():
        field = _FIELDS.get(name, name)
        if name not in FOUND and not (field not in known and name in ROLES):
            values[field] = tuple(value) if isinstance(value, list) else value
    if "consent" in known:
        values["consent"] = manifest.consent or None
    if "seeds" in known:
        values["seeds"] = format_seeds(manifest.seeds)
    if "seed" in known and manifest.seeds:
        values["seed"] = manifest.seeds[0]
    if manifest.device:
        values["device"] = manifest.device.partition(":")[0]  # without the name of a GPU
    wrong = [k for k, v in values.items() if k not in known or not _fits(v, hints[k])]
    if wrong:
        raise FileError(
            f"the manifest has parameters that are not understood: {', '.join(wrong)}",
            hint="a newer version of facewright may have written it",
        )
    return values


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value out of a file is what an option takes."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        return isinstance(value, tuple) and all(isinstance(part, str) for part in value)
    kinds = (float, int) if hint is float else hint
    return isinstance(value, kinds) and isinstance(value, bool) <= (hint is bool)


def _find_again(manifest: Manifest, field: str, value: Any, places: Places) -> Any:
    """Return the value of an option; where it names weights or a file, where these are now."""
    if not isinstance(value, str):
        return value
    name, colon, rest = value.partition(":")
    if value in manifest.models:
        value = find_weights(manifest, value, places.weights)
    elif colon and name in manifest.models:  # the way of a translator
        value = f"{find_weights(manifest, name, places.weights)}:{rest}"
    elif field == "weights":  # a name that is not on record may be a path of somebody else
        return None if manifest.sources else find_weights(manifest, value, places.weights)
    elif f"{field}/{value}" in manifest.sources:
        value = str(find_source(manifest, field, value, places))
    elif colon and f"{name}/{rest}" in manifest.sources:  # such as like:me.jpg
        value = f"{name}:{find_source(manifest, name, rest, places)}"
    return value


def _find_inputs(
    manifest: Manifest, known: set[str], arguments: Sequence[Argument], places: Places
) -> tuple[Any, ...]:
    """Return the arguments of a command that are no options: seeds, and files where they are."""
    taken = [one for one in arguments if not one.named]
    found: list[Any] = []
    for role in (role for role in ROLES if role not in known):
        named = manifest.parameters.get(role)
        for number, name in enumerate(named if isinstance(named, list) else [named], 1):
            if not isinstance(name, str):
                continue
            if name.startswith(CAMERA):
                raise InputError(f"{_CAMERA} cannot be made again")
            prefix = str(number) if role == "pictures" else role
            seed = is_seed(name) and read_person(name)[0] in manifest.seeds
            found.append(name if seed else str(find_source(manifest, prefix, name, places)))
    if taken and not found and not manifest.seeds:
        raise InputError(f"{_CAMERA} cannot be made again")
    if len(taken) == 1 and _is_list(taken[0].hint):
        return (found,)
    if len(taken) != len(found):
        raise FileError("the manifest is incomplete: it does not name all that went in")
    return tuple(found)


def _is_list(hint: Any) -> bool:
    """Return whether an argument takes several files."""
    return any(get_origin(part) is list for part in (hint, *get_args(hint)))


def find_source(manifest: Manifest, role: str, name: str, places: Places) -> Path:
    """Find a file that went in, or a folder of references, by its content.

    Args:
        manifest: Names it, and has its sha256.
        role: What it was to the command.
        name: What it was called.
        places: Where to look.

    Raises:
        FileError: It is nowhere, or is another file now.
    """
    prefix = f"{role}/"
    recorded = {
        key.removeprefix(prefix): sha256
        for key, sha256 in manifest.sources.items()
        if key.startswith(prefix)
    }
    for path in places.sources:
        if path.is_file() and file_sha256(path) == recorded.get(name):
            return path
    named = [path for path in places.sources if path.is_dir()]
    candidates = [folder / Path(name).name for folder in (*named, *places.folders)]
    for path in (*candidates, *named):
        wanted = {path / key if path.is_dir() else path: recorded[key] for key in recorded}
        if wanted and all(p.is_file() and file_sha256(p) == s for p, s in wanted.items()):
            return path
    raise FileError(
        f"`{name}` is missing, or is not the file any more that went in",
        hint=f"put it into {places.folders[0]}, or say where it is: --source PATH",
    )


def find_weights(manifest: Manifest, recorded: str, named: str | None) -> str:
    """Return the weights that made a file: those that are named now, or where they may be.

    Args:
        manifest: Of the file.
        recorded: The name in the manifest. Names of the catalog count, paths do not.
        named: The weights that the user names.

    Raises:
        WeightsError: They are not known, or are other ones now.
    """
    wanted = manifest.models.get(recorded, "")
    hint = f"say where the weights with the sha256 {wanted} are: --weights FILE"
    if named is not None and hash_weights(named) == wanted:
        return named
    tried = []
    for place in (
        recorded if recorded in known_cards() else None,
        os.environ.get(WEIGHTS_VARIABLE),
    ):
        if place is None:
            continue
        try:
            found = hash_weights(place)
        except FacewrightError as error:
            tried.append(str(error))
            continue
        if found == wanted:
            return place
        tried.append(f"`{place}` are others now")
    reasons = f" ({'; '.join(tried)})" if tried else ""
    raise WeightsError(
        f"the weights `{recorded}` that made this file are not known{reasons}", hint=hint
    )


def check_weights(named: str, models: Mapping[str, str]) -> None:
    """Raise WeightsError unless weights are among those that made a file: name → sha256."""
    if (found := hash_weights(named)) not in models.values():
        known = ", ".join(f"{name} {sha256}" for name, sha256 in models.items())
        raise WeightsError(
            f"the weights `{named}` are not those that made this file: sha256 {found}",
            hint=f"it was made with {known}",
        )
