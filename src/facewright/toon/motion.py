"""Transfer the motion of one face to another: warp by the mesh, and add the remaining change."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facewright.faces.geometry.topology import SKIN
from facewright.faces.masks import draw_region_mask, measure_face
from facewright.toon.heads.matting import fill_holes
from facewright.toon.shapes import Floats
from facewright.types import Image

_REGIONS = ("eyes", "brows", "lips")
_AROUND, _FADE = 0.16, 0.14  # how far around them what changes is taken, in distances of the eyes
_BROAD = 0.3  # distances of the eyes: changes as wide as that are light and hue, and left out
_CALM = 0.02  # over which part of the square motion is smoothed


def carry_over(own: Image, drawn: Sequence[Image], meshes: Sequence[Floats]) -> Image:
    """Transfer the change between two drawings of a face to the face.

    Its pixels are warped by the motion of the drawings' mesh. Around eyes, brows and mouth, the
    remaining change of the drawing is added, such as teeth between parted lips. Light and hue stay
    those of the face.

    Args:
        own: (side, side, 3), the face.
        drawn: Two pictures (k, k, 3) of the same square: the drawing before and after.
        meshes: The mesh (478, 3) of each, in its pixels.

    Returns:
        (side, side, 3).
    """
    side, small = len(own), len(drawn[0])
    before, after = (image.astype(np.float32) for image in drawn)
    away = spread_motion(meshes[0], meshes[1], small)
    change = after - move_pixels(before, away)
    change -= cv2.GaussianBlur(change, (0, 0), _BROAD * measure_face(meshes[0]))
    change *= _find_features(meshes, small)[..., None]
    large = cv2.resize(np.dstack([away * np.float32(side / small), change]), (side, side))
    moved = move_pixels(own.astype(np.float32), np.ascontiguousarray(large[..., :2]))
    return np.clip(np.rint(moved + large[..., 2:]), 0, 255).astype(np.uint8)


def spread_motion(before: Floats, after: Floats, side: int) -> Floats:
    """Interpolate the motion of the points of a mesh to all pixels of a square.

    Args:
        before: (478, 3), in pixels.
        after: (478, 3).
        side: Side of the square in pixels, whose border does not move.

    Returns:
        (side, side, 2), the motion in pixels, at the destination.
    """
    field, weight = np.zeros((side, side, 2), np.float32), np.zeros((side, side), np.float32)
    weight[[0, -1]] = weight[:, [0, -1]] = 1
    x, y = np.clip(np.rint(after[:SKIN, :2]).astype(int), 1, side - 2).T
    field[y, x], weight[y, x] = (after - before)[:SKIN, :2], 1
    spread = fill_holes(field, weight)
    return np.asarray(cv2.GaussianBlur(spread, (0, 0), _CALM * side), np.float32)


def move_pixels(image: Floats, away: Floats) -> Floats:
    """Warp a picture.

    Args:
        image: (height, width, 3).
        away: (height, width, 2): motion in pixels, at the destination.
    """
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    places = np.stack([columns - away[..., 0], rows - away[..., 1]], -1)
    # OpenCV takes None where both coordinates are in one map; its types do not say so.
    moved = cv2.remap(image, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, np.float32)


def _find_features(meshes: Sequence[Floats], side: int) -> Floats:
    """Return the mask of eyes, brows and mouth, before or after, with a margin, 0 to 1."""
    parts = [draw_region_mask(mesh, (side, side), name) for mesh in meshes for name in _REGIONS]
    unit = measure_face(meshes[0])
    reach = int(2 * _AROUND * unit) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    wide = cv2.dilate(np.maximum.reduce(parts), disc)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), _FADE * unit / 2), np.float32)
