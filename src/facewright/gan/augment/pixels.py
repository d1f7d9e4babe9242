"""Augmentation of colours, frequency bands and content, which moves no pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from facewright.gan.augment.banded import band_matrices


def recolour(images: Tensor, matrices: Tensor) -> Tensor:
    """Map the colours of each picture by its own matrix.

    Args:
        images: (n, 3 or 1, height, width). Grey pictures get the mean over the channels that
            an equal coloured picture would have got.
        matrices: (n, 4, 4), on the CPU, float64.

    Returns:
        The shape of `images`.
    """
    matrices = matrices[:, :3].to(images)
    if images.shape[1] == 1:
        matrices = matrices.mean(1, keepdim=True)  # [n 1 4]
        factor, offset = matrices[:, :, :3].sum(2), matrices[:, :, 3]
        return images * factor[:, :, None, None] + offset[:, :, None, None]
    pixels = images.flatten(2)  # [n 3 h*w]
    return torch.baddbmm(matrices[:, :, 3:], matrices[:, :, :3], pixels).view_as(images)


def weigh_bands(images: Tensor, gains: Tensor) -> Tensor:
    """Amplify or damp each band of frequencies of each picture.

    Args:
        images: (n, channels, height, width).
        gains: (n, 4), lowest band first, on the CPU, float64.

    Returns:
        The shape of `images`.
    """
    high, wide = images.shape[2:]
    columns = torch.einsum("nb,bij->nij", gains, band_matrices(high)).to(images)[:, None]
    rows = torch.einsum("nb,bij->nij", gains, band_matrices(wide)).to(images)[:, None]
    return columns @ (images @ rows.transpose(2, 3))


def cut_out(images: Tensor, sizes: Tensor, centres: Tensor) -> Tensor:
    """Turn a square of each picture grey (0).

    Args:
        images: (n, channels, height, width).
        sizes: (n,), the side of the square as a share of the picture; 0 keeps it whole.
        centres: (n, 2), x and y of the middle of the square, from 0 to 1.

    Returns:
        The shape of `images`.
    """
    high, wide = images.shape[2:]
    x = (torch.arange(wide, dtype=torch.float64) + 0.5) / wide
    y = (torch.arange(high, dtype=torch.float64) + 0.5) / high
    reach = sizes[:, None] / 2
    beside = (x - centres[:, :1]).abs() >= reach  # [n w]
    above = (y - centres[:, 1:]).abs() >= reach  # [n h]
    kept = beside[:, None, None, :] | above[:, None, :, None]  # [n 1 h w]
    return images * kept.to(images)
