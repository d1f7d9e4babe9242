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
from torch.nn import functional as F

from facewright.gan import discriminator as discriminator_module
from facewright.gan import generator as generator_module
from facewright.gan import styled
from facewright.gan.generator import Generator, SynthesisBlock
from facewright.gan.ops import upfirdn
from facewright.gan.ops.bias_act import bias_act
from facewright.gan.ops.modulate import modulated_conv2d_reference
from facewright.gan.ops.resample import Spacing, resample_plainly
from facewright.gan.styled import SynthesisLayer, ToRGB


@torch.no_grad()
def draw_plainly(generator: Generator, ws: torch.Tensor) -> torch.Tensor:
    """Return what `generator.synthesis(ws)` returns, the plain way.

    Args:
        generator: With the architecture "skip".
        ws: (n, layers, w_dim).

    Returns:
        (n, 3, resolution, resolution), float32.
    """
    x = image = None
    start = 0
    for resolution in generator.synthesis.resolutions:
        block = generator.synthesis.get_submodule(f"b{resolution}")
        assert isinstance(block, SynthesisBlock)
        styles = ws[:, start : start + block.layers + 1]
        start += block.layers
        if x is None:
            x = block.const[None].repeat(len(ws), 1, 1, 1)
        else:
            x = _layer(block.conv0, x, styles[:, 0])
        x = _layer(block.conv1, x, styles[:, block.layers - 1])
        rgb = _to_rgb(block.torgb, x, styles[:, block.layers])
        image = rgb if image is None else rgb + _enlarge(image, block.resample_filter)
    return image


def _layer(layer: SynthesisLayer, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    styles = layer.affine(w)
    y = _convolve(x, layer.weight, styles, up=layer.up, f=layer.resample_filter)
    y = y + layer.noise_const * layer.noise_strength
    y = y + layer.bias[None, :, None, None]
    return F.leaky_relu(y, 0.2) * math.sqrt(2)


def _to_rgb(layer: ToRGB, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    styles = layer.affine(w) * layer.weight_gain
    y = _convolve(x, layer.weight, styles, demodulate=False)
    return y + layer.bias[None, :, None, None]


def _convolve(
    x: torch.Tensor,
    weight: torch.Tensor,
    styles: torch.Tensor,
    *,
    up: int = 1,
    f: torch.Tensor | None = None,
    demodulate: bool = True,
) -> torch.Tensor:
    n, inputs, height, width = x.shape
    outputs, _, k, _ = weight.shape
    w = weight[None] * styles[:, None, :, None, None]  # [n outputs inputs k k]
    if demodulate:
        w = w * (w.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    x = x.reshape(1, n * inputs, height, width)
    if up == 1:
        y = F.conv2d(x, w.reshape(n * outputs, inputs, k, k), padding=k // 2, groups=n)
        return y.reshape(n, outputs, height, width)
    w = w.transpose(1, 2).reshape(n * inputs, outputs, k, k)
    y = F.conv_transpose2d(x, w, stride=2, groups=n)  # [1 n·outputs 2h+1 2w+1]
    y = resample_plainly(y, f * up**2, Spacing(1, 1), (1, 1, 1, 1))
    return y.reshape(n, outputs, height * up, width * up)


def _enlarge(image: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    return resample_plainly(image, f * 4, Spacing(2, 1), (2, 1, 2, 1))


@contextmanager
def plain_training() -> Iterator[None]:
    """Let networks compute the plain way while they train, gradients included."""
    with (
        mock.patch.object(upfirdn, "resample", resample_plainly),
        mock.patch.object(styled, "modulated_conv2d", modulated_conv2d_reference),
        mock.patch.object(SynthesisLayer, "forward", _train_layer),
        mock.patch.object(generator_module, "as_channels_last", torch.Tensor.contiguous),
        mock.patch.object(discriminator_module, "as_channels_last", torch.Tensor.contiguous),
    ):
        yield


def _train_layer(
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
