"""Convert pictures of any mode to 8-bit sRGB and alpha."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pictures

from facewright.errors import FileError
from facewright.media.stills.alpha import Alpha
from facewright.media.stills.profiles import convert_to_srgb
from facewright.media.stills.spaces import build_filter
from facewright.types import Image

_BAND = 1 << 22  # pixels that are converted at once


def to_rgb(picture: Pictures.Image, name: str) -> tuple[Image, Alpha | None]:
    """Convert a loaded picture of any mode to 8-bit sRGB and alpha, a part at a time.

    Args:
        picture: A loaded picture, with its ICC profile in `info["icc_profile"]`, if any.
        name: Name for error messages.

    Returns:
        (height, width, 3), and (height, width), or None for a picture that is opaque.

    Raises:
        FileError: Its pixels are real numbers.
    """
    if picture.mode == "F":
        raise FileError(f"{name} has pixels of real numbers, whose range is not known")
    width, height = picture.size
    rows = max(_BAND // width, 1)
    if rows >= height:
        colours, alpha = _band_to_rgb(picture)
    else:
        colours = np.empty((height, width, 3), np.uint8)
        alpha = np.full((height, width), 255, np.uint8)
        for top in range(0, height, rows):
            part = slice(top, min(top + rows, height))
            colours[part], found = _band_to_rgb(picture.crop((0, top, width, part.stop)))
            alpha[part] = 255 if found is None else found
    return colours, None if alpha is None or alpha.min() == 255 else alpha


def _band_to_rgb(picture: Pictures.Image) -> tuple[Image, Alpha | None]:
    """Convert a few rows of any mode to 8-bit sRGB and alpha."""
    profile, alpha = picture.info.get("icc_profile"), None
    wide_range = picture.info.get("wide_range")
    if picture.mode.startswith("I"):  # 16 bits of grey
        deep = np.asarray(picture).astype(np.int64)
        key = picture.info.get("transparency")
        alpha = None if not isinstance(key, int) else np.where(deep == key, 0, 255).astype(np.uint8)
        picture = Pictures.fromarray(((deep.clip(0, 65535) + 128) // 257).astype(np.uint8))  # [h w]
    elif picture.has_transparency_data:
        whole = picture.convert("RGBA")
        alpha = np.array(whole.getchannel("A"))
        picture = picture.getchannel("L") if picture.mode in ("L", "LA") else whole
    if picture.mode not in ("RGB", "L", "CMYK"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if wide_range:
        return np.array(picture.convert("RGB").filter(build_filter(wide_range))), alpha
    return np.array(convert_to_srgb(picture, profile)), alpha  # [h w 3]
