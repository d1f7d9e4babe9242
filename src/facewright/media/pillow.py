"""Exchange pictures with Pillow."""

from __future__ import annotations

from PIL import Image as Pictures
from PIL.Image import Image as PillowImage

from facewright.media.decode import Read
from facewright.media.stills.alpha import fill_hidden
from facewright.media.stills.exif import turn_upright
from facewright.media.stills.pixels import to_rgb
from facewright.types import Image

__all__ = ["PillowImage", "from_pillow", "to_pillow"]


def from_pillow(picture: PillowImage) -> Read:
    """Convert a Pillow image as `media.decode` reads a file: upright, in sRGB.

    Args:
        picture: In any mode.

    Returns:
        Colours, (height, width, 3), uint8, C-contiguous; and alpha, (height, width), or None.

    Raises:
        FileError: Its pixels are real numbers.
    """
    picture.load()
    colours, alpha = to_rgb(turn_upright(picture), "the picture")
    return Read(colours if alpha is None else fill_hidden(colours, alpha), alpha)


def to_pillow(image: Image) -> PillowImage:
    """Convert a picture to a Pillow image.

    Args:
        image: (height, width, 3), or (height, width, 4) for RGBA; uint8.
    """
    return Pictures.fromarray(image)
