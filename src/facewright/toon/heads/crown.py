"""Complete a head that its picture cuts off: hair, ears, outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from facewright.faces.geometry.topology import OVAL
from facewright.toon.colours import pick_colour, shade
from facewright.toon.heads.matting import fill_holes
from facewright.toon.heads.upright import SIDE, UNIT, Frame, Head, Upright
from facewright.toon.shapes import Floats, cover, fill, lay, smooth_line, smooth_loop, thicken
from facewright.types import HairStyle, Image

_Area = NDArray[np.bool_]

# Outlines in the coordinates of `Frame`; of those that are symmetric the half, from the top down.
_SHORT = (
    *((0, -1.62), (0.5, -1.55), (0.95, -1.25), (1.22, -0.72), (1.24, -0.2)),
    *((1.17, 0.12), (1.05, 0.28)),
)
_LONG = (
    *((0, -1.6), (0.5, -1.53), (0.95, -1.25), (1.27, -0.7), (1.38, 0.0), (1.44, 0.7)),
    *((1.4, 1.35), (1.12, 1.62), (0.72, 1.52)),
)
_FOREHEAD = ((0, -1.2), (0.55, -1.08), (0.92, -0.78), (1.07, -0.4), (1.08, 0), (0.6, 0.2))
_EAR = ((1.04, 0.05), (1.2, 0), (1.3, 0.14), (1.27, 0.38), (1.16, 0.58), (1.04, 0.55))
_SIDE_PARTING = (
    *((-1.13, -0.05), (-1.05, -0.48), (-0.72, -0.83), (-0.2, -0.93), (0.3, -1.0)),
    *((0.52, -1.08), (0.7, -0.97), (0.92, -0.76), (1.05, -0.48), (1.13, -0.05)),
)
_MIDDLE_PARTING = (
    *((-1.16, 0.9), (-1.1, 0.3), (-1.02, -0.25), (-0.75, -0.72), (-0.3, -0.98), (0.16, -1.16)),
    *((0.45, -0.98), (0.8, -0.7), (1.03, -0.25), (1.1, 0.3), (1.16, 0.9)),
)

_DARKEST = (36, 30, 28)  # of hair, so that its strands can be seen
_ALIKE = 40  # steps of a colour that hair differs by from place to place
_STRANDS = 13
_SHOWN = 0.6  # of the place above a face; a picture that shows less cuts off the hair


@dataclass(frozen=True, slots=True)
class _Hair:
    """Properties of the hair, from the picture."""

    colour: Floats
    long: bool
    """Whether it falls beside the cheeks."""
    fringe: float
    """Length of hair in the forehead."""
    parted_right: bool


def is_tight(picture: Upright) -> bool:
    """Return whether a picture cuts off the hair above the face.

    Args:
        picture: From `turn_upright`.
    """
    frame = Frame(picture.points)
    above = (np.abs(frame.x) < 0.9) & (frame.y > -1.3) & (frame.y < -0.8)
    return float(picture.inside[above].mean()) < _SHOWN


def crown_head(picture: Upright, style: HairStyle = "auto") -> Head:
    """Complete the head of a tightly cropped picture: draw hair, ears and outline.

    Colour and length of the hair, and the hair in the forehead, are estimated from the visible
    part.

    Args:
        picture: From `turn_upright`.
        style: Length of the hair; "auto" estimates it from the picture.
    """
    shape = (SIDE, SIDE)
    frame = Frame(picture.points)
    face = cover(smooth_loop(picture.points[OVAL, :2]), shape)
    hair = _look_at_hair(picture, frame, face, style)
    face = np.maximum(face, cover(frame.place(_mirror(_FOREHEAD)), shape))
    back = cover(frame.place(_mirror(_LONG if hair.long else _SHORT)), shape)
    ears = np.zeros(shape, np.float32)
    canvas = np.empty((*shape, 3), np.float32)
    canvas[:] = hair.colour
    skin = _fill_skin(picture.image, frame)
    if not hair.long:
        ears = np.maximum(*(cover(_place_ear(frame, side), shape) for side in (-1, 1)))
        _draw_ears(canvas, frame, ears, np.median(skin[face > 0.9], axis=0))
    lay(canvas, face, skin)
    front = face * _draw_fringe(frame, hair)
    hairy = np.maximum(front, back * (1 - np.maximum(face, ears)))
    _draw_shadow(canvas, face * (1 - hairy), hairy)
    lay(canvas, hairy, _comb(frame, hair.colour))
    alpha = np.maximum(np.maximum(back, face), ears)
    image = np.clip(np.rint(canvas), 0, 255).astype(np.uint8)
    return Head(image, alpha, picture.points, hairy, face, picture.detail)


def _look_at_hair(picture: Upright, frame: Frame, face: Floats, style: HairStyle) -> _Hair:
    """Estimate the properties of the hair."""
    image = np.asarray(cv2.GaussianBlur(picture.image, (0, 0), 3), np.uint8)
    near, far = (cv2.dilate(face, np.ones((side, side))) > 0 for side in (13, 45))
    around = far & ~near & (frame.y < 0.1) & picture.inside
    colour = np.maximum(pick_colour(image, around, 0.05, 0.4), _DARKEST)
    skin = pick_colour(image, (face > 0.9) & (frame.y > 0.1) & (frame.y < 0.9), 0.3, 0.7)
    away = np.abs(image - colour)
    like = away.sum(-1) < 0.8 * np.abs(image - skin).sum(-1)
    beside = (np.abs(frame.x) > 1.2) & (np.abs(frame.x) < 1.42) & (frame.y > 0.25) & (frame.y < 1)
    above = (np.abs(frame.x) < 1) & (np.abs(frame.x) > 0.1) & (frame.y < -0.3) & (frame.y > -0.8)
    left, right = frame.x < 0, frame.x > 0
    seen = away.max(-1)[beside & picture.inside] < _ALIKE
    falls = len(seen) > 300 and float(seen.mean()) > 0.6
    covers = [_share(like, above & side & picture.inside) for side in (left, right)]
    return _Hair(
        colour=colour.astype(np.float32),
        long=style == "long" or (style == "auto" and falls),
        fringe=float(np.clip(1.2 * max(covers) - 0.1, 0, 0.3)),
        parted_right=covers[0] >= covers[1],
    )


def _share(found: _Area, area: _Area) -> float:
    """Return the share of an area where something was found; 0 for a small area."""
    return float(found[area].mean()) if area.sum() > 100 else 0.0


def _mirror(half: ArrayLike) -> Floats:
    """Return a smooth symmetric outline from its right half."""
    right = np.asarray(half, np.float32)
    left = right[:0:-1] * np.array([-1, 1], np.float32)
    return smooth_loop(np.concatenate([right, left]))


def _place_ear(frame: Frame, side: int) -> Floats:
    """Return the outline of an ear, -1 left or 1 right."""
    return frame.place(smooth_loop(_EAR) * np.array([side, 1], np.float32))


def _draw_ears(canvas: Floats, frame: Frame, ears: Floats, skin: Floats) -> None:
    """Draw ears, each with a hollow."""
    lay(canvas, ears, shade(skin, 0.92))
    for side in (-1, 1):
        ring = (smooth_loop(_EAR) * 0.5 + (0.57, 0.14)) * (side, 1)
        hollow = frame.place(ring.astype(np.float32))
        fill(canvas, hollow, shade(skin, 0.68), opacity=0.7, soft=2, within=ears)


def _fill_skin(image: Image, frame: Frame) -> Floats:
    """Return the skin, extended beyond its visible part."""
    seen = (frame.y > -0.7) & (frame.y < 1.6) & (np.abs(frame.x) < 0.95)
    return fill_holes(image.astype(np.float32), seen.astype(np.float32))


def _draw_fringe(frame: Frame, hair: _Hair) -> Floats:
    """Return the area above the hairline, (SIDE, SIDE)."""
    line = smooth_line(_MIDDLE_PARTING if hair.long else _SIDE_PARTING)
    if not hair.parted_right:
        line = line[::-1] * np.array([-1, 1], np.float32)
    x = line[:, 0]
    line[:, 1] += hair.fringe * np.exp(-((x / 0.9) ** 4)) * (0.6 + 0.4 * np.cos(3 * x))
    left, right = float(line[0, 1]), float(line[-1, 1])
    far = np.array([(1.6, right), (1.6, -1.9), (-1.6, -1.9), (-1.6, left)], np.float32)
    return cover(frame.place(np.concatenate([line, far])), (SIDE, SIDE))


def _draw_shadow(canvas: Floats, skin: Floats, hair: Floats) -> None:
    """Draw the shadow of hair on the skin below."""
    soft = np.asarray(cv2.GaussianBlur(hair, (0, 0), 0.05 * UNIT), np.float32)
    middle = np.median(canvas[skin > 0.9], axis=0)
    lay(canvas, np.float32(0.55) * skin * soft, shade(middle, 0.6))


def _comb(frame: Frame, colour: Floats) -> Floats:
    """Paint hair: light from above, darker below, and strands from the parting down."""
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    canvas[:] = colour * np.float32(1.05)
    shine = np.exp(-(((frame.x + 0.35) / 0.6) ** 2) - ((frame.y + 1.15) / 0.24) ** 2)
    lay(canvas, np.float32(0.5) * shine, np.minimum(1.6 * colour + 18, 255))
    lay(canvas, np.clip(0.5 * frame.y + 0.1, 0, 0.5), shade(colour, 0.6))
    for number, start in enumerate(np.linspace(-1, 1, _STRANDS)):
        aside = 1.25 * start
        path = [
            (0.25 + 0.25 * start, -1.6),
            (0.1 + 0.75 * aside, -1.3),
            (0.08 + 0.95 * aside, -0.85),
        ]
        path += [(1.05 * aside, -0.2), (1.15 * aside, 0.6), (1.2 * aside, 1.5)]
        line = smooth_line(frame.place(np.array(path, np.float32)))
        ink = shade(colour, 0.62) if number % 2 else np.minimum(1.35 * colour + 8, 255)
        widths = 0.04 * UNIT * np.array([0.1, 1, 0.7, 1, 0.5, 0.1])
        fill(canvas, thicken(line, widths), ink, opacity=0.5, soft=1)
    return canvas
