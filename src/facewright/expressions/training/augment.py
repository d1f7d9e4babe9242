"""Augmentation of faces."""

from __future__ import annotations

import torch
from torch.nn import functional as F

_TURN = 0.26  # radians
_SCALE = (-0.15, 0.12)  # logarithm of how much smaller a face becomes
_SHIFT = 0.13  # in halves of the width
_GAMMA, _CONTRAST, _LIGHT = 0.35, 0.3, 0.15
_ERASED = 0.3  # how many faces lose a part
_PART = (0.1, 0.4)  # sides of that part


def vary_faces(
    faces: torch.Tensor, size: int, rng: torch.Generator, *, part: float = 1.0
) -> torch.Tensor:
    """Randomly rotate, shift, scale, mirror, relight and partly cover faces.

    Args:
        faces: [n h w], uint8; grey squares.
        size: Side of the squares to cut out of them, in pixels.
        rng: The random number generator.
        part: Share of the width that they show, 0 to 1.

    Returns:
        [n 1 size size] in [-1, 1], float32.
    """
    x = faces[:, None].float() / 255  # [n 1 h w]
    grid = F.affine_grid(_draw_matrices(len(x), part, rng), [len(x), 1, size, size], False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)  # [n 1 size size]
    gamma = _draw(len(x), -_GAMMA, _GAMMA, rng).exp()[:, None, None, None]
    contrast = _draw(len(x), -_CONTRAST, _CONTRAST, rng).exp()[:, None, None, None]
    light = _draw(len(x), -_LIGHT, _LIGHT, rng)[:, None, None, None]
    x = x.clamp(0, 1).pow(gamma)
    x = ((x - 0.5) * contrast + 0.5 + light).clamp(0, 1) * 2 - 1
    return _erase(x, rng)


def draw_share(strength: float, rng: torch.Generator) -> float:
    """Return the share of each face in a mixture, drawn from Beta(a, a).

    Args:
        strength: a; smaller values mix less. (By Jöhnk's method, for a below 1.)
        rng: The random number generator.
    """
    while True:
        one, other = torch.rand(2, generator=rng, dtype=torch.float64).pow(1 / strength).tolist()
        if 0 < one + other <= 1:
            return float(one / (one + other))


def mix_up(share: float, values: torch.Tensor) -> torch.Tensor:
    """Mix each item of a batch with its counterpart in reversed order (mixup, Zhang et al. 2018).

    Args:
        share: Share of each item itself, 0 to 1.
        values: [n ...].
    """
    return values * share + values.flip(0) * (1 - share)


def _draw_matrices(count: int, part: float, rng: torch.Generator) -> torch.Tensor:
    """Return random similarities, [n 2 3], as `affine_grid` takes them."""
    turn, scale = _draw(count, -_TURN, _TURN, rng), _draw(count, *_SCALE, rng).exp() * part
    mirror = torch.where(_draw(count, 0, 1, rng) < 0.5, -1.0, 1.0)
    across, down = _draw(count, -_SHIFT, _SHIFT, rng), _draw(count, -_SHIFT, _SHIFT, rng)
    cos, sin = turn.cos() * scale, turn.sin() * scale
    rows = [torch.stack([cos * mirror, -sin, across], 1), torch.stack([sin * mirror, cos, down], 1)]
    return torch.stack(rows, 1)


def _erase(x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Cover a part of some faces with noise (random erasing, Zhong et al. 2020)."""
    count, _, size, _ = x.shape
    wide, high = _draw(count, *_PART, rng) * size / 2, _draw(count, *_PART, rng) * size / 2
    left, top = _draw(count, 0, size, rng), _draw(count, 0, size, rng)
    places = torch.arange(size)
    columns = (places - left[:, None]).abs() < wide[:, None]  # [n size]
    rows = (places - top[:, None]).abs() < high[:, None]
    hit = (_draw(count, 0, 1, rng) < _ERASED)[:, None, None] & rows[:, :, None] & columns[:, None]
    noise = torch.rand(x.shape, generator=rng) * 2 - 1
    return torch.where(hit[:, None], noise, x)


def _draw(count: int, low: float, high: float, rng: torch.Generator) -> torch.Tensor:
    """Return random numbers within a range, [n]."""
    return torch.rand(count, generator=rng) * (high - low) + low
