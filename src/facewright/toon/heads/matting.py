"""Say how much of each pixel is in front, and which colour the front has there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.toon.shapes import Floats
from facewright.types import Image

_STEPS = 80  # of conjugate gradients
_ENOUGH = 1e-3  # the part of the residual at which they end
_HOLD = 100.0  # how strictly what is known stays
_EVEN = 1e-4  # the variance of colours that counts as none, of 1


def find_alpha(image: Image, sure: NDArray[np.uint8], *, reach: int = 2) -> Floats:
    """Find how much of each pixel belongs to the front, where only a part of them is known.

    Closed-form matting (Levin, Lischinski and Weiss 2008): in every small window the alpha is a
    linear function of the colour. The sum over windows is computed with box filters, which makes
    large ones cheap (He, Sun and Tang 2010).

    Args:
        image: (height, width, 3).
        sure: (height, width): 255 surely the front, 0 surely the back, anything else unknown.
        reach: Windows reach so many pixels to each side.

    Returns:
        (height, width), 0 to 1.
    """
    known = (sure == 0) | (sure == 255)
    given = np.where(known, sure / np.float32(255), np.float32(0.5)).astype(np.float32)
    if known.all():
        return given
    windows = _Windows(image.astype(np.float32) / np.float32(255), reach)
    hold = np.where(known, np.float32(_HOLD), np.float32(0))
    alpha = given.copy()
    residual = hold * given - windows.apply(alpha) - hold * alpha
    scale = hold + 1  # the diagonal, nearly
    step = residual / scale
    move, energy = step, float((residual * step).sum())
    begin = max(energy, 1e-12)
    for _ in range(_STEPS):
        if energy < _ENOUGH**2 * begin:
            break
        bent = windows.apply(move) + hold * move
        length = np.float32(energy / max(float((move * bent).sum()), 1e-12))
        alpha += length * move
        residual -= length * bent
        step = residual / scale
        before, energy = energy, float((residual * step).sum())
        move = step + np.float32(energy / max(before, 1e-12)) * move
    alpha[known] = given[known]
    clipped: Floats = np.clip(alpha, 0, 1)
    return clipped


class _Windows:
    """The matting Laplacian of a picture, as something that is applied to an alpha.

    Its rows sum to zero: an alpha that is the same everywhere costs nothing. Divided by the number
    of pixels in a window, so that its diagonal is about 1.
    """

    def __init__(self, colours: Floats, reach: int) -> None:
        """Prepare windows over colours (height, width, 3), 0 to 1."""
        self._colours, self._side = colours, 2 * reach + 1
        self._mean = self._average(colours)
        height, width = colours.shape[:2]
        spread = np.empty((height, width, 3, 3), np.float32)
        for i in range(3):
            for j in range(i, 3):
                product = self._average(colours[..., i] * colours[..., j])
                spread[..., i, j] = product - self._mean[..., i] * self._mean[..., j]
                spread[..., j, i] = spread[..., i, j]
        spread += np.eye(3, dtype=np.float32) * np.float32(_EVEN)
        self._inverse = np.linalg.inv(spread)  # [h w 3 3]

    def apply(self, alpha: Floats) -> Floats:
        """Return the Laplacian times an alpha (height, width)."""
        mean = self._average(alpha)
        together = self._average(self._colours * alpha[..., None]) - self._mean * mean[..., None]
        slope = np.einsum("hwij,hwj->hwi", self._inverse, together)  # [h w 3]
        start = mean - (slope * self._mean).sum(-1)
        fitted = (self._average(slope) * self._colours).sum(-1) + self._average(start)
        bent: Floats = alpha - fitted
        return bent

    def _average(self, field: Floats) -> Floats:
        """Return the mean over the window around each pixel."""
        side = (self._side, self._side)
        return np.asarray(cv2.blur(field, side, borderType=cv2.BORDER_REFLECT), np.float32)


def find_front(image: Image, alpha: Floats) -> Image:
    """Find the colours of the front, so that nothing of the back shines through its edge.

    Where a pixel is mixed, its front is the colour that explains it best together with the front
    and the back around it (blur fusion, Forte 2021), first with wide, then with narrow windows.
    Where there is no front at all, its colours go on outwards, so that scaling mixes in no others.

    Args:
        image: (height, width, 3).
        alpha: (height, width), 0 to 1.

    Returns:
        (height, width, 3): the same wherever the alpha is 1.
    """
    colours = image.astype(np.float32)
    share = alpha[..., None]
    front, back = colours, colours
    wide = max(image.shape[:2]) // 12
    for reach in (wide, max(wide // 4, 3), 3):
        front, back = _fuse(colours, front, back, share, 2 * reach + 1)
    front = np.where(share > 0.999, colours, front)
    return spread_out(np.clip(np.rint(front), 0, 255).astype(np.uint8), alpha > 0.05)


def _fuse(
    colours: Floats, front: Floats, back: Floats, share: Floats, side: int
) -> tuple[Floats, Floats]:
    """Return better estimates of the front and the back of every pixel."""
    front_mean = _blur(front * share, side) / (_blur(share, side) + 1e-5)
    back_mean = _blur(back * (1 - share), side) / (_blur(1 - share, side) + 1e-5)
    missing = colours - share * front_mean - (1 - share) * back_mean
    return np.clip(front_mean + share * missing, 0, 255), np.clip(back_mean, 0, 255)


def _blur(field: Floats, side: int) -> Floats:
    """Return means over a window, with as many dimensions as before."""
    blurred = np.asarray(cv2.blur(field, (side, side)), np.float32)
    return blurred.reshape(field.shape)


def spread_out(image: Image, known: NDArray[np.bool_]) -> Image:
    """Fill a picture outwards from where it is known, smoother the farther away.

    Args:
        image: (height, width, 3).
        known: (height, width): whose colours count. Without any, the picture stays as it is.

    Returns:
        (height, width, 3), the same wherever it is known.
    """
    if known.all() or not known.any():
        return image
    filled = fill_holes(image.astype(np.float32), known.astype(np.float32))
    return np.where(known[..., None], image, np.rint(filled).astype(np.uint8))


def fill_holes(field: Floats, weight: Floats) -> Floats:
    """Fill what has no weight with means of what has, from ever coarser grids (push and pull).

    Source: Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph", 1996, section 4.3.

    Args:
        field: (height, width, k).
        weight: (height, width), 0 to 1.

    Returns:
        (height, width, k).
    """
    height, width = weight.shape
    if min(height, width) < 2 or (weight > 0.999).all():
        return field
    half = ((width + 1) // 2, (height + 1) // 2)
    mass = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(field * weight[..., None], half, interpolation=cv2.INTER_AREA)
    coarse = (sums.reshape(*mass.shape, -1) / np.maximum(mass, 1e-6)[..., None]).astype(np.float32)
    coarse = fill_holes(coarse, np.minimum(4 * mass, 1).astype(np.float32))
    wide = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    share = weight[..., None]
    filled: Floats = field * share + wide.reshape(field.shape) * (1 - share)
    return filled
