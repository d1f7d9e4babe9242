"""Filters as matrices, and the wavelets that augmentation filters with.

A filter along one axis of a small picture is quickest as a matrix product, mirrored borders
included; gradients of any order come for free.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
"""Low-pass of the symlet with two vanishing moments (Daubechies, Ten Lectures on Wavelets)."""

SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)
"""Low-pass of the symlet with six vanishing moments."""

BANDS = 4
"""Number of frequency bands of `band_filters`."""

_BLOCK = 256  # rows of a product


def warp_taps() -> Tensor:
    """Return the low-pass filter around a warp: SYM6 with sum one, (12,), float64."""
    taps = torch.tensor(SYM6, dtype=torch.float64)
    return taps / taps.sum()


@lru_cache(maxsize=1)
def band_filters() -> NDArray[np.float64]:
    """Return one symmetric filter per octave, lowest first, that sum to the identity.

    Each step splits the lowest band into halves with SYM2 and its mirror, forth and back, so that
    no phase shift remains (Karras et al. 2020, appendix B.2).

    Returns:
        (BANDS, 43).
    """
    low = np.array(SYM2)
    high = low * (-1.0) ** np.arange(len(low))
    low, high = np.convolve(low, low[::-1]) / 2, np.convolve(high, high[::-1]) / 2
    bank = np.eye(BANDS, 1)
    for band in range(1, BANDS):
        spread = np.zeros((BANDS, 2 * bank.shape[1] - 1))
        spread[:, ::2] = bank  # half the frequency
        bank = np.stack([np.convolve(row, low) for row in spread])
        start = (bank.shape[1] - len(high)) // 2
        bank[band, start : start + len(high)] += high
    return bank


@lru_cache(maxsize=4)
def band_matrices(size: int) -> Tensor:
    """Return `band_filters` as matrices for an axis whose ends are mirrored.

    Args:
        size: Pixels along the axis.

    Returns:
        (BANDS, size, size), float64; not to be changed.
    """
    taps = torch.from_numpy(band_filters())
    reach = taps.shape[1] // 2
    places = torch.arange(size)[:, None] + torch.arange(-reach, reach + 1)  # [size k]
    columns = reflect(places, size).expand(BANDS, -1, -1)
    values = taps[:, None, :].expand(-1, size, -1)
    empty = torch.zeros(BANDS, size, size, dtype=torch.float64)
    return empty.scatter_add_(2, columns, values)


def doubling_matrix(size: int, before: int, after: int) -> Tensor:
    """Return the matrix that extends an axis by its mirror image and doubles its resolution.

    Args:
        size: Pixels along the axis.
        before: Mirrored pixels to put in front, less than `size`.
        after: The same for the end.

    Returns:
        (2 * (before + size + after), size), float64.
    """
    taps = warp_taps().flip(0) * 2
    length = before + size + after
    reach = len(taps) // 2
    shifts = torch.arange(reach + 1) - reach // 2
    rows = torch.arange(2 * length)
    places = rows[:, None] // 2 + shifts  # [2*length 7], in the extended axis
    which = 2 * places - rows[:, None] + reach  # the tap that meets this pixel
    valid = (which >= 0) & (which < len(taps)) & (places >= 0) & (places < length)
    values = taps[which.clamp(0, len(taps) - 1)] * valid
    columns = reflect(places - before, size)
    return torch.zeros(2 * length, size, dtype=torch.float64).scatter_add_(1, columns, values)


def halving_matrix(size: int, margin: int) -> Tensor:
    """Return the matrix that cuts the ends of an axis off and halves its resolution.

    Args:
        size: Pixels that remain.
        margin: Pixels of the low resolution to cut off at each end.

    Returns:
        (size, 2 * (size + 2 * margin)), float64.
    """
    taps = warp_taps()
    start = 2 * margin - len(taps) // 2 + 1
    columns = 2 * torch.arange(size)[:, None] + torch.arange(len(taps)) + start
    values = taps.expand(size, -1)
    empty = torch.zeros(size, 2 * (size + 2 * margin), dtype=torch.float64)
    return empty.scatter_add_(1, columns, values)


def filter_axes(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Filter pictures along both axes.

    Args:
        x: (n, channels, height, width).
        rows: (new width, width), for all pictures.
        columns: (new height, height).

    Returns:
        (n, channels, new height, new width).
    """
    x = _product(rows, x.transpose(2, 3)).transpose(2, 3)
    return _product(columns, x)


def reflect(places: Tensor, size: int) -> Tensor:
    """Fold places beyond an axis back into it: … 2 1 | 0 1 2 … n-1 | n-2 …; size is 2 or more."""
    period = 2 * (size - 1)
    places = places % period
    return torch.minimum(places, period - places)


def _product(matrix: Tensor, x: Tensor) -> Tensor:
    """Multiply a banded matrix with columns, leaving out the zeros far from the band."""
    if len(matrix) <= 2 * _BLOCK:
        return matrix.to(x) @ x
    blocks = []
    for block in matrix.split(_BLOCK):
        used = block.any(0).nonzero()
        start, end = int(used[0]), int(used[-1]) + 1
        blocks.append(block[:, start:end].to(x) @ x[..., start:end, :])
    return torch.cat(blocks, dim=-2)
