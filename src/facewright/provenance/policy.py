"""The policy of each command: consent, watermark, digital source type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.types import Manifest

Effect: TypeAlias = Literal["generates", "alters", "annotates", "charts"]
"""Effect of a command: it generates people, alters people in pictures, annotates pictures without
altering people, or draws charts without people."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for a command."""

    effect: Effect
    asks: bool
    """Whether consent is demanded for people who may be real, not only recorded."""
    reason: str
    """Why it demands consent, or why it does not."""

    @property
    def marks(self) -> bool:
        """Whether its results carry the watermark: generated and altered ones do."""
        return self.effect in {"generates", "alters"}


_ALTERED = "it shows a person as they never looked"
_SEEN = "it says what is in a picture, and changes nobody"
_LEARNED = "its pictures are those of a data set, which records their consent"
_NOBODY = "nobody in it exists"

POLICIES: Mapping[str, Policy] = {
    "generate": Policy("generates", False, _NOBODY),
    "mix": Policy("generates", False, _NOBODY),
    "interpolate": Policy("generates", False, _NOBODY),
    "models compare": Policy("generates", False, _NOBODY),
    "evaluate": Policy("generates", False, _NOBODY),
    "train generator": Policy("generates", False, _NOBODY),
    "swap": Policy("alters", True, "it puts a person's face where it never was"),
    "morph": Policy("alters", True, "it mixes the faces of persons"),
    "restyle": Policy("alters", True, _ALTERED),
    "edit": Policy("alters", True, _ALTERED),
    "convert": Policy("alters", True, _ALTERED),
    "toonify": Policy("alters", True, "a person is recognised in a character"),
    "emoji": Policy("alters", True, "a person is recognised in a sticker"),
    "enhance": Policy("alters", True, "it adds detail to a face that the picture does not show"),
    "invert": Policy("alters", True, "its latents are what a person's face is changed with"),
    "find": Policy("annotates", False, _SEEN),
    "expressions": Policy("annotates", False, _SEEN),
    "expressions timeline": Policy("charts", False, _SEEN),
    "collect": Policy("annotates", False, "consent is recorded for each picture, and audited"),
    "prepare": Policy("annotates", False, "consent is recorded for each picture, and audited"),
    "audit": Policy("charts", False, "it counts pictures"),
    "train translator": Policy("alters", False, _LEARNED),
    "train encoder": Policy("alters", False, _LEARNED),
    "train enhancer": Policy("alters", False, _LEARNED),
    "train refiner": Policy("alters", False, _LEARNED),
    "train expressions": Policy("charts", False, "it draws how well a network reads"),
}
"""Command → its policy."""

_UNKNOWN = Policy("alters", True, "what an unknown command does is not known")

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def find_policy(task: str) -> Policy:
    """Return the policy of a command; an unknown one is assumed to alter people."""
    return POLICIES.get(task, _UNKNOWN)


def name_source_type(manifest: Manifest) -> str:
    """Return the digital source type of a file, by the vocabulary of the IPTC.

    Args:
        manifest: The manifest of the file. A result that alters people but has no source file is
            wholly generated.

    Returns:
        The address of a term of the vocabulary "Digital Source Type".

    >>> name_source_type(Manifest("generate", {})).rpartition("/")[2]
    'trainedAlgorithmicMedia'
    """
    effect = find_policy(manifest.task).effect
    if effect == "generates" or (effect == "alters" and not manifest.sources):
        return f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
    terms = {
        "alters": "compositeWithTrainedAlgorithmicMedia",
        "annotates": "composite",
        "charts": "algorithmicMedia",
    }
    return _SOURCE_TYPES + terms[effect]
