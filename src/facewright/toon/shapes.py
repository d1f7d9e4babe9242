"""Draw smooth filled shapes and tapering lines."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Colour: TypeAlias = Floats | tuple[float, float, float]
"""Red, green and blue, 0 to 255."""

_FINE = 4  # pixels are counted in quarters, so that edges are smooth
_SHIFT = 4  # bits of OpenCV's coordinates that are a fraction
_STEPS = 12  # points of a curve between two that it goes through


def smooth_loop(points: ArrayLike) -> Floats:
    """Return a smooth closed curve through points (Catmull and Rom 1974).

    Args:
        points: (n, 2), in order.

    Returns:
        (12 n, 2).
    """
    own = np.asarray(points, np.float32)
    before, after, then = (np.roll(own, shift, axis=0) for shift in (1, -1, -2))
    return _curve(before, own, after, then)


def smooth_line(points: ArrayLike) -> Floats:
    """Return a smooth curve through points, from the first to the last.

    Args:
        points: (n, 2), n at least 2.

    Returns:
        (12 (n - 1) + 1, 2).
    """
    own = np.asarray(points, np.float32)
    ends = np.concatenate([2 * own[:1] - own[1:2], own, 2 * own[-1:] - own[-2:-1]])
    curve = _curve(ends[:-3], ends[1:-2], ends[2:-1], ends[3:])
    return np.concatenate([curve, own[-1:]])


def _curve(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Return points of curves from each of b to each of c."""
    t = np.linspace(0, 1, _STEPS, endpoint=False, dtype=np.float32)[None, :, None]
    a, b, c, d = (p[:, None] for p in (a, b, c, d))
    bent = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return (bent / 2).reshape(-1, 2).astype(np.float32)


def thicken(line: Floats, widths: ArrayLike) -> Floats:
    """Return the outline of a stroke of varying width along a line.

    Args:
        line: (n, 2).
        widths: (k,): widths in pixels at equal steps along it; 0 is a pointed end.

    Returns:
        (2 n, 2): a closed outline.
    """
    wide = np.asarray(widths, np.float32)
    along = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(wide)), wide)
    steps = np.gradient(line, axis=0)
    normal = np.stack([-steps[:, 1], steps[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    aside = normal * along[:, None] / 2
    return np.concatenate([line + aside, (line - aside)[::-1]]).astype(np.float32)


def join_lines(there: Floats, back: Floats) -> Floats:
    """Return the outline of the area between two lines.

    Args:
        there: (n, 2).
        back: (m, 2), in the same direction.

    Returns:
        (n + m, 2).
    """
    return np.concatenate([there, back[::-1]]).astype(np.float32)


def make_ellipse(middle: ArrayLike, across: float, down: float) -> Floats:
    """Return the outline of an ellipse.

    Args:
        middle: x and y.
        across: Half of its width.
        down: Half of its height.

    Returns:
        (48, 2).
    """
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = np.stack([across * np.cos(angle), down * np.sin(angle)], 1)
    return (np.asarray(middle) + ring).astype(np.float32)


def cover(outline: Floats, shape: tuple[int, ...]) -> Floats:
    """Return the coverage of each pixel by a shape.

    Args:
        outline: (n, 2), closed, in pixels.
        shape: Height and width.

    Returns:
        (height, width), 0 to 1.
    """
    height, width = shape[:2]
    drawn = np.zeros((height * _FINE, width * _FINE), np.uint8)
    corners = (outline + 0.5) * _FINE - 0.5  # halves of pixels count: (0, 0) is a centre
    fixed = np.rint(corners * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(drawn, [fixed], 255, cv2.LINE_8, _SHIFT)
    counted = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(counted, np.float32) / np.float32(255)


def fill(
    canvas: Floats,
    outline: Floats,
    colour: Colour,
    *,
    opacity: float = 1.0,
    soft: float = 0.0,
    within: Floats | None = None,
) -> None:
    """Fill a shape on a canvas, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        outline: (n, 2), closed, in pixels.
        colour: Its colour.
        opacity: 0 to 1.
        soft: Standard deviation of the blur of its edge in pixels.
        within: (height, width), 0 to 1: mask that limits it; None for none.
    """
    margin = 2 + int(np.ceil(3 * soft))
    low = np.floor(outline.min(0)).astype(int) - margin
    high = np.ceil(outline.max(0)).astype(int) + margin + 1
    left, top = np.clip(low, 0, canvas.shape[1::-1]).tolist()
    right, bottom = np.clip(high, 0, canvas.shape[1::-1]).tolist()
    if right <= left or bottom <= top:
        return
    part = slice(top, bottom), slice(left, right)
    mask = cover(outline - np.array([left, top], np.float32), (bottom - top, right - left))
    if soft > 0:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
    if within is not None:
        mask = mask * within[part]
    lay(canvas[part], mask * np.float32(opacity), colour)


def lay(canvas: Floats, mask: Floats, colour: Colour) -> None:
    """Blend a colour into a canvas by a mask, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        mask: (height, width), 0 to 1.
        colour: One colour, or a picture of the size of the canvas.
    """
    canvas += (np.asarray(colour, np.float32) - canvas) * mask[..., None]
