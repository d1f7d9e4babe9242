"""Layers of translators and their discriminators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

import torch
from torch import nn

from facewright.device import seeded

Norm: TypeAlias = Literal["instance", "batch"]
Upsampling: TypeAlias = Literal["transposed", "resize"]
Net = TypeVar("Net", bound=nn.Module)

_SPREAD = 0.02  # of first weights


class Silent(nn.Conv2d):
    """A convolution with zero weights at first, as the last layer of a residual branch."""


def make_norm(kind: Norm, channels: int) -> nn.Module:
    """Return a normalisation layer; only batch normalisation has weights."""
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels)


def make_enlarging(
    kind: Upsampling, channels: tuple[int, int], *, kernel: int, bias: bool
) -> nn.Module:
    """Return a layer that doubles height and width.

    Args:
        kind: "transposed" is a transposed convolution; "resize" repeats pixels and convolves, which
            leaves no checkerboards (Odena et al. 2016, "Deconvolution and checkerboard artifacts").
        channels: In and out.
        kernel: Side of the transposed kernel, 3 or 4; "resize" always has 3.
        bias: Whether to add a bias.
    """
    if kind == "resize":
        layers = (nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1))
        return nn.Sequential(*layers, nn.Conv2d(*channels, 3, bias=bias))
    odd = kernel % 2
    return nn.ConvTranspose2d(*channels, kernel, stride=2, padding=1, output_padding=odd, bias=bias)


def build_seeded(build: Callable[[], Net], seed: int) -> Net:
    """Build a network whose initial weights depend on the seed alone.

    Weights of convolutions are normal with a spread of 0.02 and biases are 0, as in Zhu et al.
    2017, "Unpaired image-to-image translation using cycle-consistent adversarial networks".
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(seeded(seed).get_state())
        network = build()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.0 if isinstance(layer, Silent) else _SPREAD)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, _SPREAD)
    return network
