"""What a character is: numbers and choices with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from facewright.types import HeadStyle

Colour = tuple[float, float, float]

HEAD_STYLES: tuple[HeadStyle, ...] = get_args(HeadStyle)

_AGES = ("male", "old", "child")
_SHORT = ("bald", "buzz", "crop", "parted", "messy")
_KEPT = {"baby": 0.4, "character": 0.9}  # of the person's shape; the rest of a toon is exaggerated
_ADDED = {"baby": {}, "character": {"eye_open": 0.8}}
_BROWS = {"baby": 0.55, "character": 0.7}

_UNITS: dict[str, dict[str, float]] = {
    "neutral": {"mouth-corner-puller": 0.15},
    "happy": {
        "mouth-corner-puller": 0.95,
        "mouth-open": 0.3,
        "mouth-upward-retraction": 0.35,
        "mouth-parling": 0.2,
        "eye-*-slit": 0.15,
        "eyebrows-*-up": 0.3,
    },
    "sad": {
        "mouth-depression": 1.2,
        "mouth-protusion": 0.43,
        "mouth-elevation": 0.6,
        "mouth-compression": 0.3,
        "eyebrows-*-inner-up": 1.1,
        "eye-*-slit": 0.4,
        "eye-*-closure": 0.12,
    },
    "angry": {
        "eyebrows-*-down": 1.5,
        "mouth-open": 0.35,
        "mouth-depression-retraction": 0.75,
        "mouth-parling": 0.3,
        "nose-*-dilatation": 0.8,
        "nose-*-elevation": 0.8,
        "eye-*-slit": 0.35,
    },
    "surprise": {
        "mouth-open": 0.8,
        "mouth-pursing": 0.3,
        "eyebrows-*-up": 1.2,
        "eye-*-opened-up": 1.0,
    },
    "fear": {
        "eyebrows-*-inner-up": 1.15,
        "eyebrows-*-up": 0.6,
        "eye-*-opened-up": 1.45,
        "mouth-depression": 1.5,
        "mouth-depression-retraction": 0.1,
        "mouth-open": 0.5,
        "mouth-retraction": 0.9,
    },
    "disgust": {
        "nose-*-elevation": 1.5,
        "nose-*-dilatation": 0.25,
        "eyebrows-*-down": 0.75,
        "mouth-depression": 0.9,
        "mouth-elevation": 1.1,
        "mouth-open": 0.15,
        "mouth-eversion": 0.5,
        "mouth-upward-retraction": 0.4,
        "eye-*-slit": 1.0,
    },
}


def express(name: str, share: float = 1.0) -> dict[str, float]:
    """Return the expression units of one of the seven expressions.

    Args:
        name: Such as "happy".
        share: How strong it is, from 0, neutral.
    """
    rest, full = _split(_UNITS["neutral"]), _split(_UNITS[name])
    keys = [*rest, *(key for key in full if key not in rest)]
    return {k: (1 - share) * rest.get(k, 0.0) + share * full.get(k, 0.0) for k in keys}


def _split(units: Mapping[str, float]) -> dict[str, float]:
    """Name the units of both sides."""
    return {
        unit.replace("*", side): weight
        for unit, weight in units.items()
        for side in (("left", "right") if "*" in unit else ("",))
    }


@dataclass(frozen=True, slots=True)
class Character:
    """A person as a character. Colours are linear light, 0 to 1."""

    shape: Mapping[str, float] = field(default_factory=dict)
    """Identity parameters of `load_figure`; those that are missing are 0, the mean."""
    skin: Colour = (0.72, 0.47, 0.32)
    hair_style: str = "parted"
    """Of `FigureModel.hair`, or "bald"."""
    hair: Colour = (0.04, 0.02, 0.01)
    brow: Colour = (0.03, 0.016, 0.009)
    eye: Colour = (0.24, 0.115, 0.045)
    lip: Colour | None = None
    """None goes with the skin."""
    beard: str = "none"
    """none, full, goatee or moustache."""
    glasses: str = "none"
    """none, round or square."""
    brow_width: float = 1.0
    lashes: float = 0.5
    """How dark the upper rim of the eyes is, 0 to 1."""
    cloth: Colour = (0.1, 0.2, 0.35)


@dataclass(frozen=True, slots=True)
class Pose:
    """How a character holds itself."""

    units: Mapping[str, float] = field(default_factory=lambda: express("neutral"))
    """Expression units, 0 to 1."""
    yaw: float = 0.0
    """Radians; positive turns to the right of the picture."""
    pitch: float = 0.0
    """Radians; positive looks down."""
    roll: float = 0.0
    """Radians; positive leans to the left of the picture."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Yaw and pitch of the eyes beyond those of the head, radians."""

    def blink(self, share: float) -> Pose:
        """Return the same pose with eyes that are closed in part, 0 to 1."""
        closed = {f"eye-{side}-closure": share for side in ("left", "right")}
        return replace(self, units={**self.units, **closed})

    def show(self, expression: str, share: float = 1.0) -> Pose:
        """Return the same pose with one of the seven expressions."""
        return replace(self, units=express(expression, share))


def pack_pose(pose: Pose, names: Sequence[str]) -> NDArray[np.float32]:
    """Return the numbers of a pose, the expression units by name, for smoothing."""
    units = [pose.units.get(name, 0.0) for name in names]
    return np.array([*units, pose.yaw, pose.pitch, pose.roll, *pose.gaze], np.float32)


def unpack_pose(values: NDArray[np.float32], names: Sequence[str]) -> Pose:
    """Undo `pack_pose`."""
    *units, yaw, pitch, roll, aside, down = values.tolist()
    return Pose(dict(zip(names, units, strict=True)), yaw, pitch, roll, (aside, down))


def style_character(who: Character, style: HeadStyle) -> Character:
    """Return the character of a person in a style.

    Args:
        who: As `portray` returns it, a toon.
        style: "toon" is that of an animated series; "baby" has the proportions of a baby, and no
            beard; "character" has natural ones, as in a game.
    """
    if style == "toon":
        return who
    aged = {name: who.shape.get(name, 0.0) for name in _AGES} if style == "character" else {}
    kept = {n: _KEPT[style] * v for n, v in who.shape.items() if n not in _AGES}
    shape = {**kept, **aged, **_ADDED[style], style: 1.0}
    slim = replace(who, shape=shape, brow_width=who.brow_width * _BROWS[style])
    if style == "character":
        return slim
    hair = "baby" if who.hair_style in _SHORT else who.hair_style
    return replace(slim, beard="none", hair_style=hair)


def soften_shape(shape: Mapping[str, float], most: float = 1.4) -> dict[str, float]:
    """Keep the parameters of a head within what looks like a head."""
    return {name: float(most * np.tanh(value / most)) for name, value in shape.items()}
