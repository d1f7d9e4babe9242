"""Show what storing a picture takes away from it."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image as Pictures

from facewright.types import Image, check_image


def store_as_jpeg(image: Image, quality: int) -> Image:
    """Return a picture as it looks after it was stored as a JPEG, its colours at half the size.

    Args:
        image: (h, w, 3).
        quality: 1 to 95.

    Returns:
        (h, w, 3).
    """
    stored = BytesIO()
    picture = Pictures.fromarray(check_image(image))
    picture.save(stored, "JPEG", quality=quality, subsampling="4:2:0")
    return np.array(Pictures.open(stored))
