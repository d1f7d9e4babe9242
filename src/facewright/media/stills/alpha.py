"""Transparency of pictures: compose them over a colour, or transfer it to other pictures."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.types import Image

Alpha: TypeAlias = NDArray[np.uint8]
"""(height, width), opacity of each pixel: 0 is transparent, 255 opaque."""

WHITE = (255, 255, 255)
"""Default colour behind transparent pixels, RGB."""


def lay_over(
    colours: Image, alpha: Alpha | None, background: tuple[int, int, int] = WHITE
) -> Image:
    """Compose a picture over one colour.

    Args:
        colours: (height, width, 3), not multiplied by alpha.
        alpha: (height, width); None for an opaque picture.
        background: RGB.

    Returns:
        (height, width, 3), uint8.
    """
    if alpha is None:
        return colours
    seen, rows = colours.copy(), alpha < 255
    opaque = alpha[rows, None].astype(np.uint32)  # [n 1]
    mixed = colours[rows] * opaque + np.array(background, np.uint32) * (255 - opaque)
    seen[rows] = (mixed + 127) // 255
    return seen


def fill_hidden(colours: Image, alpha: Alpha) -> Image:
    """Give fully transparent pixels the colours of those around them.

    Hidden pixels of a file are often black, or a background that was cut away. A network that reads
    the neighbours of a pixel would let them appear at edges.

    Args:
        colours: (height, width, 3), not multiplied by alpha.
        alpha: (height, width).

    Returns:
        (height, width, 3), changed only where alpha is 0; white if it is 0 everywhere.
    """
    hidden = alpha == 0
    if not hidden.any():
        return colours
    weights = alpha[..., None] / np.float32(255)  # [h w 1]
    filled = _spread(np.concatenate([colours * weights, weights], axis=2))
    return np.where(hidden[..., None], filled.round().astype(np.uint8), colours)


def attach(colours: Image, alpha: Alpha) -> NDArray[np.uint8]:
    """Return a picture with its transparency.

    Args:
        colours: (height, width, 3).
        alpha: (h, w); enlarged or reduced to the size of the picture.

    Returns:
        (height, width, 4), RGBA.
    """
    return np.dstack([colours, fit(alpha, colours)])


def fit(alpha: Alpha, image: Image) -> Alpha:
    """Enlarge or reduce transparency to the size of a picture.

    Args:
        alpha: (h, w).
        image: (height, width, 3).

    Returns:
        (height, width).
    """
    height, width = image.shape[:2]
    if alpha.shape == (height, width):
        return alpha
    smaller = height < alpha.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(alpha, (width, height), interpolation=way).astype(np.uint8, copy=False)


def _spread(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill hidden pixels from a picture of half the size, recursively.

    Args:
        seen: (height, width, 4): colours times weight, and the weight, 0 to 1.

    Returns:
        (height, width, 3).
    """
    height, width = seen.shape[:2]
    if height * width == 1:
        return seen[..., :3] if seen[0, 0, 3] else np.full((1, 1, 3), 255, np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    smaller = cv2.resize(seen, half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], 4)
    share = np.maximum(smaller[..., 3:], np.float32(0.25))  # a quarter of the pixels speaks for all
    coarse = _spread((smaller / share).astype(np.float32, copy=False))
    larger = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    filled: NDArray[np.float32] = seen[..., :3] + (1 - seen[..., 3:]) * larger
    return filled
