"""Consent of the people in pictures, clips and latents."""

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
    """Return the consent to record in a manifest; raise if one is required and missing.

    Args:
        task: The command.
        given: The user's statement: who agreed to what, or "self" or "generated"; None without one.
        shown: The files that show people, including latents; a camera has no file.

    Returns:
        As `provenance.consent.ask_consent`.

    Raises:
        InputError: The command demands consent, none was given, and a source may show a real
            person.
    """
    return ask_consent(task, given, [name for name in shown if not _draws_nobody(Path(name))])


def shows_nobody(name: str) -> bool:
    """Return whether a picture, clip, file of latents or folder certainly shows no real person.

    Only the signature of a trusted signer, or the seal of this installation on latents, makes it
    certain; see `provenance.consent`.
    """
    path = Path(name)
    return _draws_nobody(path) or verify_nobody(path)


def consent_of(manifest: Manifest) -> str:
    """Return the consent that a result in memory records; empty without one."""
    if says_nobody(manifest):
        return GENERATED
    return manifest.consent if needs_consent(manifest.task) else ""


def needs_consent(task: str) -> bool:
    """Return whether results of a task are written only with consent, or for generated people."""
    return find_policy(task).asks


def _draws_nobody(path: Path) -> bool:
    """Return whether latents are of a generated person and were made by this installation."""
    if path.suffix.lower() != LATENTS:
        return False
    from facewright.latents.files import load_latents

    try:
        stored = load_latents(path)
    except FileError:
        return False
    return stored.sealed and stored.consent == GENERATED
