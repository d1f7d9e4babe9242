"""Resample pictures by a 2×3 matrix in one pass, with anti-aliasing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.matrices import Matrix, invert_matrix, join_matrices, measure_scale

REFLECT: int = cv2.BORDER_REFLECT_101
REPLICATE: int = cv2.BORDER_REPLICATE
ZERO: int = cv2.BORDER_CONSTANT

_REACH = 8  # pixels that all filters together look to each side
_BLOCK = 0.55  # the scale from which blocks are averaged
_BLUR = 0.4  # pixels of the result: what leaves least stripes and most detail
_SHRINKS, _GROWS = 0.85, 1.5


def resample(
    image: NDArray[Any],
    matrix: Matrix,
    size: tuple[int, int],
    *,
    border: int = REFLECT,
    linear: bool = False,
) -> NDArray[Any]:
    """Resample a picture or a mask.

    For reductions, blocks of whole pixels are averaged, then a Gaussian removes detail finer than
    the pixels of the result. Near the original size a Lanczos filter keeps the picture sharp;
    elsewhere a cubic one is as good and five times faster. Only the part of the picture that is
    needed is read.

    Args:
        image: (height, width) or (height, width, 3), uint8 or float32.
        matrix: 2×3, from pixels of the picture to pixels of the result.
        size: Width and height of the result.
        border: Values outside the picture: REFLECT, REPLICATE or ZERO.
        linear: Whether to use the linear filter, which never overshoots: for masks.

    Returns:
        (height, width) or (height, width, 3), of the same type. Sharp filters overshoot:
        float32 may exceed the range of the input slightly.

    Raises:
        InputError: The matrix is singular.
    """
    block = max(1, int(_BLOCK / max(measure_scale(matrix), 1e-6)))
    left, top, right, bottom = _find_part(image, matrix, size, block)
    part = image[top:bottom, left:right]
    if block > 1:
        wide, high = (left - right) % block, (top - bottom) % block  # what is missing
        part = cv2.copyMakeBorder(part, 0, high, 0, wide, border)
        smaller = part.shape[1] // block, part.shape[0] // block
        part = cv2.resize(part, smaller, interpolation=cv2.INTER_AREA)
    if border == REFLECT and min(part.shape[:2]) == 1:
        border = REPLICATE  # a line is its own reflection, and OpenCV would look for another
    # From pixels of the part to pixels of the picture.
    middle = (block - 1) / 2
    out = np.array([[block, 0, left + middle], [0, block, top + middle]], np.float64)
    matrix = join_matrices(out, matrix)
    scale = measure_scale(matrix)
    if scale < _SHRINKS and not linear:
        spread = _BLUR * np.sqrt(1 / scale**2 - 1)
        part = cv2.GaussianBlur(part, (0, 0), spread, borderType=border)
    flags = cv2.INTER_LINEAR if linear else _pick_filter(scale)
    return cv2.warpAffine(part, matrix, size, flags=flags, borderMode=border)


def find_reach(
    matrix: Matrix, size: tuple[int, int], shape: tuple[int, ...], *, margin: float = 0
) -> tuple[int, int, int, int]:
    """Return the part of a picture that a rectangle covers.

    Args:
        matrix: 2×3, from pixels of the rectangle to pixels of the picture.
        size: Width and height of the rectangle.
        shape: Height and width of the picture.
        margin: Pixels of the picture to add on each side.

    Returns:
        Left, top, right and bottom, the latter two exclusive, clipped to the picture; an empty part
        has right equal to left or bottom equal to top.
    """
    low, high = _bound(matrix, size, margin)
    left, top = (int(np.clip(v, 0, s)) for v, s in zip(low, shape[1::-1], strict=True))
    right, bottom = (int(np.clip(v, 0, s)) for v, s in zip(high, shape[1::-1], strict=True))
    return left, top, max(left, right), max(top, bottom)


def _find_part(
    image: NDArray[Any], matrix: Matrix, size: tuple[int, int], block: int
) -> tuple[int, int, int, int]:
    """Return the part of a picture that a result depends on, reflections included."""
    way_back = invert_matrix(matrix)
    low, high = _bound(way_back, size, _REACH * block)
    edge = np.array(image.shape[1::-1])
    over = np.maximum(high - edge, 0)
    high = np.maximum(high, -low + 1)  # what lies n outside is the image of what lies n inside
    low = np.minimum(low, edge - over - 1)
    left, top = (int(v) for v in np.clip(low, 0, edge - 1))
    right, bottom = (int(v) for v in np.clip(high, 1, edge))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _bound(
    matrix: Matrix, size: tuple[int, int], margin: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first and last whole x and y that a moved rectangle and a margin reach."""
    right, bottom = size[0] - 0.5, size[1] - 0.5
    corners = np.array([[-0.5, -0.5], [right, -0.5], [-0.5, bottom], [right, bottom]])
    moved = corners @ matrix[:, :2].T + matrix[:, 2]  # [4 2]
    return np.floor(moved.min(0) - margin), np.ceil(moved.max(0) + margin) + 1


def _pick_filter(scale: float) -> int:
    """Return OpenCV's constant of the filter for a scale."""
    return int(cv2.INTER_LANCZOS4 if _SHRINKS <= scale < _GROWS else cv2.INTER_CUBIC)
