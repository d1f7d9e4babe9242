"""Expressions of drawn faces, as parameters of their features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Mood:
    """An expression, exaggerated as in a drawing; lengths in distances of the eyes, y downwards.

    The moving muscles follow Ekman and Friesen's facial action coding system (1978); the strengths
    are chosen to be readable at 72 pixels.
    """

    brow_inner: float = 0.0
    """Downward shift of the inner ends of the brows."""
    brow_middle: float = 0.0
    brow_outer: float = 0.0
    brow_together: float = 0.0
    """Shift of the inner ends towards each other."""
    upper_lid: float = 1.0
    """Opening of the upper lid: 1 as at rest, 0 closed."""
    lower_lid: float = 0.0
    """Raise of the lower lid, relative to the opening."""
    iris: float = 1.0
    """Size of the iris, relative to rest."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Shift of the iris to the right and down, relative to the eye's width."""
    width: float = 1.0
    """Width of the mouth, relative to rest."""
    corner: float = 0.0
    """Downward shift of the corners of the mouth."""
    bow: float = 0.0
    """Curvature of the opening: downward shift of its middle against its corners."""
    gape: float = 0.0
    """Opening of the mouth in the middle."""
    square: float = 0.0
    """Opening near the corners, relative to the middle."""
    thickness: float = 1.0
    """Thickness of the lips, relative to rest."""
    teeth: str = ""
    """Visible teeth: "upper", "both", or "" for none."""
    tongue: float = 0.0
    """Visible part of the tongue, 0 to 1."""
    jaw: float = 0.0
    """Downward shift of the chin."""
    nose: float = 0.0
    """Strength of wrinkles on the nose, 0 to 1."""
    frown: float = 0.0
    """Strength of the lines between the brows, 0 to 1."""
    smile: float = 0.0
    """Strength of the folds from the nose to the mouth, 0 to 1."""
    worry: float = 0.0
    """Strength of the lines on the forehead, 0 to 1."""
    tint: float = 0.0
    """Strength of a tint of the face, 0 to 1."""
    tint_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tint_from: Literal["cheeks", "top", "bottom"] = "cheeks"
    """Position of the tint."""


MOODS: Mapping[str, Mood] = MappingProxyType(
    {
        "angry": Mood(
            brow_inner=0.20,
            brow_middle=0.06,
            brow_outer=-0.10,
            brow_together=0.09,
            upper_lid=0.80,
            lower_lid=0.22,
            width=0.92,
            corner=0.10,
            bow=-0.12,
            gape=0.22,
            square=0.85,
            teeth="both",
            thickness=0.8,
            nose=0.3,
            frown=1.0,
            tint=0.34,
            tint_colour=(225, 40, 30),
            tint_from="top",
        ),
        "disgust": Mood(
            brow_inner=0.13,
            brow_middle=0.10,
            brow_outer=0.03,
            brow_together=0.05,
            upper_lid=0.55,
            lower_lid=0.30,
            gaze=(-0.14, 0.02),
            width=0.95,
            corner=0.13,
            bow=-0.22,
            gape=0.20,
            square=0.5,
            tongue=1.0,
            nose=1.0,
            frown=0.4,
            smile=0.6,
            tint=0.30,
            tint_colour=(110, 160, 50),
            tint_from="bottom",
        ),
        "fear": Mood(
            brow_inner=-0.24,
            brow_middle=-0.15,
            brow_outer=-0.03,
            brow_together=0.07,
            upper_lid=1.50,
            lower_lid=-0.12,
            iris=0.72,
            width=1.08,
            corner=0.14,
            bow=-0.10,
            gape=0.24,
            square=0.8,
            teeth="both",
            thickness=0.8,
            jaw=0.10,
            worry=1.0,
            tint=0.30,
            tint_colour=(150, 175, 235),
            tint_from="top",
        ),
        "happy": Mood(
            brow_inner=-0.08,
            brow_middle=-0.13,
            brow_outer=-0.08,
            upper_lid=0.85,
            lower_lid=0.30,
            width=1.22,
            corner=-0.20,
            bow=0.15,
            gape=0.36,
            square=0.45,
            teeth="upper",
            tongue=0.6,
            jaw=0.13,
            smile=0.8,
            tint=0.30,
            tint_colour=(235, 70, 70),
            tint_from="cheeks",
        ),
        "sad": Mood(
            brow_inner=-0.20,
            brow_middle=-0.02,
            brow_outer=0.12,
            brow_together=0.06,
            upper_lid=0.72,
            lower_lid=0.02,
            gaze=(0.0, 0.13),
            width=0.84,
            corner=0.15,
            bow=-0.19,
            thickness=1.0,
            worry=0.5,
            tint=0.07,
            tint_colour=(90, 130, 220),
            tint_from="bottom",
        ),
        "surprise": Mood(
            brow_inner=-0.22,
            brow_middle=-0.25,
            brow_outer=-0.18,
            upper_lid=1.50,
            lower_lid=-0.12,
            iris=0.82,
            width=0.62,
            corner=0.10,
            gape=0.52,
            square=0.85,
            tongue=0.4,
            jaw=0.24,
            worry=0.6,
        ),
        "neutral": Mood(brow_middle=-0.03, bow=0.02, thickness=1.1),
    }
)
"""Name → expression."""

REST = MOODS["neutral"]
"""The neutral expression, at which animations begin and end."""
BLINK = replace(REST, upper_lid=-0.1, lower_lid=0.3)
"""A neutral face with closed eyes."""


def blend(mood: Mood, share: float) -> Mood:
    """Interpolate between neutral and an expression.

    Args:
        mood: The full expression.
        share: Intensity: 0 is neutral, 1 the full expression. Visible teeth and the tint are those
            of the full expression.
    """
    numbers: dict[str, Any] = {
        field.name: _mix(getattr(REST, field.name), getattr(mood, field.name), share)
        for field in fields(Mood)
        if field.type == "float"
    }
    x, y = (_mix(a, b, share) for a, b in zip(REST.gaze, mood.gaze, strict=True))
    return replace(mood, gaze=(x, y), **numbers)


def _mix(rest: float, end: float, share: float) -> float:
    return rest + share * (end - rest)
