"""Decide which faces are good enough for a dataset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

from facewright.errors import InputError
from facewright.faces.choose import check_choice

if TYPE_CHECKING:
    from facewright.collect.preparing.measures import Light
    from facewright.faces.pose import Pose

Company: TypeAlias = Literal["crop", "picture", "allowed"]
"""Where no other face may be."""

NO_FACE = "no face"
"""Why a picture without any face is left out."""

_HARDLY = 0.06  # share of a mesh that may lie outside of the picture: the rim of it, by a little
_DARK, _BRIGHT, _WHITE = 0.2, 0.6, 0.25  # grey levels, and a share of pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """What a face must be to become part of a dataset. A limit of 0 is none."""

    faces: str = "largest"
    """Which of each picture: "largest", "all", "left", "right" or a number."""
    score: float = 0.4
    """How sure the detector must be, 0 to 1."""
    enlarge: float = 1.25
    """By how much a face may be enlarged to fill its crop."""
    others: Company = "crop"
    """Where no other face may be: in the "crop", in the "picture"; or "allowed"."""
    outside: float = 0.2
    """How much of the crop may lie outside of the picture, 0 to 1; of the face, next to nothing."""
    yaw: float = 45
    """How far a face may look to either side, degrees."""
    pitch: float = 30
    """How far it may look up or down, degrees."""
    roll: float = 45
    """How far it may be tilted in the picture, degrees."""
    exposure: bool = True
    """Leave out faces that are too dark or too bright to see."""
    sharpness: float = 0.12
    """How sharp it must be: a studio portrait has 0.3 to 0.7, what is out of focus 0.1 or less."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_choice(self.faces)
        for name in (field.name for field in fields(QualityLimits)):  # not of a subclass
            value, most = getattr(self, name), _MOST.get(name, 1.0)
            if isinstance(value, float | int) and not 0 <= value <= most:
                raise InputError(f"{name} is 0 to {most:g}, not {value}", hint="0 is no limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePosition:
    """What is known about a face before its pixels are looked at."""

    score: float
    """How sure the detector is, 0 to 1."""
    scale: float
    """Pixels of the crop per pixel of the picture."""
    outside: float
    """How much of the crop lies outside of the picture, 0 to 1."""
    cut_off: float
    """How much of the face does."""
    beside: int
    """Other faces in the crop."""
    company: int
    """Other faces in the picture."""
    pose: "Pose"


@dataclass(frozen=True, slots=True)
class CropQuality:
    """What the pixels of a crop tell."""

    sharpness: float
    light: "Light"


def check_position(place: FacePosition, limits: QualityLimits) -> str:
    """Say why a face is left out by what is known without its pixels.

    Args:
        place: Of a face.
        limits: What is asked for.

    Returns:
        The first reason that holds; empty for a face that may stay.
    """
    return next((reason for reason, holds in _BY_PLACE.items() if holds(place, limits)), "")


def check_quality(quality: CropQuality, limits: QualityLimits) -> str:
    """Say why a face is left out by its pixels.

    A face is too dark only if even its brightest parts are, so that a dark skin is no reason, and
    too bright if even its darkest parts are, or if a quarter of it is white.

    Args:
        quality: Of a crop.
        limits: What is asked for.

    Returns:
        The first reason that holds; empty for a face that may stay.
    """
    return next((reason for reason, holds in _BY_QUALITY.items() if holds(quality, limits)), "")


_MOST = {"enlarge": 1000.0, "sharpness": 10.0} | dict.fromkeys(("yaw", "pitch", "roll"), 180.0)

_BY_PLACE: Mapping[str, Callable[[FacePosition, QualityLimits], bool]] = {
    "not sure to be a face": lambda p, r: p.score < r.score,
    "several faces": lambda p, r: bool({"crop": p.beside, "picture": p.company}.get(r.others, 0)),
    "too small": lambda p, r: 0 < r.enlarge < p.scale,
    "cut off": lambda p, r: r.outside > 0 and (p.outside > r.outside or p.cut_off > _HARDLY),
    "turned away": lambda p, r: 0 < r.yaw < abs(p.pose.yaw) or 0 < r.pitch < abs(p.pose.pitch),
    "tilted": lambda p, r: 0 < r.roll < abs(p.pose.roll),
}

_BY_QUALITY: Mapping[str, Callable[[CropQuality, QualityLimits], bool]] = {
    "too dark": lambda k, r: r.exposure and k.light.bright < _DARK,
    "too bright": lambda k, r: r.exposure and (k.light.dark > _BRIGHT or k.light.clipped > _WHITE),
    "blurred": lambda k, r: k.sharpness < r.sharpness,
}

REASONS = (NO_FACE, *_BY_PLACE, *_BY_QUALITY)
"""Why a picture or a face is left out, in the order in which they are looked for."""
