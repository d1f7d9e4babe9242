"""Predict whether a call takes minutes or seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from facewright.errors import FacewrightError
from facewright.files import is_archive
from facewright.jobs.interface.signature import find_command
from facewright.media.formats import find_kind
from facewright.provenance.manifest import parse_seeds
from facewright.types import Json

_FEW = 16  # pictures or people, which are done within seconds


def is_lengthy(name: str, inputs: Sequence[Path | None], values: Mapping[str, Json]) -> bool:
    """Return whether a call may take minutes: by its command, or by what goes in.

    Args:
        name: Name of the command.
        inputs: Paths of its files and folders; None for a seed or a text.
        values: Its options.
    """
    command = find_command(name)
    if command is not None and command.lengthy:
        return True
    if len(inputs) > _FEW or _count_seeds(values.get("seeds")) > _FEW:
        return True
    return any(path is not None and _is_many(path) for path in inputs)


def _is_many(path: Path) -> bool:
    """Return whether a path is a clip, an archive or a folder."""
    if path.is_dir() or is_archive(path):
        return True
    return path.is_file() and find_kind(path) == "clip"


def _count_seeds(text: Json) -> int:
    """Return how many people an option names; what is no list of seeds is refused elsewhere."""
    if not isinstance(text, str):
        return 0
    try:
        return len(parse_seeds(text.replace(" ", "")))
    except FacewrightError:
        return 0
