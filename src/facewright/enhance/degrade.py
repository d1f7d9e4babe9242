"""Degradation of pictures for training: reduction, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.training.example_rng import ExampleRng
from facewright.media.stills.jpeg import store_as_jpeg
from facewright.media.stills.resize import Reduction, reduce_image
from facewright.types import Image

_BLUR = (0.2, 0.9)  # spread in pixels of the small picture
_NOISE = (0.5, 8.0)  # steps of 256
_QUALITY = (40, 95)  # of JPEG


def degrade_image(image: Image, scale: int, rng: ExampleRng, *, clean: float = 0.5) -> Image:
    """Reduce a picture, and by default in half of the cases blur it, add noise and compress it.

    Args:
        image: (h · scale, w · scale, 3).
        scale: Factor of the reduction.
        rng: Chooses the changes and their strengths.
        clean: Probability, 0 to 1, that it is only reduced.

    Returns:
        (h, w, 3).
    """
    method: Reduction = "area" if rng.chance(0.5) else "bicubic"
    if rng.chance(clean):
        return reduce_image(image, scale, method)
    if rng.chance(0.7):
        spread = scale * rng.between(*_BLUR)
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), spread), np.uint8)
    small = reduce_image(image, scale, method)
    if rng.chance(0.5):
        small = _round(small + rng.ratio(*_NOISE) * rng.noise(small.shape))
    if rng.chance(0.7):
        small = store_as_jpeg(small, round(rng.between(*_QUALITY)))
    return small


def _round(values: NDArray[np.floating]) -> Image:
    """Round and clip to uint8."""
    return np.rint(values).clip(0, 255).astype(np.uint8)
