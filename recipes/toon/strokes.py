"""Masks that drawings are made of: filled loops, lines, discs, spots."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BITS = 4  # fractions of pixels in which OpenCV draws


def fill(shape: tuple[int, ...], loop: Floats, soft: float = 0) -> Floats:
    """Return a mask of a polygon, (h, w, 1), 0 to 1.

    Args:
        shape: (h, w, ...).
        loop: (n, 2), pixels.
        soft: Spread of its border, pixels.
    """
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [_fixed(loop)], 255, cv2.LINE_AA, _BITS)
    found = mask.astype(np.float32) / 255
    return (blur(found, soft) if soft > 0.3 else found)[..., None]


def stroke(shape: tuple[int, ...], line: Floats, widths: Floats, soft: float = 0) -> Floats:
    """Return a mask of a line, (h, w, 1), 0 to 1.

    Args:
        shape: (h, w, ...).
        line: (n, 2), pixels.
        widths: (n,), how wide it is at each point, pixels.
        soft: Spread of its border, pixels.
    """
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    half = across * np.asarray(widths, np.float32)[:, None] / 2
    return fill(shape, np.concatenate([line + half, (line - half)[::-1]]), soft)


def taper(count: int, start: float = 0.25, end: float = 0.25, power: float = 0.6) -> Floats:
    """Return widths of a line that is full in its middle and thin at its ends, (count,)."""
    part = np.linspace(0, 1, count)
    ends = start + (end - start) * part
    return (ends + (1 - ends) * np.sin(np.pi * part) ** power).astype(np.float32)


def smooth_line(points: Floats, count: int = 24) -> Floats:
    """Return a smooth line through points, (count, 2): Catmull and Rom 1974."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    places = np.linspace(0, len(points) - 1 - 1e-6, count)
    i, t = places.astype(int), (places % 1)[:, None]
    a, b, c, d = (padded[i + k] for k in range(4))
    cubic = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
    return ((cubic + (3 * b - a - 3 * c + d) * t**3) / 2).astype(np.float32)


def smooth_loop(points: Floats, harmonics: int = 4) -> Floats:
    """Return a closed loop with rounded corners, (6 n, 2)."""
    count, k = len(points), harmonics
    around = np.fft.fft(points[:, 0] + 1j * points[:, 1])
    padded = np.zeros(count * 6, complex)
    padded[: k + 1], padded[-k:] = around[: k + 1], around[-k:]
    loop = np.fft.ifft(padded) * 6
    return np.stack([loop.real, loop.imag], 1).astype(np.float32)


def halves(loop: Floats) -> tuple[Floats, Floats]:
    """Return the upper and the lower half of a loop that begins at one corner."""
    cut = len(loop) // 2
    ones, others = loop[: cut + 1], np.concatenate([loop[cut:], loop[:1]])[::-1]
    return (ones, others) if ones[:, 1].mean() < others[:, 1].mean() else (others, ones)


def disc(shape: tuple[int, ...], middle: Floats, radius: float, soft: float = 1) -> Floats:
    """Return a mask of a disc, (h, w, 1), 0 to 1."""
    ys, xs = np.ogrid[: shape[0], : shape[1]]
    apart = np.hypot(xs - middle[0], ys - middle[1])
    return np.clip((radius - apart) / soft + 0.5, 0, 1)[..., None].astype(np.float32)


def spot(shape: tuple[int, ...], middle: Floats, radius: float, flat: float = 1) -> Floats:
    """Return a soft spot, (h, w, 1), 0 to 1; its height is `flat` times its width."""
    xs, ys = np.arange(shape[1]), np.arange(shape[0])
    row = np.exp(-0.5 * ((xs - middle[0]) / radius) ** 2).astype(np.float32)
    column = np.exp(-0.5 * ((ys - middle[1]) / (flat * radius)) ** 2).astype(np.float32)
    return (column[:, None] * row)[..., None]


def blur(image: Floats, sigma: float) -> Floats:
    """Smooth with a Gaussian; wide ones at a quarter of the size, for speed."""
    if sigma < 6:
        return cv2.GaussianBlur(image, (0, 0), sigma)
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def mean_under(image: Floats, mask: Floats) -> Floats:
    """Return the mean colour under a mask, (3,)."""
    return ((image * mask).sum((0, 1)) / max(float(mask.sum()), 1e-3)).astype(np.float32)


def grey(colour: Floats) -> Floats:
    """Return how bright colours are, 0 to 1."""
    return (colour @ np.float32([0.3, 0.59, 0.11])).astype(np.float32)


def _fixed(points: Floats) -> NDArray[np.int32]:
    """Return points in the fractions of pixels in which OpenCV draws."""
    return np.round(points * (1 << _BITS)).astype(np.int32)
