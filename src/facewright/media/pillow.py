"""Exchange pictures with Pillow."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pictures
from PIL import ImageOps
from PIL.Image import Image as PillowImage

from facewright.types import Image

__all__ = ["PillowImage", "from_pillow", "to_pillow"]


def from_pillow(picture: PillowImage) -> Image:
    """Convert a Pillow image: EXIF rotation applied, transparent pixels laid over white.

    Args:
        picture: In any mode.

    Returns:
        (height, width, 3), uint8, C-contiguous.
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Pictures.alpha_composite(Pictures.new("RGBA", layer.size, "white"), layer)
    return np.array(upright.convert("RGB"))


def to_pillow(image: Image) -> PillowImage:
    """Convert a picture to a Pillow image.

    Args:
        image: (height, width, 3), or (height, width, 4) for RGBA; uint8.
    """
    return Pictures.fromarray(image)
