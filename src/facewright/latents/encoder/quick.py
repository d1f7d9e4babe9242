"""Speed up an encoder for inference: norms merged, channels last, in a given precision."""

from __future__ import annotations

import copy

import torch
from torch import nn

from facewright.latents.encoder.psp import Encoder, StyleHead, Unit


def quicken(encoder: Encoder, dtype: torch.dtype) -> Encoder:
    """Return a faster encoder that gives the same latents up to rounding.

    Normalisations that follow a convolution are merged into it; those before one stay, since the
    zeros around a picture come in between. The layers that write latents stay in float32.

    Args:
        encoder: In evaluation mode; it stays as it is.
        dtype: Number format of the convolutions, such as `device.pick_dtype` returns.

    Returns:
        A copy that takes and returns the same, for inference.
    """
    quick = copy.deepcopy(encoder)
    _merge(quick.input_layer, 0, 1)
    for unit in quick.body:
        assert isinstance(unit, Unit)  # noqa: S101 - for the type checker
        _merge(unit.res_layer, 3, 4)
        if isinstance(unit.shortcut_layer, nn.Sequential):
            _merge(unit.shortcut_layer, 0, 1)
    parts = (quick.input_layer, quick.body, quick.latlayer1, quick.latlayer2)
    heads = (head.convs for head in quick.styles if isinstance(head, StyleHead))
    for part in (*parts, *heads):
        part.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return quick.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def _merge(layers: nn.Sequential, conv: int, norm: int) -> None:
    """Merge a normalisation into the convolution before it, in place."""
    first, second = layers[conv], layers[norm]
    assert isinstance(first, nn.Conv2d)  # noqa: S101 - for the type checker
    assert isinstance(second, nn.BatchNorm2d)  # noqa: S101
    assert second.running_var is not None  # noqa: S101
    assert second.running_mean is not None  # noqa: S101
    gain = second.weight / (second.running_var + second.eps).sqrt()
    first.weight.mul_(gain[:, None, None, None])
    first.bias = nn.Parameter(second.bias - second.running_mean * gain)
    layers[norm] = nn.Identity()
