"""Resize pictures."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np
from PIL import Image as Pictures

from facewright.errors import InputError
from facewright.types import Image, check_image

Reduction: TypeAlias = Literal["bicubic", "area"]

_LARGEST = 16_384  # pixels


def resize_image(image: Image, size: int) -> Image:
    """Resize a square picture with an antialiased Lanczos filter.

    Args:
        image: (side, side, 3).
        size: The new side in pixels.

    Returns:
        (size, size, 3); the picture itself if it has that size already.

    Raises:
        InputError: The size is out of range, or the picture is not square.
    """
    height, width = check_image(image).shape[:2]
    if height != width:
        raise InputError(f"a square picture is resized here, not one of {width} by {height}")
    if not 1 <= size <= _LARGEST:
        raise InputError(f"a picture is resized to 1 to {_LARGEST} pixels, not {size}")
    if size == width:
        return image
    resized = Pictures.fromarray(image).resize((size, size), Pictures.Resampling.LANCZOS)
    return np.array(resized)  # [size size 3]


def reduce_image(image: Image, scale: int, method: Reduction = "bicubic") -> Image:
    """Reduce a picture by an integer factor.

    Args:
        image: (h · scale, w · scale, 3).
        scale: The factor, 1 or more.
        method: "bicubic", antialiased as in Pillow, or "area", the mean of scale² pixels.

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


def fit_image(image: Image, side: int) -> Image:
    """Reduce a picture to fit into a square.

    Args:
        image: (h, w, 3).
        side: Side of the square in pixels.

    Returns:
        A picture of the same aspect ratio; the picture itself if it fits.
    """
    height, width = check_image(image).shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return image
    size = (max(round(width * share), 1), max(round(height * share), 1))
    return np.array(Pictures.fromarray(image).resize(size, Pictures.Resampling.LANCZOS))
