"""Take a change of brightness as shading of the skin: colours, mouth, eyes and exposure stay."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.masks import draw_face_mask, draw_region_mask, measure_face, soften_outside
from facewright.types import Image

_LIFT = 24.0  # steps of 256 that are added before logarithms, so that black stays quiet
_DARKEST = 0.3  # of the brightness before
_STRONGEST = 0.7  # logarithm of the gain that no pixel exceeds, about twice or half as bright
_BROAD = 0.06  # of the side of the crop: what is wider is a shade, what is finer a fold
_SHADES = 0.5  # how much of the shades is taken; of folds all
_RIM = 0.12  # distances between the eyes over which lips and eyes pass into the skin


def shade_face(image: Image, made: Image, strength: float, points: NDArray[np.float32]) -> Image:
    """Take so much of what a translator changes in brightness, as a gain of all three channels.

    The colour of every pixel stays what it is, as under other light. Lips, what is between them,
    and eyes stay as they are: there, so small a network opens closed mouths and greys teeth.
    Folds are taken whole, broad shades by half, and the mean over the skin not at all, so that no
    face gets lighter or darker. The gain is bounded, so that a strength above 1 draws no dirt.

    Args:
        image: The crop before, (side, side, 3).
        made: After, from a translator that changes brightness alone.
        strength: 0 is before, 1 is after, up to 2 more of the same.
        points: The mesh, (478, 3), in pixels of the crop.

    Returns:
        (side, side, 3).
    """
    side, x = len(image), image.astype(np.float32)
    before = x.mean(axis=2)  # [side side]
    after = np.maximum(before + strength * (made.mean(axis=2) - before), _DARKEST * before)
    gain = np.log((after + _LIFT) / (before + _LIFT))
    gain = _STRONGEST * np.tanh(gain / _STRONGEST)
    regions = [draw_region_mask(points, (side, side), name) for name in ("lips", "eyes")]
    kept = soften_outside(np.maximum(*regions), _RIM * measure_face(points))
    skin = draw_face_mask(points, (side, side)) * (1 - kept)
    mean = float((gain * skin).sum() / max(float(skin.sum()), 1.0))
    broad = cv2.GaussianBlur(gain, (0, 0), _BROAD * side)
    gain = (gain - broad + _SHADES * (broad - mean)) * (1 - kept)
    return np.rint(x * np.exp(gain)[..., None]).clip(0, 255).astype(np.uint8)
