"""Ask for the consent of those whom pictures, clips and latents show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from facewright.errors import FileError
from facewright.provenance.consent import GENERATED, ask_consent, says_nobody
from facewright.provenance.consent import shows_nobody as verify_nobody
from facewright.provenance.policy import find_policy
from facewright.types import LATENTS, Manifest

__all__ = ["GENERATED", "consent_of", "needs_consent", "resolve_consent", "shows_nobody"]


def resolve_consent(task: str, given: str | None, shown: Iterable[str]) -> str:
    """Return the consent that a manifest records, and raise if there has to be one.

    Args:
        task: The command.
        given: What the user says: who agreed to what, or "self" or "generated".
        shown: The files that show somebody, latents among them; a camera has no file.

    Returns:
        As `provenance.consent.ask_consent` does.

    Raises:
        InputError: The command demands consent, none was given, and somebody may be real.
    """
    return ask_consent(task, given, [name for name in shown if not _draws_nobody(Path(name))])


def shows_nobody(name: str) -> bool:
    """Tell whether it is certain that nobody in a picture, clip, file of latents or folder exists.

    Only the signature of somebody trusted, or the seal of this installation on latents, makes it
    certain; see `provenance.consent`.
    """
    path = Path(name)
    return _draws_nobody(path) or verify_nobody(path)


def consent_of(manifest: Manifest) -> str:
    """Return what a result in memory says of those whom it shows; empty where it says nothing."""
    if says_nobody(manifest):
        return GENERATED
    return manifest.consent if needs_consent(manifest.task) else ""


def needs_consent(task: str) -> bool:
    """Tell whether results of a task are written only if somebody agreed, or nobody is shown."""
    return find_policy(task).asks


def _draws_nobody(path: Path) -> bool:
    """Tell whether latents were made on this installation of somebody who does not exist."""
    if path.suffix.lower() != LATENTS:
        return False
    from facewright.latents.files import load_latents

    try:
        stored = load_latents(path)
    except FileError:
        return False
    return stored.sealed and stored.consent == GENERATED
