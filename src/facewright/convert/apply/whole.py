"""Convert a whole picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from facewright.convert.apply.faces import Finish, blend_change, finish_image
from facewright.convert.generators import Translator, check_strength, translate_images
from facewright.types import Image, check_image

LARGEST = 1024
"""Default of the longest side in pixels at which a picture is translated."""

_SMALLEST = 8  # pixels that a translator takes


def convert_whole(
    translator: Translator,
    image: Image,
    strengths: Sequence[float] = (1.0,),
    *,
    dtype: torch.dtype = torch.float32,
    finish: Finish | None = None,
    largest: int = LARGEST,
) -> list[Image]:
    """Convert a whole picture.

    One with a longer side above `largest` is translated at that size, and the change is added to
    the original, which keeps its detail.

    Args:
        translator: On its device.
        image: (height, width, 3).
        strengths: Factors on the change, 0 to 2, as `FaceConverter.convert` takes them.
        dtype: The number format of the convolutions: float32 or bfloat16.
        finish: Post-processing of the translated picture; None for none.
        largest: Longest side in pixels at which a picture is translated.

    Returns:
        A picture for each strength, of the size of the first.

    Raises:
        InputError: A strength is out of range.
    """
    for strength in strengths:
        check_strength(strength)
    height, width = check_image(image).shape[:2]
    share = min(1.0, largest / max(height, width))
    seen = image if share == 1 else _resize(image, round(width * share), round(height * share))
    made = _translate(translator, seen, dtype)
    results = []
    for strength in strengths:
        if strength == 0:
            results.append(image)
            continue
        edited = finish_image(blend_change(seen, made, strength), finish)
        results.append(edited if share == 1 else _add_change(image, seen, edited))
    return results


def _translate(translator: Translator, image: Image, dtype: torch.dtype) -> Image:
    """Translate a picture of any size, padded by reflection to one that fits."""
    multiple = translator.config.multiple
    height, width = image.shape[:2]
    down, right = (
        max(-(-side // multiple) * multiple, _SMALLEST) - side for side in (height, width)
    )
    border = cv2.BORDER_REFLECT_101 if min(height, width) > max(down, right) else cv2.BORDER_REFLECT
    padded = np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, border), np.uint8)
    (made,) = translate_images(translator, padded[np.newaxis], dtype=dtype)
    return np.ascontiguousarray(made[:height, :width])


def _add_change(image: Image, seen: Image, edited: Image) -> Image:
    """Add the change of a smaller copy of a picture to the picture."""
    height, width = image.shape[:2]
    change = cv2.subtract(edited, seen, dtype=cv2.CV_32F)
    large = cv2.resize(change, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.add(image, large, dtype=cv2.CV_8U), np.uint8)


def _resize(image: Image, width: int, height: int) -> Image:
    """Return a smaller picture."""
    size = (max(width, 1), max(height, 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
