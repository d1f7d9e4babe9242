"""Tell the hair style of a head that was cut out of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.toon.colours import measure_luma, pick_colour
from facewright.toon.heads.cutout import cut_head
from facewright.toon.heads.upright import Frame, Upright
from facewright.toon.shapes import Floats
from facewright.types import HairStyle

_Area = NDArray[np.bool_]

_LEAST = 200  # pixels of an area that says something
_SEEN = 0.5  # of an area that the picture has to show


@dataclass(frozen=True, slots=True)
class Hairdo:
    """What a picture shows of hair. Shares are 0 to 1, NaN where the picture ends before."""

    colour: Floats
    """(3,), 0 to 255."""
    crown: float
    """How much above the forehead is hair."""
    fringe: float
    """How much of the forehead it covers."""
    cheeks: float
    """How much beside the cheeks is hair."""
    shoulders: float
    """How much beside and below the chin is hair."""
    wide: float
    """How far it stands off at the sides."""
    curls: float
    """How little its edges have one direction, 0 straight to 1."""
    contrast: float
    """How far its colour is from that of the skin, 0 to 1."""


def look_at_hair(picture: Upright) -> Hairdo:
    """Measure the hair in a picture.

    Args:
        picture: From `turn_upright`.
    """
    head = cut_head(picture)
    frame = Frame(picture.points)
    aside, down = np.abs(frame.x), frame.y
    hair = (head.hair > 0.5) & (head.alpha > 0.5) & picture.inside
    face = (aside < 0.8) & (down > 0.1) & (down < 0.8) & (head.skin > 0.9)
    skin = pick_colour(picture.image, face, 0.3, 0.7)
    crown = (aside < 0.8) & (down > -1.35) & (down < -0.95)
    tight = picture.inside[crown].mean() < _SEEN
    low, high = (0.02, 0.25) if tight else (0.1, 0.5)
    colour = pick_colour(picture.image, hair & ((down < -0.6) | (aside > 1.15)), low, high)

    def share(area: _Area) -> float:
        if not area.any() or picture.inside[area].mean() < _SEEN:
            return float("nan")
        return float(hair[area & picture.inside].mean())

    return Hairdo(
        colour=colour,
        crown=share(crown),
        fringe=_cover(picture, colour, skin, (aside < 0.6) & (down > -0.72) & (down < -0.38)),
        cheeks=share((aside > 1.15) & (aside < 1.4) & (down > 0.35) & (down < 1.0)),
        shoulders=share((aside > 0.95) & (aside < 1.5) & (down > 1.4) & (down < 1.9)),
        wide=share((aside > 1.4) & (aside < 1.75) & (down > -0.9) & (down < 0.0)),
        curls=_measure_curls(picture, hair),
        contrast=float(np.abs(colour - skin).mean() / 255),
    )


def _cover(picture: Upright, hair: Floats, skin: Floats, area: _Area) -> float:
    """Return the part of an area whose colour is nearer to hair than to skin."""
    seen = picture.image[area & picture.inside].astype(np.float32)
    if len(seen) < _LEAST or np.abs(hair - skin).sum() < 40:
        return 0.0
    near = np.abs(seen - hair).sum(1) < 0.7 * np.abs(seen - skin).sum(1)
    return float(near.mean())


def _measure_curls(picture: Upright, hair: _Area) -> float:
    """Return 1 less the coherence of the structure tensor in the hair (Bigün and Granlund 1987)."""
    inner = cv2.erode(hair.astype(np.uint8), np.ones((9, 9))) > 0
    if inner.sum() < _LEAST:
        return 0.0
    grey = cv2.GaussianBlur(picture.image, (0, 0), 2).astype(np.float32).mean(2)
    x, y = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.GaussianBlur(p, (0, 0), 9)[inner] for p in (x * x, y * y, x * y))
    coherence = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-3)
    weight = xx + yy
    return float(1 - (coherence * weight).sum() / max(float(weight.sum()), 1e-6))


def name_style(hair: Hairdo, *, male: bool, dark: bool) -> str:
    """Return the style that a figure has in place of hair.

    Args:
        hair: Of `look_at_hair`.
        male: Whether a man is drawn: what a picture does not show is guessed by it.
        dark: Whether the skin is dark: likewise.
    """
    falls = _or(hair.cheeks, 0.0) > (0.5 if male else 0.35)
    if _or(hair.crown, 1.0) < 0.25 or (hair.crown >= 0 and hair.contrast < 0.04):
        return "bald" if male else "bun"
    if falls and (not male or _or(hair.shoulders, 0.0) > 0.4):
        return _name_long(hair)
    stands, curly = _or(hair.wide, 0.0) > 0.55, hair.curls > 0.62
    if stands or curly:
        short = "afro" if stands else "coils"
        return short if dark else "curly"
    return _name_short(hair, male=male, dark=dark)


def _name_long(hair: Hairdo) -> str:
    """Return a style that falls beside the cheeks."""
    if hair.fringe > 0.45:
        return "fringe"
    if _or(hair.shoulders, 0.5) < 0.35:
        return "bob"
    return "wavy" if hair.curls > 0.55 else "long"


def _name_short(hair: Hairdo, *, male: bool, dark: bool) -> str:
    """Return a style that leaves the cheeks free, or one where nothing is seen of it."""
    if male and dark:
        return "buzz"
    if hair.fringe > 0.45:
        return "crop"
    unseen = "bob" if np.isnan(hair.crown) else "bun"
    return "parted" if male else unseen


LONG = ("long", "wavy", "fringe", "bob")
"""Styles that fall beside the cheeks."""


def insist(style: str, wish: HairStyle) -> str:
    """Return a style as short or as long as is wished."""
    if wish == "long" and style not in LONG:
        return "long"
    return "parted" if wish == "short" and style in LONG else style


def _or(value: float, otherwise: float) -> float:
    return otherwise if np.isnan(value) else value


def is_dark(skin: Floats) -> bool:
    """Tell whether a colour of skin, 0 to 255, is dark."""
    return measure_luma(skin) < 105
