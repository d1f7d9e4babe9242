"""Make a file again from its manifest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from facewright.errors import FacewrightError, FileError, InputError, WeightsError
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.jobs.commands.draw.edit import EditOptions, edit_face
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.invert import InvertOptions, invert_photos
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.jobs.commands.draw.restyle import RestyleOptions, restyle_face
from facewright.jobs.commands.photos.convert import ConvertOptions, convert_pictures
from facewright.jobs.commands.photos.enhance import EnhanceOptions, enhance_pictures
from facewright.jobs.commands.photos.expressions import ExpressionOptions, read_expressions
from facewright.jobs.commands.photos.morph import MorphOptions, morph_pictures
from facewright.jobs.commands.photos.swap import SwapOptions, swap_faces
from facewright.live.recording import SECOND
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.photos.convert import read_direction
from facewright.pipelines.weights import WEIGHTS_VARIABLE, hash_weights
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.manifest import format_seeds
from facewright.provenance.marking import marking, was_marked
from facewright.provenance.publish import CLIPS, STOPPED_AFTER, read_manifest
from facewright.tasks.emoji.options import EmojiOptions
from facewright.tasks.emoji.pack import make_emoji
from facewright.tasks.ingredients import ROLES, find_ingredients
from facewright.tasks.toonifying.casting import ToonifyOptions
from facewright.tasks.toonifying.toonify import toonify_faces
from facewright.types import Manifest

TASKS: Mapping[str, tuple[type[Any], Callable[..., Any]]] = {
    "generate": (GenerateOptions, generate_faces),
    "mix": (MixOptions, mix_faces),
    "interpolate": (InterpolateOptions, interpolate_faces),
    "swap": (SwapOptions, swap_faces),
    "morph": (MorphOptions, morph_pictures),
    "enhance": (EnhanceOptions, enhance_pictures),
    "invert": (InvertOptions, invert_photos),
    "convert": (ConvertOptions, convert_pictures),
    "restyle": (RestyleOptions, restyle_face),
    "edit": (EditOptions, edit_face),
    "toonify": (ToonifyOptions, toonify_faces),
    "emoji": (EmojiOptions, make_emoji),
    "expressions": (ExpressionOptions, read_expressions),
}
"""The task that a manifest names → its options and its function."""

_NAMED = frozenset({"restyle", "edit", "toonify"})
"""Tasks that take each face by itself: a file or a seed."""
_FROM_FILES = _NAMED | {"swap", "morph", "enhance", "invert", "convert", "emoji"}
_FROM_FILES |= {"expressions"}
"""Tasks that take files, which lie beside the one that is made again, or in the current folder."""

_UNREPEATABLE = {STOPPED_AFTER: "a clip that someone ended early", SECOND: "what a camera saw"}
"""Parameters of manifests of what depends on somebody, or on the time of day."""

_FIELDS = {
    "with": "with_",
    "character": "style",
    "psi": "truncation_psi",
    "calm": "temporal_smoothing",
}
"""Parameters of manifests whose options have another name."""

_FOUND = frozenset({"candidates", "threads"})
"""Parameters of manifests that say what came of the others."""

Likeness = Literal["bytes", "pixels", "different"]


@dataclass(frozen=True, slots=True)
class Remade:
    """A file that was made again."""

    path: Path
    original: Path
    likeness: Likeness
    """What is the same as in the original: every byte but the signature, every pixel, or not even
    that."""
    reason: str = ""
    """What was different this time, where something was."""


def remake_file(
    file: Path,
    *,
    out: Path | None = None,
    weights: str | None = None,
    device: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Remade:
    """Make a file again from its manifest, bit for bit on the same type of device.

    Args:
        file: A picture or clip that Facewright wrote.
        out: Where to write; otherwise beside the file, with -remade in its name.
        weights: Where the weights are now; otherwise those of that name in the catalog, or those
            that `FACEWRIGHT_WEIGHTS` names. They must have the same sha256 as then.
        device: Where to compute: otherwise the same type of device as then.
        overwrite: Replace a file that is there already.
        progress: Called with how much is drawn.

    Returns:
        The new file, and whether it is the same.

    Raises:
        FileError: The file carries no manifest, or a damaged one, or what it was made of is not
            beside it any more, nor in the current folder.
        WeightsError: The weights are not there any more, or are other ones now.
        InputError: The task cannot be done again, or the new file is there already.
    """
    manifest = read_manifest(file)
    out = out or file.with_name(f"{file.stem}-remade{file.suffix}")
    if out.resolve() == file.resolve():
        raise InputError("a file is not remade in its own place", hint="name another with -o")
    _check_repeatable(manifest)
    options, perform = _restore(manifest, out, overwrite=overwrite)
    if manifest.task not in _FROM_FILES or getattr(options, "weights", None) in manifest.models:
        options = replace(options, weights=_find_weights(manifest, options.weights, weights))
    if manifest.task == "convert":
        options = replace(options, with_=_find_way(manifest, options.with_, weights))
    options = replace(options, device=device or options.device)
    if manifest.task in _FROM_FILES:
        options, files = find_ingredients(manifest, options, [file.parent, Path()])
        if not files and not manifest.seeds:
            raise InputError(f"{_UNREPEATABLE[SECOND]} cannot be made again")
        faces = files if manifest.task in _NAMED else [files]
        perform = partial(perform, *faces)
    with marking(wanted=was_marked(manifest)):
        perform(options=options, progress=progress)
    likeness = _compare(file, out)
    reason = "" if likeness == "bytes" else _explain(manifest, read_manifest(out))
    return Remade(out, file, likeness, reason)


def _check_repeatable(manifest: Manifest) -> None:
    """Raise if nothing that a manifest says makes a file again."""
    if manifest.task not in TASKS:
        raise InputError(
            f"a file made by `{manifest.task}` cannot be made again on its own",
            hint=f"those of {', '.join(TASKS)} can",
        )
    for name, what in _UNREPEATABLE.items():
        if name in manifest.parameters:
            raise InputError(f"{what} cannot be made again", hint="its source can be taken again")


def _restore(manifest: Manifest, out: Path, *, overwrite: bool) -> tuple[Any, Callable[..., Any]]:
    """Turn a manifest back into the options of its task."""
    kind, perform = TASKS[manifest.task]
    known = {field.name for field in fields(kind)}
    hints = get_type_hints(kind)
    values = {
        _FIELDS.get(k, k): tuple(v) if isinstance(v, list) else v
        for k, v in manifest.parameters.items()
        if k not in _FOUND and (k not in ROLES or manifest.task not in _FROM_FILES)
    }
    if manifest.task in _FROM_FILES:
        values |= {"consent": manifest.consent or None} if "consent" in known else {}
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
    try:
        return kind(**values, out=out, overwrite=overwrite), perform
    except TypeError as error:
        raise FileError(f"the manifest is incomplete: {error}") from error


def _fits(value: Any, hint: Any) -> bool:
    """Tell whether a value out of a file is what an option takes."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        return isinstance(value, tuple) and all(isinstance(part, str) for part in value)
    kinds = (float, int) if hint is float else hint
    return isinstance(value, kinds) and isinstance(value, bool) <= (hint is bool)


