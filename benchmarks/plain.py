"""The plain path that ours is measured beside: StyleGAN2 as the papers' code computes it.

Weights per sample, one grouped convolution, zero insertion and a filter for every change of
resolution, float32, channels first. It runs on the weights of our own networks and returns the
same pictures (a test compares them).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch

from facewright.gan import discriminator as discriminator_module
from facewright.gan import generator as generator_module
from facewright.gan.generator import Generator
from facewright.gan.layers import styled
from facewright.gan.layers.basic import bias_act
from facewright.gan.layers.styled import SynthesisLayer
from facewright.gan.ops import upfirdn
from facewright.gan.ops.modulate import modulated_conv2d_reference
from facewright.gan.ops.upfirdn import resample_plainly


@torch.no_grad()
def draw_plainly(generator: Generator, ws: torch.Tensor) -> torch.Tensor:
    """Return what `generator.synthesis(ws)` returns, the plain way.

    Args:
        generator: Any.
        ws: (n, num_ws, w_dim).

    Returns:
        (n, 3, resolution, resolution), float32.
    """
    with computing_plainly():
        return generator.synthesis(ws)


@contextmanager
def computing_plainly() -> Iterator[None]:
    """Let networks compute the plain way, gradients included."""
    with (
        mock.patch.object(upfirdn, "resample", resample_plainly),
        mock.patch.object(styled, "modulated_conv2d", modulated_conv2d_reference),
        mock.patch.object(SynthesisLayer, "forward", _run_layer),
        mock.patch.object(generator_module, "as_channels_last", torch.Tensor.contiguous),
        mock.patch.object(discriminator_module, "as_channels_last", torch.Tensor.contiguous),
    ):
        yield


def _run_layer(
    layer: SynthesisLayer,
    x: torch.Tensor,
    w: torch.Tensor,
    *,
    noise: str,
    rng: torch.Generator | None,
    gain: float = 1.0,
) -> torch.Tensor:
    f = layer.resample_filter
    y = modulated_conv2d_reference(x, layer.weight, layer.affine(w), up=layer.up, f=f)
    if noise == "random":
        shape = (len(y), 1, *y.shape[2:])
        y = y + torch.randn(shape, generator=rng, device=y.device) * layer.noise_strength
    elif noise == "const":
        y = y + layer.noise_const * layer.noise_strength
    return bias_act(y, layer.bias, act="lrelu", gain=math.sqrt(2) * gain)
