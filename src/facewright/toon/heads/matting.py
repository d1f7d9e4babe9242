"""Image matting: alpha and foreground colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.toon.shapes import Floats
from facewright.types import Image

_STEPS = 80  # of conjugate gradients
_ENOUGH = 1e-3  # the part of the residual at which they end
_HOLD = 100.0  # how strictly what is known stays
_PURE = 0.98  # the alpha from which on a pixel counts as unmixed
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
_EVEN = 1e-4  # the variance of colours that counts as none, of 1


def find_alpha(image: Image, sure: NDArray[np.uint8], *, reach: int = 2) -> Floats:
    """Compute the alpha of a picture from a trimap.

    Closed-form matting (Levin, Lischinski and Weiss 2008): in every small window the alpha is a
    linear function of the colour. The sum over windows is computed with box filters, which makes
    large ones cheap (He, Sun and Tang 2010).

    Args:
        image: (height, width, 3).
        sure: (height, width), the trimap: 255 foreground, 0 background, other values unknown.
        reach: Radius of the windows in pixels.

    Returns:
        (height, width), 0 to 1.
    """
    known = (sure == 0) | (sure == 255)
    given = np.where(known, sure / np.float32(255), np.float32(0.5)).astype(np.float32)
    if known.all():
        return given
    rows, columns = np.flatnonzero(~known.all(1)), np.flatnonzero(~known.all(0))
    margin = 2 * reach + 1
    part = (
        slice(max(rows[0] - margin, 0), rows[-1] + margin + 1),
        slice(max(columns[0] - margin, 0), columns[-1] + margin + 1),
    )
    given[part] = _solve(image[part], given[part], known[part], reach)
    return given


def _solve(image: Image, given: Floats, known: NDArray[np.bool_], reach: int) -> Floats:
    """Solve for the alpha of a picture by conjugate gradients."""
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
    """The matting Laplacian of a picture, as a linear operator on alphas.

    Its rows sum to zero: a constant alpha has no cost. It is divided by the number of pixels in a
    window, so that its diagonal is about 1.
    """

    def __init__(self, colours: Floats, reach: int) -> None:
        """Prepare windows over colours (height, width, 3), 0 to 1."""
        self._colours, self._side = colours, 2 * reach + 1
        self._mean = self._average(colours)
        self._inverse = _invert(self._measure_spread())

    def apply(self, alpha: Floats) -> Floats:
        """Return the Laplacian times an alpha (height, width)."""
        mean = self._average(alpha)
        together = self._average(self._colours * alpha[..., None]) - self._mean * mean[..., None]
        slope = np.stack(self._multiply(together), -1)  # [h w 3]
        start = mean - (slope * self._mean).sum(-1)
        fitted = (self._average(slope) * self._colours).sum(-1) + self._average(start)
        bent: Floats = alpha - fitted
        return bent

    def _measure_spread(self) -> dict[tuple[int, int], Floats]:
        """Return the covariance of colours in each window, the upper half of the matrix."""
        spread = {}
        for i, j in _PAIRS:
            product = self._average(self._colours[..., i] * self._colours[..., j])
            spread[i, j] = product - self._mean[..., i] * self._mean[..., j]
            spread[i, j] += np.float32(_EVEN * (i == j))
        return spread

    def _multiply(self, vectors: Floats) -> list[Floats]:
        """Return the inverse covariances times vectors (height, width, 3)."""
        x, y, z = (vectors[..., i] for i in range(3))
        return [
            self._inverse[min(i, 0), max(i, 0)] * x
            + self._inverse[min(i, 1), max(i, 1)] * y
            + self._inverse[min(i, 2), max(i, 2)] * z
            for i in range(3)
        ]

    def _average(self, field: Floats) -> Floats:
        """Return the mean over the window around each pixel."""
        side = (self._side, self._side)
        return np.asarray(cv2.blur(field, side, borderType=cv2.BORDER_REFLECT), np.float32)


def _invert(m: dict[tuple[int, int], Floats]) -> dict[tuple[int, int], Floats]:
    """Invert symmetric 3×3 matrices, of which the upper half is given and returned."""
    cofactors = {
        (0, 0): m[1, 1] * m[2, 2] - m[1, 2] * m[1, 2],
        (0, 1): m[0, 2] * m[1, 2] - m[0, 1] * m[2, 2],
        (0, 2): m[0, 1] * m[1, 2] - m[0, 2] * m[1, 1],
        (1, 1): m[0, 0] * m[2, 2] - m[0, 2] * m[0, 2],
        (1, 2): m[0, 1] * m[0, 2] - m[0, 0] * m[1, 2],
        (2, 2): m[0, 0] * m[1, 1] - m[0, 1] * m[0, 1],
    }
    whole = m[0, 0] * cofactors[0, 0] + m[0, 1] * cofactors[0, 1] + m[0, 2] * cofactors[0, 2]
    return {place: value / whole for place, value in cofactors.items()}


def find_front(image: Image, alpha: Floats) -> Image:
    """Estimate the foreground colours of a picture, without background along the edge.

    Both colours of a mixed pixel are initialised from unmixed pixels around it. The remaining
    difference to the pixel is corrected by the smallest change of both.

    Args:
        image: (height, width, 3).
        alpha: (height, width), 0 to 1.

    Returns:
        (height, width, 3): unchanged where the alpha is 1. Where it is 0, colours are extended
        outwards, so that scaling mixes in no others.
    """
    colours, share = image.astype(np.float32), alpha[..., None]
    front = fill_holes(colours, (alpha > _PURE).astype(np.float32))
    back = fill_holes(colours, (alpha < 1 - _PURE).astype(np.float32))
    missing = colours - share * front - (1 - share) * back
    front += missing * share / (share**2 + (1 - share) ** 2)
    return np.clip(np.rint(front), 0, 255).astype(np.uint8)


def fill_holes(field: Floats, weight: Floats) -> Floats:
    """Fill pixels without weight from those with weight, by push and pull on coarser grids.

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
