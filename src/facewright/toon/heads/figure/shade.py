"""Light for skin, eyes, cloth and hair: a key with shadows, a fill, two rims."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_AZIMUTH, _HEIGHT = 0.55, 0.62
KEY = np.array(
    [
        np.sin(_AZIMUTH) * np.cos(_HEIGHT),
        np.sin(_HEIGHT),
        np.cos(_AZIMUTH) * np.cos(_HEIGHT),
    ],
    np.float32,
)
"""Where the key light comes from: right, up, towards the viewer."""
_RIMS = (
    (np.array([0.85, 0.35, -0.4], np.float32), np.array([1.0, 0.93, 0.86], np.float32)),
    (np.array([-0.9, 0.25, -0.35], np.float32), np.array([0.72, 0.86, 1.0], np.float32)),
)
_WARM = np.array([1.0, 0.95, 0.88], np.float32)
_SKY = np.array([0.86, 0.92, 1.0], np.float32)
_EARTH = np.array([0.95, 0.78, 0.7], np.float32)


@dataclass(frozen=True, slots=True)
class Surface:
    """What is seen, pixel by pixel; (m, ...) of the m pixels that show something."""

    colour: Floats
    """(m, 3), linear light."""
    normal: Floats
    """(m, 3); of hair, the direction of the strand."""
    hair: NDArray[np.bool_]
    """(m,), whether it is a strand."""
    soft: Floats
    """(m,), how far light goes below: 1 of skin, 0 of cloth."""
    gloss: Floats
    """(m,), strength of the highlight."""
    sharp: Floats
    """(m,), its exponent."""


def light(surface: Surface, shadow: Floats, open_: Floats) -> Floats:
    """Return the light that surfaces send to the viewer, (m, 3), linear.

    Args:
        surface: What is seen.
        shadow: (m,), the part of the key light that comes through.
        open_: (m,), the part of the sky that is seen.
    """
    out = np.empty_like(surface.colour)
    skin, hair = ~surface.hair, surface.hair
    out[skin] = _light_body(surface, skin, shadow, open_)
    out[hair] = _light_hair(surface, hair, shadow, open_)
    return out


def _light_body(
    surface: Surface, chosen: NDArray[np.bool_], shadow: Floats, open_: Floats
) -> Floats:
    n, colour = surface.normal[chosen], surface.colour[chosen]
    soft, seen, through = (x[chosen][:, None] for x in (surface.soft, open_, shadow))
    wrap = soft * np.array([0.45, 0.22, 0.14], np.float32) + 0.05
    facing = (n @ KEY)[:, None]
    key = np.clip((facing + wrap) / (1 + wrap), 0, 1) ** 1.1
    through = 1 - (1 - through) * (1 - 0.28 * soft * np.array([1, 0.35, 0.2], np.float32))
    up = n[:, 1:2] * 0.5 + 0.5
    sky = up * _SKY + (1 - up) * 0.62 * _EARTH
    bounce = seen ** (1 - 0.5 * soft * np.array([1, 0.2, 0], np.float32))
    total = 0.86 * _WARM * key * through + 0.43 * sky * bounce
    front = np.clip(n[:, 2:], 0, 1)
    total = total + 0.12 * front * seen
    out = colour * total
    edge = (1 - front) ** 2.5
    for place, tint in _RIMS:
        rim = np.clip((n @ place)[:, None] + 0.1, 0, 1) * edge
        out = out + rim * tint * (0.35 * colour + 0.06) * 1.7 * seen
    half = KEY + np.array([0, 0, 1], np.float32)
    half = half / np.linalg.norm(half)
    shine = np.clip(n @ half, 0, 1) ** surface.sharp[chosen]
    return out + (surface.gloss[chosen] * shine)[:, None] * through * _WARM


def _light_hair(
    surface: Surface, chosen: NDArray[np.bool_], shadow: Floats, open_: Floats
) -> Floats:
    """Light strands (Kajiya and Kay 1989)."""
    t, colour = surface.normal[chosen], surface.colour[chosen]
    seen, through = open_[chosen][:, None], shadow[chosen][:, None]
    along = (t @ KEY)[:, None]
    across = np.sqrt(np.clip(1 - along**2, 0, 1))
    total = 0.75 * _WARM * across * (0.25 + 0.75 * through) + 0.5 * _SKY * (0.3 + 0.7 * seen)
    out = colour * total * (0.25 + 0.75 * seen)
    eye = t[:, 2:]
    back = np.sqrt(np.clip(1 - eye**2, 0, 1))
    near = np.clip(across * back - along * eye, 0, 1)
    shine = (0.035 + 0.25 * colour) * near**28 + 0.02 * near**90
    return out + surface.gloss[chosen][:, None] * shine * through * _WARM * (0.3 + 0.7 * seen)


def find_open(depth: Floats, unit: float) -> Floats:
    """Return how much of the surroundings is not hidden by what is nearer, (size, size).

    Args:
        depth: (size, size), nearness; -inf where nothing is.
        unit: Pixels in a unit of the model.
    """
    there = np.isfinite(depth)
    filled = np.where(there, depth, 0).astype(np.float32)
    cover = there.astype(np.float32)
    out = np.ones_like(filled)
    for reach, strength, most in ((0.035, 5.0, 0.35), (0.11, 2.2, 0.5), (0.3, 0.8, 0.45)):
        sigma = reach * unit
        around = _blur(filled, sigma) / np.maximum(_blur(cover, sigma), 1e-3)
        out *= 1 - np.clip((around - filled - 0.01) * strength, 0, most)
    return np.where(there, out, 1).astype(np.float32)


def _blur(values: Floats, sigma: float) -> Floats:
    """Blur a picture (size, size); widely in a smaller one, which costs less."""
    small = 1 << max(0, int(np.log2(max(sigma, 1) / 4)))
    size = values.shape[::-1]
    if small > 1:
        least = (-(-size[0] // small), -(-size[1] // small))
        values = np.asarray(cv2.resize(values, least, interpolation=cv2.INTER_AREA), np.float32)
    blurred = cv2.GaussianBlur(values, (0, 0), sigma / small)
    return np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR), np.float32)


def display(linear: Floats) -> Floats:
    """Encode linear light by sRGB's curve, with soft highlights; 0 to 1."""
    x = np.maximum(linear, 0)
    x = np.where(x > 0.7, 0.7 + 0.3 * np.tanh((x - 0.7) / 0.3), x)
    low = 12.92 * x
    return np.where(x < 0.0031308, low, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055).astype(
        np.float32
    )
