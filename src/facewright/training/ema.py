"""Exponential moving average (EMA) of weights."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def update_ema(
    ema: nn.Module,
    model: nn.Module,
    *,
    images: int,
    batch: int,
    half_life: float,
    rampup: float | None = None,
) -> None:
    """Update the averaged network by one step, in place.

    Parameters follow with weight 1 - 0.5^(batch / half_life); buffers are copied. As in StyleGAN2
    with adaptive augmentation (Karras et al. 2020, "ema_kimg" and "ema_rampup").

    Args:
        ema: The averaged network.
        model: The network in training, of the same class and sizes.
        images: Number of pictures that the run has seen.
        batch: Number of pictures in the last step, of all processes together.
        half_life: Half-life of the average, in pictures.
        rampup: The half-life is at most this fraction of `images`, which matters at the start; None
            uses the full half-life from the first step on.
    """
    if rampup is not None:
        half_life = min(half_life, images * rampup)
    weight = 1 - 0.5 ** (batch / max(half_life, 1e-8))
    averaged: list[torch.Tensor] = list(ema.parameters())
    current: list[torch.Tensor] = list(model.parameters())
    if averaged:
        torch._foreach_lerp_(averaged, current, weight)  # one pass over all
    for target, source in zip(ema.buffers(), model.buffers(), strict=True):
        target.copy_(source)
