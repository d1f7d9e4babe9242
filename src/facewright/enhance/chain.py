"""Enlarge a picture with a network, smooth it, sharpen it: always in this order.

The network comes first, since it was trained on the degradations of cameras, not on filtered
pictures: it would amplify a blur or a sharpened edge.
"""

from __future__ import annotations

from dataclasses import dataclass

from facewright.enhance.filters import SMOOTHINGS, read_strength, sharpen_image, smooth_image
from facewright.enhance.network import Enhancer, enlarge_image
from facewright.errors import InputError
from facewright.types import Image, Smoothing


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """Options of enhancement."""

    smooth: float | str = 0.8
    """Strength of smoothing: light, medium, strong, or a number from 0 to 5."""
    sharpen: float | str = 1.2
    """Strength of sharpening after that: light, medium, strong, or a number from 0 to 5."""
    smoothing: Smoothing = "gaussian"
    """Method of smoothing: gaussian blurs everything alike, bilateral and guided preserve edges."""


def enhance_image(
    image: Image, options: ChainOptions | None = None, *, enhancer: Enhancer | None = None
) -> Image:
    """Enhance a picture: enlarge and restore it with a network, smooth it, sharpen it.

    Args:
        image: (h, w, 3).
        options: Strengths; None uses the defaults.
        enhancer: The network; None leaves it out.

    Returns:
        (h · scale, w · scale, 3); scale is 1 without an enhancer.

    Raises:
        InputError: A strength or the kind of smoothing is unknown.
    """
    options = options or ChainOptions()
    check_chain(options)
    large = image if enhancer is None else enlarge_image(enhancer, image)
    smooth = smooth_image(large, options.smooth, method=options.smoothing)
    return sharpen_image(smooth, options.sharpen)


def check_chain(options: ChainOptions) -> None:
    """Raise InputError if a strength or the kind of smoothing is unknown."""
    read_strength(options.smooth)
    read_strength(options.sharpen)
    if options.smoothing not in SMOOTHINGS:
        raise InputError(
            f"no smoothing is called `{options.smoothing}`", hint=", ".join(SMOOTHINGS)
        )
