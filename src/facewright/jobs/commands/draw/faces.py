"""Faces that a command takes: a seed, a file of latents, or a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.jobs.options import Consent, Enlarging, FaceChoice, Output, PeopleOptions, Refining


@dataclass(frozen=True, kw_only=True)
class ChangeOptions(PeopleOptions, Enlarging, FaceChoice, Refining, Consent, Output):
    """What every command shares that changes a given face."""


def check_faces(verb: str, named: Mapping[str, str], options: ChangeOptions) -> None:
    """Reject what is no face, before anything is loaded.

    Args:
        verb: The name of the command.
        named: What an error calls it, such as "FACE" → a seed, a file of latents or a photo.
        options: How photos are read, and the consent.

    Raises:
        InputError: One is none of these, or somebody real may be shown, and nobody agreed.
        FileError: There is no such file, or it is damaged.
    """
    from facewright.faces.choose import check_choice
    from facewright.latents.files import load_latents
    from facewright.media.formats import find_kind
    from facewright.pipelines.consent import resolve_consent
    from facewright.pipelines.draw.latents import is_seed, read_person
    from facewright.types import LATENTS

    check_choice(options.faces)
    asked = []
    for role, text in named.items():
        if is_seed(text):
            read_person(text)
            continue
        path, hint = Path(text), f"{role} is a seed such as 42, a {LATENTS} file, or a photo"
        if not path.is_file():
            raise FileError(f"there is no {text}", hint=hint)
        if path.suffix.lower() == LATENTS:
            stored = load_latents(path)
            if not (stored.sealed and stored.consent):  # else it is on record
                asked.append(text)
        elif find_kind(path) != "picture":
            raise InputError(f"{text} shows no face", hint=hint)
        else:
            asked.append(text)
    resolve_consent(verb, options.consent, asked)
