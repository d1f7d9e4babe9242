"""Consent of the people in sources, and its waiver for verifiably generated ones.

The table in `policy` says which commands demand consent and which only record it. A manifest waives
consent only as part of a valid signature of a trusted signer over exactly that file: text alone can
be written by anybody, and copied from any other file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.provenance.credentials import read_credentials
from facewright.provenance.policy import find_policy
from facewright.types import Manifest

GENERATED = "generated"
"""The consent that is recorded for people who do not exist."""

_HINT = (
    '--consent "who agreed to what"; `self` if it is you, `generated` if nobody in it exists. '
    "Pictures need none that were generated and signed here: see `facewright verify FILE`"
)


def ask_consent(task: str, given: str | None, shown: Iterable[str | Path]) -> str:
    """Return the consent to record in a manifest; raise if one is required and missing.

    Args:
        task: The command.
        given: The user's statement: who agreed to what and when, or "self" or "generated"; None
            without one.
        shown: Files and folders that show people; a camera has no file.

    Returns:
        `given`; without it `GENERATED` if all sources are verifiably generated, or an empty string
        if the command only records consent.

    Raises:
        InputError: The command demands consent, none was given, and a source may show a real
            person.
    """
    if given and given.strip():
        return given.strip()
    policy = find_policy(task)
    real = next((name for name in shown if not shows_nobody(Path(name))), None)
    if real is None:
        return GENERATED
    if policy.asks:
        raise InputError(
            f"{real} may show a real person, and nothing says that they agreed; `{task}` asks, as "
            f"{policy.reason}",
            hint=_HINT,
        )
    return ""


def shows_nobody(path: Path) -> bool:
    """Return whether a file certainly shows no real person.

    Args:
        path: A picture, a clip, or a folder of these at any depth; for other files the answer is
            False.
    """
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return bool(files) and all(shows_nobody(file) for file in files)
    try:
        found = read_credentials(path)
    except FileError:
        return False
    return found.trusted and found.manifest is not None and says_nobody(found.manifest)


def says_nobody(manifest: Manifest) -> bool:
    """Return whether a manifest says that its file shows no real person.

    Args:
        manifest: A manifest whose signature was verified.
    """
    effect = find_policy(manifest.task).effect
    return effect == "generates" or (effect == "alters" and manifest.consent == GENERATED)
