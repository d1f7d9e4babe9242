"""Make pictures larger or smaller."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pictures

from facewright.errors import InputError
from facewright.types import Image, check_image

_LARGEST = 16_384  # pixels


def resize_image(image: Image, size: int) -> Image:
    """Resize a square picture with a Lanczos filter, smoothed where it gets smaller.

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
