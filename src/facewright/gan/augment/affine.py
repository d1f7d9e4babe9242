"""Small matrices for batches: affine maps of the plane, and of colours.

Each function takes one number per picture, (n,), and returns one matrix per picture, (n, 3, 3) for
the plane and (n, 4, 4) for colours (red, green, blue, 1), in float64.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GREY = torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=torch.float64) / math.sqrt(3)
"""The direction in which colours get brighter."""


def identity(count: int, size: int) -> Tensor:
    """Return matrices that change nothing: (count, size, size)."""
    return torch.eye(size, dtype=torch.float64).expand(count, size, size)


def move(x: Tensor, y: Tensor) -> Tensor:
    """Return shifts by x to the right and y down, in the units of the coordinates."""
    matrix = identity(len(x), 3).clone()
    matrix[:, 0, 2], matrix[:, 1, 2] = x, y
    return matrix


def stretch(x: Tensor, y: Tensor) -> Tensor:
    """Return scalings by x along the rows and y along the columns; negative factors mirror."""
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], dim=1))


def turn(angle: Tensor) -> Tensor:
    """Return rotations by an angle in radians, from the x axis towards the y axis."""
    matrix = identity(len(angle), 3).clone()
    matrix[:, 0, 0] = matrix[:, 1, 1] = angle.cos()
    matrix[:, 1, 0], matrix[:, 0, 1] = angle.sin(), -angle.sin()
    return matrix


def brighten(amount: Tensor) -> Tensor:
    """Return maps that add an amount to every channel."""
    matrix = identity(len(amount), 4).clone()
    matrix[:, :3, 3] = amount[:, None]
    return matrix


def contrast(factor: Tensor) -> Tensor:
    """Return maps that multiply every channel by a factor."""
    return torch.diag_embed(torch.stack([factor, factor, factor, torch.ones_like(factor)], dim=1))


def flip_luma(chosen: Tensor) -> Tensor:
    """Return maps that invert brightness and keep hues where `chosen` is 1, else the identity."""
    return identity(len(chosen), 4) - 2 * chosen[:, None, None] * torch.outer(_GREY, _GREY)


def turn_hue(angle: Tensor) -> Tensor:
    """Return rotations of hue about the grey axis, in radians (Rodrigues' formula)."""
    x, y, z = _GREY[:3].tolist()
    cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    along = torch.outer(_GREY[:3], _GREY[:3])
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    matrix = identity(len(angle), 4).clone()
    matrix[:, :3, :3] = cosine * torch.eye(3, dtype=torch.float64) + sine * cross
    matrix[:, :3, :3] += (1 - cosine) * along
    return matrix


def saturate(factor: Tensor) -> Tensor:
    """Return maps that multiply the distance of colours from grey by a factor."""
    along = torch.outer(_GREY, _GREY)
    across = torch.eye(4, dtype=torch.float64) - along
    matrix = along + across * factor[:, None, None]
    matrix[:, 3, 3] = 1
    return matrix
