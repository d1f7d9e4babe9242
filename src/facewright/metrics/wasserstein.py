"""Sliced Wasserstein distance of the textures of two sets of pictures, at each scale.

The sliced Wasserstein distance of Karras et al. 2018 (Progressive Growing of GANs, section 5): the
distance between the distributions of 7×7 patches, for each level of a Laplacian pyramid.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from facewright.device import to_tensor
from facewright.errors import InputError
from facewright.types import Image

_PATCH = 7
_SMALLEST = 16  # pixels: the coarsest level of the pyramid
_BATCH = 64
_ROWS = 1 << 16  # of a table of patches at once
_SLICES_AT_ONCE = 32


def sliced_wasserstein(
    reals: Image,
    fakes: Image,
    *,
    rng: torch.Generator,
    patches: int = 128,
    slices: int = 256,
) -> dict[str, float]:
    """Measure the sliced Wasserstein distance between patches of generated and real pictures.

    Each level is normalised by its own mean and deviation per channel, as published, so that a
    common change of colour or contrast does not count. The patches of both sets lie at the same
    random positions, so that equal sets have the distance 0.

    Args:
        reals: (n, size, size, 3), uint8; the size is 16 times a power of two.
        fakes: The same shape.
        rng: On the CPU; the same state gives the same numbers.
        patches: Number of patches of each picture.
        slices: Number of random directions that patches are projected onto; 512 in the paper,
            which takes twice as long and changes the result by less than the choice of pictures.

    Returns:
        Resolution of each level ("128", "64", ..., "16") and "mean" → distance × 1000. Noise alone
        gives about 2 with thousands of pictures, and more with few.

    Raises:
        InputError: The shapes differ, or the size is not 16 times a power of two.
    """
    if reals.shape != fakes.shape or len(reals) == 0:
        raise InputError(
            f"the distance needs as many pictures on both sides, not {len(reals)} and {len(fakes)} "
            f"of {reals.shape[1:3]} and {fakes.shape[1:3]}",
            hint="generate as many faces as there are real ones",
        )
    size = reals.shape[1]
    levels = (size // _SMALLEST).bit_length()
    if reals.shape[2] != size or size < _SMALLEST or size != _SMALLEST << (levels - 1):
        raise InputError(f"pictures of {reals.shape[1:3]} have no pyramid", hint="16, 32, 64, ...")
    result = {}
    for level in range(levels):
        edge = size >> level
        places = torch.randint(edge - _PATCH + 1, (2, len(reals), patches), generator=rng)
        a, b = (_describe(images, level, levels, places) for images in (reals, fakes))  # [n·p 147]
        result[str(edge)] = 1000 * _slice(a, b, slices, rng)
    return result | {"mean": sum(result.values()) / levels}


def build_pyramid(x: torch.Tensor, levels: int) -> Iterator[torch.Tensor]:
    """Split pictures into a Laplacian pyramid (Burt and Adelson 1983), finest level first.

    Args:
        x: (n, 3, h, w), float, h and w divisible by 2^(levels - 1).
        levels: Number of levels; each but the last holds the detail that the next one lacks.

    Yields:
        (n, 3, h / 2^level, w / 2^level).
    """
    for _ in range(levels - 1):
        coarse = _blur(x)[:, :, ::2, ::2]
        yield x - _enlarge(coarse)
        x = coarse
    yield x


def _enlarge(x: torch.Tensor) -> torch.Tensor:
    """Double the size: insert zeros and blur."""
    n, c, h, w = x.shape
    spread = x.new_zeros(n, c, h, 2, w, 2)
    spread[:, :, :, 0, :, 0] = x
    return _blur(spread.reshape(n, c, 2 * h, 2 * w)) * 4


def _blur(x: torch.Tensor) -> torch.Tensor:
    """Apply the binomial filter 1 4 6 4 1 to both axes; the edges mirror the inside."""
    for axis, margin in ((2, (0, 0, 2, 2)), (3, (2, 2, 0, 0))):
        length = x.shape[axis]
        padded = F.pad(x, margin, "reflect")
        a, b, c, d, e = (padded.narrow(axis, i, length) for i in range(5))
        x = (a + e).add_(b + d, alpha=4).add_(c, alpha=6).div_(16)  # on a CPU faster than conv2d
    return x


def _describe(images: Image, level: int, levels: int, places: torch.Tensor) -> torch.Tensor:
    """Cut patches out of one level of the pyramids of pictures, and normalise them.

    `places` is (2, n, patches): the top and left edges of the patches.
    """
    found = []
    for start in range(0, len(images), _BATCH):
        x = to_tensor(images[start : start + _BATCH], torch.device("cpu"), torch.float32)
        pyramid = build_pyramid(x, min(levels, level + 2))
        x = next(part for i, part in enumerate(pyramid) if i == level)  # [b 3 h w]
        found.append(_cut(x, *places[:, start : start + _BATCH]))
    values = torch.cat(found).reshape(-1, _PATCH * _PATCH * 3)  # [n·p 147]
    values -= _average(values).repeat(_PATCH * _PATCH)
    deviation = torch.stack([_average(x.square()) * len(x) for x in values.split(_ROWS)])
    deviation = (deviation.sum(dim=0) / len(values)).sqrt()  # [3]
    values /= deviation.clamp(min=1e-8).repeat(_PATCH * _PATCH)
    return values


def _average(values: torch.Tensor) -> torch.Tensor:
    """Return the mean per channel, (3,), of patches (rows, 147), summed in double precision."""
    columns = values.sum(dim=0, dtype=torch.float64) / len(values)
    return columns.view(-1, 3).mean(dim=0).float()


def _cut(x: torch.Tensor, top: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
    """Return the patches at (n, p) positions of (n, 3, h, w): (n, p, 7, 7, 3)."""
    steps = torch.arange(_PATCH)
    rows = top[:, :, None, None] + steps[:, None]  # [n p 7 1]
    columns = left[:, :, None, None] + steps  # [n p 1 7]
    picture = torch.arange(len(x))[:, None, None, None]
    return x.permute(0, 2, 3, 1)[picture, rows, columns]


def _slice(a: torch.Tensor, b: torch.Tensor, slices: int, rng: torch.Generator) -> float:
    """Average the Wasserstein distance of (n, d) points over random directions."""
    directions = torch.randn(a.shape[1], slices, generator=rng)
    directions /= directions.norm(dim=0)
    total = 0.0
    for part in directions.split(_SLICES_AT_ONCE, dim=1):
        x, y = ((part.T @ points.T).numpy() for points in (a, b))  # [s n]
        x.sort(axis=1)  # NumPy sorts several times as fast as PyTorch
        y.sort(axis=1)
        np.subtract(x, y, out=x)
        total += float(np.abs(x, out=x).sum(axis=1, dtype=np.float64).sum()) / len(a)
    return total / slices
