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
"""Where another face leads to rejection: within the crop, the picture, or nowhere."""

NO_FACE = "no face"
"""Why a picture without any face is left out."""

_HARDLY = 0.06  # share of a mesh that may lie outside of the picture: the rim of it, by a little
_DARK, _BRIGHT, _WHITE = 0.2, 0.6, 0.25  # grey levels, and a share of pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """Requirements on a face of a dataset; a limit of 0 switches it off."""

    faces: str = "largest"
    """Which of each picture: "largest", "all", "left", "right" or a number."""
    score: float = 0.4
    """Least score of the detector, 0 to 1."""
    enlarge: float = 1.25
    """Factor by which a face may be enlarged at most to fill its crop."""
    others: Company = "crop"
    """Where no other face may be: in the "crop", in the "picture"; or "allowed"."""
    outside: float = 0.2
    """Share of the crop that may lie outside of the picture, 0 to 1; of the face, almost none
    may."""
    yaw: float = 45
    """Largest yaw to either side in degrees, 0 to 180."""
    pitch: float = 30
    """Largest pitch up or down in degrees, 0 to 180."""
    roll: float = 45
    """Largest roll in the plane of the picture in degrees, 0 to 180."""
    exposure: bool = True
    """Leave out faces that are too dark or too bright to see."""
    sharpness: float = 0.12
    """Least sharpness: a studio portrait has 0.3 to 0.7, a face out of focus 0.1 or less."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_choice(self.faces)
        for name in (field.name for field in fields(QualityLimits)):  # not of a subclass
            value, most = getattr(self, name), _MOST.get(name, 1.0)
            if isinstance(value, float | int) and not 0 <= value <= most:
                raise InputError(f"{name} is 0 to {most:g}, not {value}", hint="0 is no limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePosition:
    """Properties of a face that do not need its pixels."""

    score: float
    """Score of the detector, 0 to 1."""
    scale: float
    """Pixels of the crop per pixel of the picture."""
    outside: float
    """Share of the crop that lies outside of the picture, 0 to 1."""
    cut_off: float
    """Share of the face that lies outside of the picture, 0 to 1."""
    beside: int
    """Number of other faces in the crop."""
    company: int
    """Other faces in the picture."""
    pose: "Pose"


@dataclass(frozen=True, slots=True)
class CropQuality:
    """Sharpness and exposure of a crop."""

    sharpness: float
    light: "Light"


def check_position(place: FacePosition, limits: QualityLimits) -> str:
    """Check a face by its score, size, position and pose.

    Args:
        place: Properties of a face.
        limits: The requirements.

    Returns:
        The first reason to leave it out; empty for a face that may stay.
    """
    return next((reason for reason, holds in _BY_PLACE.items() if holds(place, limits)), "")


def check_quality(quality: CropQuality, limits: QualityLimits) -> str:
    """Check a face by the sharpness and exposure of its crop.

    A face is too dark only if even its brightest parts are, so that a dark skin is no reason, and
    too bright if even its darkest parts are, or if a quarter of it is white.

    Args:
        quality: Measurements of a crop.
        limits: The requirements.

    Returns:
        The first reason to leave it out; empty for a face that may stay.
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
"""Reasons why a picture or a face is left out, in the order of the checks."""
