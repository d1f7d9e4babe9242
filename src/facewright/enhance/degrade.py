"""Make pictures small and dull, as cameras, messengers and web pages do."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.learning.dice import ExampleRng
from facewright.media.artefacts import store_as_jpeg
from facewright.media.resize import Reduction, reduce_image
from facewright.types import Image

_BLUR = (0.2, 0.9)  # spread in pixels of the small picture
_NOISE = (0.5, 8.0)  # steps of 256
_QUALITY = (40, 95)  # of JPEG


def degrade_image(image: Image, scale: int, dice: ExampleRng, *, clean: float = 0.5) -> Image:
    """Make a picture small, and most often dull: blurred, noisy and stored as a JPEG.

    Args:
        image: (h · scale, w · scale, 3).
        scale: How many times smaller.
        dice: What to do, and how much.
        clean: In this share of the cases it gets smaller only.

    Returns:
        (h, w, 3).
    """
    method: Reduction = "area" if dice.chance(0.5) else "bicubic"
    if dice.chance(clean):
        return reduce_image(image, scale, method)
    if dice.chance(0.7):
        spread = scale * dice.between(*_BLUR)
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), spread), np.uint8)
    small = reduce_image(image, scale, method)
    if dice.chance(0.5):
        small = _round(small + dice.ratio(*_NOISE) * dice.noise(small.shape))
    if dice.chance(0.7):
        small = store_as_jpeg(small, round(dice.between(*_QUALITY)))
    return small


def _round(values: NDArray[np.floating]) -> Image:
    """Return the nearest picture."""
    return np.rint(values).clip(0, 255).astype(np.uint8)
