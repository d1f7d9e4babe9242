"""Augmentation of light, colours, focus, noise and compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.training.example_rng import ExampleRng
from facewright.types import Image

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # luma of ITU-R BT.601


def change_light(image: Image, rng: ExampleRng, *, blur: float = 1.0) -> Image:
    """Return the picture with random light, colours, blur and noise.

    Args:
        image: (height, width, 3).
        rng: Chooses the changes and their strengths.
        blur: Strength of the loss of detail, 0 to 1; 1 is the most for close-ups.

    Returns:
        A picture of the same size.
    """
    image = _change_tones(image, rng)
    if rng.chance(0.12):
        image = _turn_grey(image)
    if rng.chance(0.2):
        image = _light_from_a_side(image, rng)
    if rng.chance(0.25):
        image = _lose_detail(image, rng.ratio(0.15**blur, 0.8))
    if rng.chance(0.2):
        image = _blur(image, rng, rng.ratio(0.4, 0.4 + 1.6 * blur))
    if rng.chance(0.2):
        spread = rng.between(2, 14)
        image = _clip(image + spread * rng.noise(image.shape))
    return image


def compress(image: Image, quality: int) -> Image:
    """Return the picture after JPEG compression at a quality from 1 to 100."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _change_tones(image: Image, rng: ExampleRng) -> Image:
    """Change brightness, contrast, gamma and the balance of the colours."""
    tones = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = rng.ratio(0.6, 1.7)
    gains = np.array([rng.ratio(0.87, 1.15) for _ in range(3)], np.float32)
    gains *= rng.ratio(0.65, 1.35)
    contrast, lift = rng.between(0.65, 1.25), rng.between(-0.1, 0.1)
    curves = ((tones**gamma) * gains - 0.5) * contrast + 0.5 + lift  # [256 3]
    table = _clip(curves * 255)[None]  # [1 256 3]
    return np.asarray(cv2.LUT(image, table), np.uint8)


def _turn_grey(image: Image) -> Image:
    """Return the picture in grey."""
    return np.repeat(_clip(image @ _GREY)[..., None], 3, axis=2)


def _light_from_a_side(image: Image, rng: ExampleRng) -> Image:
    """Darken one side smoothly."""
    height, width = image.shape[:2]
    angle = rng.between(0, 2 * np.pi)
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(angle))
    slope = 0.5 + 0.5 * (across[None] + down[:, None]) / 1.42
    shade = 1 - rng.between(0.2, 0.75) * slope
    return _clip(image * shade[..., None])


def _lose_detail(image: Image, share: float) -> Image:
    """Reduce and enlarge the picture."""
    height, width = image.shape[:2]
    small = (max(round(width * share), 4), max(round(height * share), 4))
    tiny = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(tiny, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _blur(image: Image, rng: ExampleRng, spread: float) -> Image:
    """Apply defocus or motion blur."""
    if rng.chance(0.5):
        return np.asarray(cv2.GaussianBlur(image, (0, 0), spread), np.uint8)
    length = 3 + 2 * round(2 * spread * rng.between(0, 1))
    kernel = np.zeros((length, length), np.float32)
    middle, angle = length // 2, rng.between(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    ends = [tuple(int(v) for v in np.round(middle + sign * reach)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _clip(values: NDArray[np.floating]) -> Image:
    """Round and clip to uint8."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
