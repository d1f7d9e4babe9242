"""Make pictures small and dull, as cameras, messengers and web pages do."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from facewright.errors import InputError
from facewright.faces.learning.dice import Dice
from facewright.types import Image, check_image

_BLUR = (0.2, 0.9)  # spread in pixels of the small picture
_NOISE = (0.5, 8.0)  # steps of 256
_QUALITY = (40, 95)  # of JPEG


def reduce_image(image: Image, scale: int, method: str = "bicubic") -> Image:
    """Make a picture smaller by a whole factor, and change nothing else.

    Args:
        image: (h · scale, w · scale, 3).
        scale: How many times smaller.
        method: "bicubic", smoothed as Pillow does it, or "area", the mean of scale² pixels.

    Returns:
        (h, w, 3); the picture itself at scale 1.

    Raises:
        InputError: The picture's sides are no multiples of the scale.
    """
    height, width = check_image(image).shape[:2]
    if height % scale or width % scale:
        raise InputError(f"{width}×{height} pixels cannot be made {scale} times smaller")
    if scale == 1:
        return image
    size = (width // scale, height // scale)
    if method == "area":
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.array(Pictures.fromarray(image).resize(size, Pictures.Resampling.BICUBIC))


def degrade_image(image: Image, scale: int, dice: Dice, *, clean: float = 0.5) -> Image:
    """Make a picture small, and most often dull: blurred, noisy and stored as a JPEG.

    Args:
        image: (h · scale, w · scale, 3).
        scale: How many times smaller.
        dice: What to do, and how much.
        clean: In this share of the cases it gets smaller only.

    Returns:
        (h, w, 3).
    """
    method = "area" if dice.chance(0.5) else "bicubic"
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


def store_as_jpeg(image: Image, quality: int) -> Image:
    """Return a picture as it looks after it was stored as a JPEG, colours at half size.

    Args:
        image: (h, w, 3).
        quality: 1 to 95.

    Returns:
        (h, w, 3).
    """
    stored = BytesIO()
    Pictures.fromarray(image).save(stored, "JPEG", quality=quality, subsampling="4:2:0")
    return np.array(Pictures.open(stored))


def _round(values: NDArray[np.floating]) -> Image:
    """Return the nearest picture."""
    return np.rint(values).clip(0, 255).astype(np.uint8)
