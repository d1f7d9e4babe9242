"""Which directions there are: what each changes, and what it leaves as it is."""

from __future__ import annotations

from dataclasses import dataclass

POSE = ("yaw", "pitch")
PERSON = ("age", "male")
ORIGIN = ("black", "east-asian", "indian", "middle-eastern", "southeast-asian", "white")
FACE = ("smile", "mouth-open", "eyes-open", "brows-up")
COLOURS = ("skin-l", "skin-a", "skin-b", "hair-l", "background-l", "light-side")
REST = (*POSE, *PERSON, *ORIGIN, *COLOURS)


@dataclass(frozen=True)
class Aim:
    """One direction."""

    name: str
    target: str
    """The attribute that changes."""
    held: tuple[str, ...]
    """The attributes that stay."""
    less: str
    more: str
    reach: float = 2.0
    """How far either way it may go, in units."""


def hold(*free: str) -> tuple[str, ...]:
    """Return everything that is held, but for some."""
    return tuple(name for name in (*REST, *FACE) if name not in free)


def _lean(name: str) -> Aim:
    """Return the direction of one label of ethnicity: skin and the other labels go along."""
    free = (*ORIGIN, "skin-l", "skin-a", "skin-b", "hair-l")
    return Aim(name, name, hold(*free), f"less {name}", f"more {name}", 3.0)


AIMS = (
    Aim("age", "age", hold("age", "hair-l"), "younger", "older", 1.25),
    Aim(
        "gender",
        "male",
        (*POSE, "age", "smile", "mouth-open", "skin-l", "background-l", "light-side"),
        "more feminine",
        "more masculine",
    ),
    Aim("smile", "smile", hold("smile", "mouth-open", "eyes-open"), "serious", "smiling", 4.0),
    Aim("mouth-open", "mouth-open", hold("mouth-open"), "mouth closed", "mouth open"),
    Aim("eyes-open", "eyes-open", hold("eyes-open"), "eyes narrowed", "eyes wide open"),
    Aim("brows-up", "brows-up", hold("brows-up"), "brows lowered", "brows raised", 3.0),
    Aim("pose", "yaw", hold("yaw", "light-side"), "turned to the left", "turned to the right"),
    Aim("nod", "pitch", hold("pitch"), "looking down", "looking up"),
    Aim("face-width", "face-width", hold(), "narrow face", "wide face", 3.0),
    Aim("skin-tone", "skin-l", hold("skin-l", *ORIGIN), "darker skin", "lighter skin", 3.0),
    Aim("warmth", "skin-b", hold("skin-b", "skin-a"), "cooler colours", "warmer colours", 3.0),
    Aim("hairline", "hair-l", hold("hair-l"), "hair on the forehead", "forehead free"),
    Aim("light", "light-side", hold("light-side"), "lit from the left", "lit from the right", 3.0),
    Aim("background", "background-l", hold("background-l"), "darker", "lighter"),
    *(_lean(name) for name in ORIGIN),
)

MOODS = (
    Aim("angry", "angry", (), "less angry", "angry", 3.5),
    Aim("disgust", "disgust", (), "less disgusted", "disgusted", 2.75),
    Aim("fear", "fear", (), "less afraid", "afraid", 3.0),
    Aim("happy", "happy", (), "less happy", "happy", 3.0),
    Aim("sad", "sad", (), "less sad", "sad", 3.0),
    Aim("surprise", "surprise", (), "less surprised", "surprised", 3.0),
    Aim("neutral", "neutral", (), "less neutral", "neutral", 4.0),
)
"""Expressions, whose steps moods.py seeks by gradient: fit.py does not fit them. Those of
fear, sadness and neutral faces do not ship: they paint shadows."""
