"""Make sure that whoever is shown has agreed, or does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.latents.files import LATENTS, load_latents
from facewright.provenance.publish import read_manifest
from facewright.types import Manifest

GENERATED = "generated"
"""The consent of people who do not exist."""

_DRAWS_PEOPLE = frozenset({"generate", "mix", "interpolate"})
"""Tasks whose results show nobody."""
_CHANGES_PEOPLE = frozenset(
    {"swap", "morph", "enhance", "invert", "convert", "restyle", "edit", "toonify", "emoji"}
)
"""Tasks whose results show nobody if what went in showed nobody, as their consent says."""
_FREE = frozenset({"morph", "enhance"})
"""Those of them whose results may be written without a word about consent."""


def resolve_consent(given: str | None, shown: Iterable[str]) -> str:
    """Return the consent that a manifest records, and raise if there has to be one.

    Args:
        given: What the user says: who agreed to what, or "self" or "generated".
        shown: The files that show somebody; a camera has no file.

    Returns:
        What was given; otherwise `GENERATED`, as everybody who is shown was.

    Raises:
        InputError: Nothing was given, and somebody who is shown may be real.
    """
    if given and given.strip():
        return given.strip()
    real = [name for name in shown if not shows_nobody(name)]
    if real:
        raise InputError(
            f"{real[0]} may show a real person, and nothing says that they agreed",
            hint='--consent "who agreed to what"; `self` if it is you, `generated` if nobody is',
        )
    return GENERATED


def shows_nobody(name: str) -> bool:
    """Tell whether a file says of itself that nobody in it exists.

    Args:
        name: A picture, a clip, latents, or a folder of these at any depth; anything else shows
            somebody.
    """
    path = Path(name)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return bool(files) and all(shows_nobody(str(file)) for file in files)
    try:
        return _read_consent(path) == GENERATED
    except FileError:
        return False


def _read_consent(path: Path) -> str:
    """Return what a file says of those whom it shows, or whom its latents draw."""
    if path.suffix.lower() == LATENTS:
        return load_latents(path).consent
    return consent_of(read_manifest(path))


def consent_of(manifest: Manifest) -> str:
    """Return what a manifest says of those whom its picture shows; empty where it says nothing."""
    if manifest.task in _DRAWS_PEOPLE:
        return GENERATED
    return manifest.consent if manifest.task in _CHANGES_PEOPLE else ""


def needs_consent(task: str) -> bool:
    """Tell whether results of a task are written only if somebody agreed, or nobody is shown."""
    return task in _CHANGES_PEOPLE - _FREE