def _find_weights(manifest: Manifest, recorded: str | None, named: str | None) -> str:
    """Return the weights that made a file: those that are named now, or where they may be.

    Args:
        manifest: Of the file.
        recorded: The name in the manifest. Names of the catalog count, paths do not.
        named: The weights that the user names.
    """
    wanted = manifest.models.get(recorded or "") or next(iter(manifest.models.values()), "")
    hint = f"say where the weights with the sha256 {wanted} are: --weights FILE"
    if named is not None:
        if (found := hash_weights(named)) != wanted:
            raise WeightsError(
                f"the weights `{named}` are not those that made this file: sha256 {found}, "
                f"not {wanted}",
                hint=hint,
            )
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


def _find_way(manifest: Manifest, recorded: str, named: str | None) -> str:
    """Return the translator that made a file, with its direction."""
    name, direction = read_direction(recorded)
    found = _find_weights(manifest, name, named)
    return f"{found}:{direction}" if direction else found


def _compare(file: Path, out: Path) -> Likeness:
    """Tell how much two files are alike, but for their signatures, which are random."""
    if file.suffix.lower() in CLIPS:
        pairs = zip_longest(read_clip(file).frames, read_clip(out).frames)
        same = all(a is not None and b is not None and np.array_equal(a, b) for a, b in pairs)
    else:
        same = np.array_equal(read_image(file), read_image(out))
    if not same:
        return "different"
    return "bytes" if digest_unsigned(file) == digest_unsigned(out) else "pixels"


def _list_networks(manifest: Manifest) -> str:
    """Return which networks a file was made with, by name and the beginning of their sha256."""
    return ", ".join(f"{name} {sha256[:12]}" for name, sha256 in sorted(manifest.models.items()))


def _explain(then: Manifest, now: Manifest) -> str:
    """Say what differs between two manifests."""
    pairs = {
        "Facewright": (then.version, now.version),
        "PyTorch": (then.torch, now.torch),
        "the device": (then.device, now.device),
        "the weights": (then.parameters.get("weights"), now.parameters.get("weights")),
        "the networks": (_list_networks(then), _list_networks(now)),
    }
    changed = [f"{name} was {a}, is {b}" for name, (a, b) in pairs.items() if a != b]
    return "; ".join(changed)
