"""Estimate the colours of a face from its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facewright.faces.masks import draw_face_mask, draw_region_mask
from facewright.toon.shapes import Floats
from facewright.types import Image

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_BROWN = np.array([92, 58, 36], np.float32)  # of most eyes
_IRISES = ((468, slice(469, 473)), (473, slice(474, 478)))  # the middle, the rim
_SMALLEST_IRIS = 3.0  # pixels of the picture; what is smaller shows no colour of its own
_WARMER = np.array([0.85, 1.1, 1.05], np.float32)


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a person, each (3,), 0 to 255."""

    skin: Floats
    lips: Floats
    brow: Floats
    iris: Floats
    contrast: float
    """Contrast of brows to skin, 0 to 1."""


def find_colours(image: Image, points: Floats, hair: Floats, *, detail: float = 1.0) -> Colours:
    """Find the colours of a face.

    Args:
        image: (height, width, 3).
        points: (478, 3), its mesh in pixels.
        hair: (3,), the colour of its hair.
        detail: Number of original pixels per pixel of `image`.

    Returns:
        Its colours, with a little more contrast.
    """
    shape = image.shape[:2]
    holes = ("eyes", "brows", "lips")
    face = draw_face_mask(points, shape, forehead=False, holes=holes)
    lips = draw_region_mask(points, shape, "lips") - draw_region_mask(points, shape, "mouth")
    brows = draw_region_mask(points, shape, "brows")
    skin = pick_colour(image, face > 0.9, 0.45, 0.75)
    brow = pick_colour(image, brows > 0.6, 0.1, 0.4)
    contrast = float(np.clip(1 - measure_luma(brow) / max(measure_luma(skin), 1), 0, 1))
    return Colours(
        skin=skin,
        lips=_redden(pick_colour(image, lips > 0.6, 0.3, 0.6), skin),
        brow=_darken(0.8 * np.minimum(brow, (brow + hair) / 2), 0.55 * measure_luma(skin)),
        iris=_find_iris(image, points, detail),
        contrast=contrast,
    )


def shade(colour: ArrayLike, amount: float) -> Floats:
    """Return a colour darker, below 1, or lighter, above 1.

    Darker colours become warmer, as in shadows of skin.

    Args:
        colour: (..., 3), 0 to 255.
        amount: Factor on brightness.
    """
    own = np.asarray(colour, np.float32)
    if amount >= 1:
        return np.minimum(own * np.float32(amount), 255)
    return np.asarray(own * np.float32(amount) ** _WARMER, np.float32)


def measure_luma(colour: Floats) -> float:
    """Return the luma of a colour, 0 to 255."""
    return float(colour @ _LUMA)


def pick_colour(image: Image, area: NDArray[np.bool_], low: float, high: float) -> Floats:
    """Return the mean colour of an area without its darkest and lightest pixels.

    Args:
        image: (height, width, 3).
        area: (height, width).
        low: Quantile of brightness below which pixels are left out, 0 to 1.
        high: Quantile of brightness above which pixels are left out, 0 to 1.

    Returns:
        (3,), 0 to 255; an average skin colour if the area is empty.
    """
    pixels = image[area].astype(np.float32)
    if len(pixels) == 0:
        return np.array([190, 145, 120], np.float32)
    order = np.argsort(pixels @ _LUMA, kind="stable")
    chosen = order[int(len(order) * low) : max(int(len(order) * high), int(len(order) * low) + 1)]
    return np.asarray(pixels[chosen].mean(0), np.float32)


def _redden(lips: Floats, skin: Floats) -> Floats:
    """Return the colour of lips, redder and darker than the skin."""
    wanted = skin * np.array([0.86, 0.60, 0.62], np.float32)
    return np.asarray(0.45 * lips + 0.55 * wanted, np.float32)


def _darken(colour: NDArray[Any], most: float) -> Floats:
    """Return a colour, darkened to a largest luma."""
    return np.asarray(colour * min(1.0, most / max(measure_luma(colour), 1)), np.float32)


def _find_iris(image: Image, points: Floats, detail: float) -> Floats:
    """Return the colour of the irises; brown if they are too small."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    found = []
    for middle, rim in _IRISES:
        x, y = points[middle, :2]
        radius = float(np.linalg.norm(points[rim, :2] - points[middle, :2], axis=1).mean())
        if radius * detail < _SMALLEST_IRIS:
            return _BROWN
        away = np.hypot(columns - x, rows - y) / radius
        ring = (away > 0.4) & (away < 0.85) & (rows > y - 0.35 * radius)  # below the upper lid
        found.append(pick_colour(image, ring, 0.25, 0.55))
    mean = np.mean(found, 0)
    vivid = np.clip(mean.mean() + (mean - mean.mean()) * 1.6, 8, 235)
    bright = measure_luma(vivid)
    return np.asarray(vivid * np.clip(bright, 52, 120) / max(bright, 1), np.float32)
