"""Grounds to lay beneath pictures with transparency."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def paint_ground(ground: dict, size: int) -> NDArray[np.float32]:
    """Paint a ground.

    Args:
        ground: `kind`, two colours (linear light) and a seed for the rest.
        size: Width and height.

    Returns:
        (size, size, 3), display values from 0 to 1.
    """
    rng = np.random.default_rng(ground["seed"])
    first, second = (to_display(np.array(ground[n])) for n in ("colour", "second"))
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    kind = ground["kind"]
    if kind == "plain":
        share = 0.1 * (y - 0.5)
    elif kind == "gradient":
        share = np.clip(along + 0.5, 0, 1) * 0.7
    elif kind == "glow":
        share = 0.8 * (1 - np.exp(-(((x - 0.5) ** 2 + (y - 0.45) ** 2) / rng.uniform(0.08, 0.25))))
    elif kind == "stripes":
        share = 0.35 * (np.sin(along * rng.uniform(25, 60)) > 0)
    else:
        return _blur_places(rng, first, second, x, y)
    return (first + (second - first) * share[..., None]).astype(np.float32)


def _blur_places(
    rng: np.random.Generator, first: NDArray, second: NDArray, x: NDArray, y: NDArray
) -> NDArray[np.float32]:
    """Paint what a room or a street is out of focus: soft blocks and discs of light."""
    size = len(x)
    out = np.broadcast_to(first, (size, size, 3)).copy()
    for _ in range(rng.integers(6, 16)):
        left, top = rng.uniform(-0.2, 1, 2)
        width, height = rng.uniform(0.05, 0.6, 2)
        colour = np.clip(first + (second - first) * rng.random() + rng.normal(0, 0.08, 3), 0, 1)
        block = (x > left) & (x < left + width) & (y > top) & (y < top + height)
        out[block] = colour
    out = cv2.GaussianBlur(out.astype(np.float32), (0, 0), size * rng.uniform(0.015, 0.05))
    for _ in range(rng.integers(0, 9)):
        cx, cy, r = rng.random(), rng.random() * 0.8, rng.uniform(0.02, 0.06)
        disc = 1 / (1 + np.exp((np.hypot(x - cx, y - cy) - r) * size * 0.5))
        out += (disc * rng.uniform(0.05, 0.25))[..., None] * (0.6 + 0.4 * second)
    return np.clip(out, 0, 1)


def to_display(linear: NDArray) -> NDArray:
    """Encode linear light by sRGB's curve."""
    return np.where(
        linear < 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


def soften(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Smooth the edge of an RGBA picture: few samples leave it ragged.

    Colours of pixels that are covered in part are replaced by the mean of what covers their
    neighbours, so that no edge is dark.
    """
    alpha = picture[..., 3].astype(np.float32) / 255
    colour = picture[..., :3].astype(np.float32)
    smooth = cv2.GaussianBlur(alpha, (0, 0), sigma)
    mean = (
        cv2.GaussianBlur(colour * alpha[..., None], (0, 0), sigma)
        / np.maximum(smooth, 1e-4)[..., None]
    )
    inside = np.clip(smooth * 2 - 1, 0, 1)[..., None] * alpha[..., None]
    mixed = colour * inside + mean * (1 - inside)
    return np.dstack([np.clip(np.round(mixed), 0, 255), np.round(smooth * 255)]).astype(np.uint8)


def lay(picture: NDArray[np.uint8], ground: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay an RGBA picture on a ground of the same size; return RGB."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    mixed = picture[..., :3].astype(np.float32) / 255 * alpha + ground * (1 - alpha)
    return np.round(mixed * 255).astype(np.uint8)
