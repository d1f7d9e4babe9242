"""Draw a conversion at several strengths, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import fit_image
from facewright.types import Face, Image

_SIDE = 640
"""Largest longer side of each picture of a strip in pixels."""
_MARGIN = 0.6  # around faces, in parts of their size


def plan_strengths(strength: float, steps: int | None) -> tuple[float, ...]:
    """Return the strengths of some steps, from none to all.

    Args:
        strength: The last strength.
        steps: Number of strengths; None means two.

    Example:
        >>> plan_strengths(1.0, 5)
        (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    return tuple(float(round(x, 4)) for x in np.linspace(0, strength, steps or 2))


def draw_strip(
    images: Sequence[Image],
    strengths: Sequence[float],
    faces: Sequence[Face] = (),
    *,
    scale: int = 1,
) -> Image:
    """Draw pictures side by side, each with its strength.

    Args:
        images: Pictures of one size, (height, width, 3); large ones are reduced.
        strengths: One per picture; two are labelled before and after.
        faces: Faces to show; where they are small, the strip is cropped around them.
        scale: Size of the pictures in multiples of the size that faces refer to.

    Returns:
        The strip.
    """
    rows, columns = _frame(images[0].shape, [face.box * scale for face in faces])
    seen = [fit_image(np.ascontiguousarray(image[rows, columns]), _SIDE) for image in images]
    labels = ["before", "after"] if len(strengths) == 2 else [f"{s:.2g}" for s in strengths]
    return contact_sheet(seen, columns=len(images), labels=labels)


def _frame(shape: tuple[int, ...], boxes: Sequence[NDArray[np.float32]]) -> tuple[slice, slice]:
    """Return the rows and columns in which faces are seen well: a square, or all there is."""
    height, width = shape[:2]
    if not boxes:
        return slice(height), slice(width)
    corners = np.stack(boxes)
    low, high = corners[:, :2].min(0), corners[:, 2:].max(0)
    side = round(float((high - low).max()) * (1 + 2 * _MARGIN))
    if side >= min(height, width):
        return slice(height), slice(width)
    left, top = np.rint((low + high - side) / 2).astype(int).clip(0, (width - side, height - side))
    return slice(top, top + side), slice(left, left + side)
