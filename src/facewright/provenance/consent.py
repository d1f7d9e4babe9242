"""Make sure that whoever is shown has agreed, or verifiably does not exist.

Which commands demand consent, and which only record what is said, is the table in `policy`. A
manifest waives nothing unless it is part of a valid signature of somebody trusted, made over
exactly the file that it lies in: text can be written by anybody, and copied from any other file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.provenance.credentials import read_credentials
from facewright.provenance.policy import find_policy
from facewright.types import Manifest

GENERATED = "generated"
"""The consent of people who do not exist."""

_HINT = (
    '--consent "who agreed to what"; `self` if it is you, `generated` if nobody in it exists. '
    "Pictures need none that were generated and signed here: see `facewright verify FILE`"
)


def ask_consent(task: str, given: str | None, shown: Iterable[str | Path]) -> str:
    """Return the consent that a manifest records, and raise if there has to be one.

    Args:
        task: The command.
        given: What the user says: who agreed to what and when, or "self" or "generated".
        shown: The files and folders that show somebody; a camera has no file.

    Returns:
        What was given; otherwise `GENERATED` if everybody who is shown was, or nothing where the
        command only records consent.

    Raises:
        InputError: The command demands consent, none was given, and somebody may be real.
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
    """Tell whether it is certain that nobody in a file exists.

    Args:
        path: A picture, a clip, or a folder of these at any depth; anything else may show somebody.
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
    """Tell whether a manifest says that nobody in its file exists.

    Args:
        manifest: One that is known to be genuine.
    """
    effect = find_policy(manifest.task).effect
    return effect == "generates" or (effect == "alters" and manifest.consent == GENERATED)
