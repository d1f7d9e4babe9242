"""Resize, blur and sample fields of numbers: OpenCV with types."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.swap.mesh.raster import Floats


def shrink(field: NDArray[np.integer[Any] | np.floating[Any]], size: tuple[int, int]) -> Floats:
    """Make a field smaller, each value the mean of those that it replaces.

    Args:
        field: (height, width) or (height, width, k).
        size: The new width and height.

    Returns:
        float32.
    """
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)


def spread(field: NDArray[np.integer[Any] | np.floating[Any]], size: tuple[int, int]) -> Floats:
    """Make a field larger, straight between its values.

    Args:
        field: (height, width) or (height, width, k).
        size: The new width and height.

    Returns:
        float32.
    """
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_LINEAR), np.float32)


def blur(field: NDArray[np.integer[Any] | np.floating[Any]], sigma: float) -> Floats:
    """Blur a field with a Gaussian.

    Args:
        field: (height, width) or (height, width, k).
        sigma: Standard deviation in pixels.

    Returns:
        float32.
    """
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def sample(picture: NDArray[np.uint8], places: Floats, *, cubic: bool = False) -> NDArray[np.uint8]:
    """Look up a picture at places between its pixels; beyond its border, the border goes on.

    Args:
        picture: (height, width, k).
        places: (rows, columns, 2): x and y.
        cubic: Bicubic, otherwise bilinear.

    Returns:
        (rows, columns, k).
    """
    flag = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    # OpenCV takes None where both coordinates are in one map; its types do not say so.
    found = cv2.remap(picture, places, None, flag, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(found, np.uint8)


def inset(inside: NDArray[np.bool_], width: float) -> Floats:
    """Return 0 at the rim of an area, 1 from `width` pixels inside it on, smoothly.

    Args:
        inside: (rows, columns). The border of the field is no rim.
        width: Pixels.

    Returns:
        (rows, columns), 0 to 1.
    """
    area = cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    apart = np.asarray(cv2.distanceTransform(area, cv2.DIST_L2, 5), np.float32)[1:-1, 1:-1]
    share = np.clip((apart - 1) / np.float32(max(width, 1.0)), 0, 1)
    return share * share * (3 - 2 * share)


def fill_gaps(total: Floats, weight: Floats) -> Floats:
    """Fill in what has no weight from what has, from coarse to fine.

    Args:
        total: (rows, columns, k), values times their weights.
        weight: (rows, columns), from 0; 1 and more is sure.

    Returns:
        (rows, columns, k), values.
    """
    height, width = weight.shape
    if min(height, width) <= 2:
        mean = total.sum((0, 1)) / max(float(weight.sum()), 1e-6)
        coarse = np.broadcast_to(mean, total.shape).astype(np.float32)
    else:
        half = ((width + 1) // 2, (height + 1) // 2)
        coarse = fill_gaps(shrink(total, half), shrink(weight, half))
        coarse = spread(coarse, (width, height))
    share = np.minimum(weight, 1)[..., None]
    own = total / np.maximum(weight, 1e-6)[..., None]
    return (coarse + (own - coarse) * share).astype(np.float32)
