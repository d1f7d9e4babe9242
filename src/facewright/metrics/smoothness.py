"""Perceptual path length: how evenly pictures change with latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch

from facewright.errors import InputError
from facewright.metrics.features import FeatureNetwork

_OUTLIERS = 0.01  # this share of the shortest and of the longest steps is left out


@torch.no_grad()
def perceptual_path_length(
    images: Callable[[torch.Tensor], torch.Tensor],
    network: FeatureNetwork,
    pairs: torch.Tensor,
    *,
    rng: torch.Generator,
    space: Literal["z", "w"] = "w",
    epsilon: float = 1e-4,
) -> float:
    """Measure the average speed of the features along paths between latents.

    The perceptual path length of Karras et al. 2019 (section 4.1), in the features of `network`:
    values are comparable only within one network. Positions on the paths are uniformly distributed.

    Args:
        images: Maps latents (b, ...) to pictures (b, 3, h, w) in [-1, 1], not rounded to 8 bits,
            which would hide steps as small as these.
        network: The network whose features are compared.
        pairs: (n, 2, ...) latents, the ends of n paths.
        rng: On the CPU; draws the position on each path.
        space: "w" for straight paths, "z" for arcs on the sphere.
        epsilon: The length of a step as a share of the path.

    Returns:
        The average of |Δfeatures|² / epsilon² without the lowest and highest 1 %.

    Raises:
        InputError: There are no pairs.
    """
    if pairs.ndim < 3 or pairs.shape[1] != 2 or len(pairs) == 0:
        raise InputError(f"pairs of latents are (n, 2, ...), not {tuple(pairs.shape)}")
    walk = _follow_arc if space == "z" else torch.lerp
    lengths = []
    for pair in pairs.split(_BATCH):
        start, end = pair[:, 0], pair[:, 1]
        place = torch.rand(len(pair), *[1] * (start.ndim - 1), generator=rng).to(pair)
        both = torch.cat([walk(start, end, place), walk(start, end, place + epsilon)])
        before, after = network(images(both)).double().chunk(2)  # [b d]
        lengths.append((after - before).square().sum(dim=1) / epsilon**2)
    ordered = torch.cat(lengths).sort().values.cpu()  # [n]
    cut = int(len(ordered) * _OUTLIERS)
    return float(ordered[cut : len(ordered) - cut].mean())


_BATCH = 8


def _follow_arc(a: torch.Tensor, b: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Interpolate directions along the great circle; the result has length 1 in the last axis."""
    a, b = (x / x.norm(dim=-1, keepdim=True) for x in (a, b))
    dot = (a * b).sum(dim=-1, keepdim=True)
    angle = place * dot.clamp(-1, 1).acos()
    side = b - dot * a
    side = side / side.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    return a * angle.cos() + side * angle.sin()
