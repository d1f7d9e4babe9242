"""Smooth and sharpen without a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.types import Image, Smoothing, check_image

SMOOTHINGS: tuple[Smoothing, ...] = get_args(Smoothing)
"""Methods of smoothing."""

STRENGTHS: dict[str, float] = {"light": 0.5, "medium": 1.0, "strong": 2.0}
"""Named strengths."""

STRONGEST = 5.0
"""The largest strength."""

# What a strength of 1 means; these grow in proportion.
_GAUSSIAN_SIGMA = 1.0  # pixels
_BILATERAL_SIGMA, _BILATERAL_COLOURS = 2.0, 25.0  # pixels; steps of 256
_GUIDED_CONTRAST = 0.05  # of white
# These stay: with a larger radius, faces turn dull.
_GUIDED_SIDE = 9  # pixels
_SHARP_SIGMA = 1.0  # pixels


def read_strength(strength: float | str) -> float:
    """Return a strength as a number.

    Args:
        strength: light (0.5), medium (1), strong (2), or a number from 0 (nothing changes) to 5, in
            text too.

    Raises:
        InputError: It is neither.

    Example:
        >>> read_strength("strong"), read_strength("0.8"), read_strength(3)
        (2.0, 0.8, 3.0)
    """
    try:
        number = STRENGTHS[strength] if strength in STRENGTHS else float(strength)
    except ValueError:
        number = math.nan
    if not 0 <= number <= STRONGEST:
        known = ", ".join(STRENGTHS)
        raise InputError(
            f"there is no strength {strength}", hint=f"{known}, or a number from 0 to {STRONGEST:g}"
        )
    return float(number)


def smooth_image(
    image: Image, strength: float | str = "medium", *, method: Smoothing = "gaussian"
) -> Image:
    """Smooth a picture.

    Args:
        image: (h, w, 3).
        strength: As for `read_strength`. At 1, "gaussian" has a standard deviation of 1 pixel,
            "bilateral" one of 2 pixels and 25 levels of colour, and "guided" preserves contrasts
            well above a twentieth of white.
        method: "gaussian" blurs everything alike; "bilateral" (Tomasi and Manduchi 1998) and
            "guided" (He et al. 2013) preserve edges.

    Returns:
        (h, w, 3); the picture itself at strength 0.

    Raises:
        InputError: The strength or the method is unknown.
    """
    check_image(image)
    number = read_strength(strength)
    if method not in _METHODS:
        raise InputError(f"no smoothing is called `{method}`", hint=", ".join(_METHODS))
    return _METHODS[method](image, number) if number else image


def sharpen_image(image: Image, strength: float | str = "medium") -> Image:
    """Sharpen a picture by unsharp masking with a blur of 1 pixel.

    Args:
        image: (h, w, 3).
        strength: As for `read_strength`: factor on the difference to the blurred picture.

    Returns:
        (h, w, 3); the picture itself at strength 0.

    Raises:
        InputError: The strength is unknown.
    """
    check_image(image)
    number = read_strength(strength)
    if not number:
        return image
    x = image.astype(np.float32)
    return _round(x + number * (x - _blur(x, _SHARP_SIGMA)))


def _smooth_gaussian(image: Image, strength: float) -> Image:
    """Blur everything alike."""
    return _round(_blur(image.astype(np.float32), _GAUSSIAN_SIGMA * strength))


def _smooth_bilateral(image: Image, strength: float) -> Image:
    """Average pixels that are near and of similar colour."""
    colours, pixels = _BILATERAL_COLOURS * strength, _BILATERAL_SIGMA * strength
    return np.ascontiguousarray(cv2.bilateralFilter(image, -1, colours, pixels))


def _smooth_guided(image: Image, strength: float) -> Image:
    """Fit a line to the neighbourhood of each pixel, flat where there is little contrast.

    All three channels share the slope, so that colours do not shift; He et al. 2013, equations 5,
    6 and 8, with the picture as its own guide.
    """
    side = _GUIDED_SIDE
    x = image.astype(np.float32) / 255
    mean = _box(x, side)
    variance = np.maximum(_box(x * x, side) - mean * mean, 0).mean(axis=2, keepdims=True)
    slope = variance / (variance + (_GUIDED_CONTRAST * strength) ** 2)  # [h w 1]
    offset = mean * (1 - slope)
    slope = _box(slope, side).reshape(slope.shape)
    return _round((slope * x + _box(offset, side)) * 255)


_METHODS: dict[str, Callable[[Image, float], Image]] = {
    "gaussian": _smooth_gaussian,
    "bilateral": _smooth_bilateral,
    "guided": _smooth_guided,
}


def _blur(x: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur with a normal distribution; edges are mirrored."""
    return cv2.GaussianBlur(x, (0, 0), sigma).astype(np.float32, copy=False)


def _box(x: NDArray[np.floating[Any]], side: int) -> NDArray[np.float32]:
    """Return the mean over a square around each pixel; edges are mirrored."""
    return cv2.blur(x, (side, side)).astype(np.float32, copy=False)


def _round(x: NDArray[np.floating[Any]]) -> Image:
    """Round and clip to uint8."""
    return np.rint(x).clip(0, 255).astype(np.uint8)
