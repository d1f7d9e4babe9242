"""Cover a face with an emoji."""

from __future__ import annotations

import cv2
import numpy as np

from facewright.faces.geometry.matrices import (
    invert_matrix,
    join_matrices,
    make_similarity,
    measure_scale,
)
from facewright.faces.geometry.resample import find_reach
from facewright.toon.heads.upright import EYES, SIDE, frame_face
from facewright.toon.shapes import Floats
from facewright.types import Image

_LARGER = 1.15
"""Size of an emoji relative to the head, so that it covers it."""
_SMALL = 0.75  # the scale below which an emoji is made smaller first, so that nothing flickers


def disguise(image: Image, points: Floats, emoji: Image) -> Image:
    """Cover a face with an emoji, rotated and scaled with the face.

    Args:
        image: (height, width, 3).
        points: (478, 3), the mesh of the face in pixels.
        emoji: (SIDE, SIDE, 4), from `toon.emoji.draw_emoji`.

    Returns:
        A new picture of the same size.
    """
    result = image.copy()
    eyes = complex(*EYES) * SIDE
    grown = join_matrices(
        make_similarity(_LARGER, (1 - _LARGER) * eyes), invert_matrix(frame_face(points))
    )
    left, top, right, bottom = find_reach(grown, (SIDE, SIDE), image.shape, margin=1)
    if right <= left or bottom <= top:
        return result
    share = emoji[..., 3:].astype(np.float32) / np.float32(255)
    mixed = np.dstack([emoji[..., :3] * share, share]).astype(np.float32)
    scale = measure_scale(grown)
    if scale < _SMALL:
        side = max(round(SIDE * scale), 1)
        mixed = np.asarray(cv2.resize(mixed, (side, side), interpolation=cv2.INTER_AREA))
        ratio = SIDE / side
        grown = join_matrices(make_similarity(ratio, (ratio - 1) / 2 * (1 + 1j)), grown)
    grown[:, 2] -= left, top
    warped = cv2.warpAffine(mixed, grown, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    alpha = np.asarray(warped[..., 3], np.float32)
    part = (slice(top, bottom), slice(left, right))
    canvas = result[part].astype(np.float32) * (1 - alpha[..., None]) + warped[..., :3]
    result[part] = np.clip(np.rint(canvas), 0, 255)
    return result
