"""Paint a head: simplified colours, soft shadows, no features."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.masks import draw_face_mask, draw_region_mask
from facewright.toon.colours import shade
from facewright.toon.heads.matting import fill_holes
from facewright.toon.heads.upright import UNIT, Head
from facewright.toon.shapes import Floats, lay
from facewright.types import Image

_ROUNDS = 4  # of the bilateral filter
_FLAT = 0.8  # what is left of the light and shadow on skin
_SOFT = 0.06  # how far light is spread, in distances of the eyes; twice that in small pictures
_VIVID = 1.1
_LINE = np.array([0.52, 0.42, 0.42], np.float32)  # how dark the line along the edge is


def paint_head(head: Head) -> Floats:
    """Paint a head without eyes, brows and mouth.

    Args:
        head: The head.

    Returns:
        (SIDE, SIDE, 3), 0 to 255.
    """
    painted = _simplify(head.image)
    lay(painted, head.skin * (1 - head.hair), _find_skin(head))
    grey = painted.mean(-1, keepdims=True)
    return np.clip(grey + _VIVID * (painted - grey), 0, 255).astype(np.float32)


def draw_edge(canvas: Floats, alpha: Floats) -> None:
    """Draw a soft dark line along the inside of an edge, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        alpha: (height, width), 0 to 1.
    """
    inside = cv2.GaussianBlur(cv2.erode(alpha, _make_disc(0.035)), (0, 0), 2.0)
    dark = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 4.0), np.float32) * _LINE
    lay(canvas, np.asarray(0.55 * (1 - inside), np.float32), dark)


def _find_skin(head: Head) -> Floats:
    """Return the light on the skin, without features, hair and edges, darker towards the jaw."""
    shape = head.alpha.shape
    face = draw_face_mask(head.points, (shape[0], shape[1]))
    regions = [
        draw_region_mask(head.points, (shape[0], shape[1]), r) for r in ("eyes", "brows", "lips")
    ]
    off = np.maximum(_widen(np.maximum.reduce(regions), 0.13), _widen(head.hair, 0.06))
    inner = np.asarray(cv2.erode(face, _make_disc(0.1)), np.float32)
    soft = _SOFT if head.detail > 0.5 else 2 * _SOFT
    filled = fill_holes(head.image.astype(np.float32), inner * (1 - off))
    skin = np.asarray(cv2.GaussianBlur(filled, (0, 0), soft * UNIT), np.float32)
    middle = np.median(skin[face > 0.9], axis=0).astype(np.float32)
    skin = middle + np.float32(_FLAT) * (skin - middle)
    solid = (np.maximum(head.skin, head.hair) > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    rim = np.clip(1 - away / (0.32 * UNIT), 0, 1) ** 2
    lay(skin, np.asarray(0.3 * rim, np.float32), shade(middle, 0.55))
    return skin


def _widen(area: Floats, by: float) -> Floats:
    """Return an area, dilated by a width in eye distances."""
    wide = cv2.dilate(area, _make_disc(by))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), 0.02 * UNIT), np.float32)


def _make_disc(radius: float) -> NDArray[np.uint8]:
    """Return a disc for growing and shrinking areas; in distances of the eyes."""
    side = int(2 * radius * UNIT) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _simplify(image: Image) -> Floats:
    """Smooth a picture, preserving edges."""
    out = image
    for _ in range(_ROUNDS):
        out = np.asarray(cv2.bilateralFilter(out, 9, 28, 5), np.uint8)
    return out.astype(np.float32)
