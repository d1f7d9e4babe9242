"""Convert the colours of a picture to sRGB by its ICC profile."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pictures

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""Mode of a picture → the colour space that a profile for it has, as ICC.1 writes it."""

_LARGEST = 16 << 20  # bytes of a profile
_TRIED = np.arange(0, 256, 17, dtype=np.uint8)  # levels of each channel
_SAME = 1  # levels: a profile that changes no colour further describes sRGB


def convert_to_srgb(picture: Pictures.Image, profile: bytes | None) -> Pictures.Image:
    """Return a picture in sRGB.

    Colours outside of sRGB are clipped: relative colorimetric, with black point compensation. A
    profile that is damaged, or for another mode of pictures, is ignored.

    Args:
        picture: "RGB", "L" or "CMYK".
        profile: The ICC profile; None for sRGB.

    Returns:
        "RGB".
    """
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    if not profile or len(profile) > _LARGEST:
        return plain
    if transform := _find_transform(bytes(profile), picture.mode):
        return transform.apply(picture)
    # a grey picture may have a profile for pictures in RGB
    transform = _find_transform(bytes(profile), "RGB") if picture.mode == "L" else None
    return transform.apply(plain) if transform else plain


@lru_cache(maxsize=8)
def _find_transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the transform of pictures of a mode to sRGB; None if none is needed."""
    from PIL import ImageCms  # takes 12 ms, and few pictures need it

    try:
        described = ImageCms.ImageCmsProfile(BytesIO(profile))
        if described.profile.xcolor_space != _SPACES.get(mode):
            return None
        transform = ImageCms.buildTransform(
            described,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform if mode == "CMYK" or _changes(transform, mode) else None


def _changes(transform: ImageCmsTransform, mode: str) -> bool:
    """Return whether a transform changes any colour of pictures in RGB or grey visibly."""
    levels = np.meshgrid(_TRIED, _TRIED, _TRIED) if mode == "RGB" else [_TRIED[None]] * 3
    before = np.stack(levels, axis=-1).reshape(-1, 1, 3)  # [n 1 3]
    tried = Pictures.fromarray(before if mode == "RGB" else before[..., 0])
    after = np.asarray(transform.apply(tried))  # [n 1 3]
    return int(np.abs(after.astype(np.int16) - before).max()) > _SAME
