"""Warp pictures by affine maps without aliasing: mirror, double, sample, halve."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from facewright.gan.augment import affine
from facewright.gan.augment.banded import (
    SYM6,
    doubling_matrix,
    filter_axes,
    halving_matrix,
)

_MARGIN = len(SYM6) // 4  # pixels around the result that the final filter sees


def warp(images: Tensor, inverse: Tensor) -> Tensor:
    """Warp each picture by its own map; those whose map is the identity stay as they are.

    Around a picture stands its mirror image. Source: Karras et al. 2020, "Training generative
    adversarial networks with limited data", appendix B.3.

    Args:
        images: (n, channels, size, size), floating point.
        inverse: (n, 3, 3), on the CPU, float64: from places in the result to places in the
            picture, in pixels from the centre.

    Returns:
        The shape of `images`; twice differentiable with respect to them.
    """
    moved = (inverse != affine.identity(len(inverse), 3)).flatten(1).any(1).nonzero()[:, 0]
    if len(moved) == 0:
        return images
    if len(moved) == len(images):
        return _warp_all(images, inverse)
    places = moved.to(images.device)
    return images.index_copy(0, places, _warp_all(images[places], inverse[moved]))


def _warp_all(images: Tensor, inverse: Tensor) -> Tensor:
    """Warp every picture."""
    size, count = images.shape[3], len(inverse)
    left, top, right, bottom = _margins(inverse, size)
    rows = doubling_matrix(size, left, right)
    columns = doubling_matrix(size, top, bottom)
    doubled = filter_axes(images, rows, columns)  # [n c 2*(top+size+bottom) 2*(left+size+right)]

    def fill(value: float) -> Tensor:
        return torch.full((count,), value, dtype=torch.float64)

    # From pixels of the picture to pixels of the doubled one, whose first pixels stand closer.
    inverse = affine.move(fill((left - right) / 2), fill((top - bottom) / 2)) @ inverse
    half, twice = affine.stretch(fill(0.5), fill(0.5)), affine.stretch(fill(2), fill(2))
    inverse = twice @ inverse @ half
    inverse = affine.move(fill(-0.5), fill(-0.5)) @ inverse @ affine.move(fill(0.5), fill(0.5))

    wanted = 2 * (size + 2 * _MARGIN)
    to_unit = affine.stretch(fill(2 / doubled.shape[3]), fill(2 / doubled.shape[2]))
    from_unit = affine.stretch(fill(wanted / 2), fill(wanted / 2))
    theta = (to_unit @ inverse @ from_unit)[:, :2].to(images)
    grid = F.affine_grid(theta, [count, 1, wanted, wanted], align_corners=False)
    sampled: Tensor = _Sample.apply(doubled, grid)  # type: ignore[no-untyped-call]
    halving = halving_matrix(size, _MARGIN)
    return filter_axes(sampled, halving, halving)


def _margins(inverse: Tensor, size: int) -> list[int]:
    """Return how far the maps reach beyond the picture at the left, top, right and bottom."""
    centre = (size - 1) / 2
    corners = torch.tensor(
        [[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=torch.float64
    ) * torch.tensor([centre, centre, 1])
    reached = (inverse[:, :2] @ corners.T).transpose(0, 1).flatten(1)  # [2 n*4]
    beyond = torch.cat([-reached, reached]).amax(1) + 2 * _MARGIN - centre  # [4]
    return [int(margin) for margin in beyond.clamp(0, size - 1).ceil()]


class _Sample(torch.autograd.Function):
    """Bilinear sampling, zero outside, whose gradient can itself be differentiated."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor) -> Tensor:
        ctx.grid, ctx.shape = grid, x.shape
        return F.grid_sample(x, grid, "bilinear", "zeros", align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        scattered = _Scatter.apply(gradients[0], ctx.grid, ctx.shape)  # type: ignore[no-untyped-call]
        return scattered, None


class _Scatter(torch.autograd.Function):
    """The transpose of `_Sample`: linear, so its gradient is sampling again."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.grid = grid
        unused = y.new_zeros(()).expand(shape)  # read for the gradient of the grid only
        backward = torch.ops.aten.grid_sampler_2d_backward
        scattered: Tensor = backward(y.contiguous(), unused, grid, 0, 0, False, (True, False))[0]
        return scattered

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Sample.apply(gradients[0], ctx.grid), None, None  # type: ignore[no-untyped-call]
