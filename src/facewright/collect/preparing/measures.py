"""Measure crops: sharpness, exposure, smile, and the share outside of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.topology import OVAL, SKIN
from facewright.types import Image

_Floats = NDArray[np.floating]
_FINE, _COARSE = 1.0, 2.0  # pixels: widths of the filters that part the finest octaves
_ROUNDING = 0.12  # variance of grey levels that comes of rounding colours: it is no detail
_CLIPPED = 250  # grey level from which on pixels count as clipped

_EYES, _CORNERS, _LIPS, _UNDER_NOSE = (33, 263), (61, 291), (13, 14), 2  # points of the mesh
_SMILE = (2.66, 1.83, -2.04, -0.97)  # of width, lift and distance to the nose; constant
SMILES = {"no": 0.25, "slight": 0.6, "broad": math.inf}
"""Value of the label `smile` → exclusive upper bound of `measure_smile`."""


@dataclass(frozen=True, slots=True)
class Light:
    """Exposure of a face: grey levels within its outline, 0 to 1."""

    dark: float
    """5th percentile."""
    middle: float
    """Median."""
    bright: float
    """95th percentile."""
    clipped: float
    """Share of clipped pixels."""


def measure_sharpness(crop: Image, points: _Floats) -> float:
    """Measure how sharp a face is at the scale of its crop.

    The contrast of the finest octave divided by that of the third, four times coarser. Pictures of
    things have about the same contrast in every octave (Field 1987), so that neither the contrast
    of the picture nor the size of the crop matters much; blur takes the finest octave first. Noise
    counts as detail.

    Args:
        crop: (size, size, 3), uint8.
        points: (478, 2 or more), in pixels of the crop.

    Returns:
        0.3 to 0.7 for studio portraits, about 0.2 for snapshots, 0.1 and less for what is out of
        focus or was enlarged three times; 0 for an even surface.
    """
    low = np.clip(np.floor(points[:SKIN, :2].min(0)).astype(int), 0, crop.shape[0] - 8)
    high = np.clip(np.ceil(points[:SKIN, :2].max(0)).astype(int), low + 8, crop.shape[0])
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)  # [size size]
    once = cv2.GaussianBlur(grey, (0, 0), _FINE)
    band = grey - once
    finest = band - cv2.GaussianBlur(band, (0, 0), _FINE)  # twice: coarse leaks into a single band
    third = cv2.GaussianBlur(grey, (0, 0), _COARSE) - cv2.GaussianBlur(grey, (0, 0), 2 * _COARSE)
    face = np.s_[low[1] : high[1], low[0] : high[0]]
    fine, coarse = float(finest[face].var()), float(third[face].var())
    return math.sqrt(max(fine - _ROUNDING, 0) / coarse) if coarse > _ROUNDING else 0.0


def measure_light(crop: Image, points: _Floats) -> Light:
    """Measure the exposure of a face.

    Args:
        crop: (size, size, 3), uint8.
        points: (478, 2 or more), in pixels of the crop.

    Returns:
        Percentiles of the grey levels within the outline of the face.
    """
    outline = np.rint(points[OVAL, :2]).clip(-(1 << 15), 1 << 15).astype(np.int32)
    mask = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline], 1)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[mask > 0]  # [n]
    if not grey.size:
        return Light(0, 0, 0, 0)
    dark, middle, bright = (float(x) / 255 for x in np.percentile(grey, (5, 50, 95)))
    return Light(dark, middle, bright, float((grey >= _CLIPPED).mean()))


def measure_outside(matrix: NDArray[np.float64], size: int, picture: tuple[int, int]) -> float:
    """Measure how much of a crop lies outside of its picture.

    Args:
        matrix: 2×3, from pixels of the picture to pixels of the crop.
        size: Side of the crop in pixels.
        picture: Width and height in pixels.

    Returns:
        The share of its area, 0 to 1.
    """
    edge = size - 0.5
    corners = np.array([[-0.5, -0.5, 1], [edge, -0.5, 1], [edge, edge, 1], [-0.5, edge, 1]])
    square = (corners @ cv2.invertAffineTransform(matrix).T).astype(np.float32)  # [4 2]
    right, bottom = picture[0] - 0.5, picture[1] - 0.5
    frame = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]], np.float32)
    inside, _ = cv2.intersectConvexConvex(square, frame)
    area = cv2.contourArea(square)
    return min(max(1 - inside / area, 0.0), 1.0) if area else 1.0


def measure_cut_off(points: _Floats, picture: tuple[int, int]) -> float:
    """Measure how much of a face lies outside of its picture.

    Args:
        points: (478, 2 or more), in pixels of the picture.
        picture: Width and height in pixels.

    Returns:
        The share of its points, 0 to 1.
    """
    last = np.array(picture) - 0.5
    beyond = (points[:SKIN, :2] < -0.5) | (points[:SKIN, :2] > last)
    return float(beyond.any(axis=1).mean())


def measure_smile(points: _Floats) -> float:
    """Measure how much a face smiles, whichever way it is tilted or turned.

    A linear function of three lengths, divided by the distance of the outer corners of the eyes:
    how wide the mouth is, how far its corners stand above the middle of the lips, and how far they
    are below the nose. It was fitted to MediaPipe's blendshapes by least squares.

    Args:
        points: (478, 3), in pixels; z at the same scale as x.

    Returns:
        About 0 for a mouth at rest and 1 for a broad smile; 0 for a face without any extent.
    """
    p = points.astype(np.float64)
    across = p[_EYES[1]] - p[_EYES[0]]
    unit = float(np.linalg.norm(across))
    corners = p[list(_CORNERS)].mean(0)
    down = corners - p[list(_EYES)].mean(0)
    down -= across * (down @ across / max(unit, 1e-9) ** 2)
    length = float(np.linalg.norm(down))
    if unit < 1e-9 or length < 1e-9:
        return 0.0
    down /= length
    width = float(np.linalg.norm(p[_CORNERS[1]] - p[_CORNERS[0]])) / unit
    lift = float((p[list(_LIPS)].mean(0) - corners) @ down) / unit
    below = float((corners - p[_UNDER_NOSE]) @ down) / unit
    return float(np.array([width, lift, below, 1.0]) @ _SMILE)


def name_smile(measure: float) -> str:
    """Return the value of the label `smile`.

    >>> name_smile(0.1), name_smile(0.5), name_smile(1.2)
    ('no', 'slight', 'broad')
    """
    return next(name for name, below in SMILES.items() if measure < below)
