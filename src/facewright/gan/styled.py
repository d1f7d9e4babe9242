"""The layers that a style vector steers: modulated convolutions with noise."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import nn

from facewright.gan.layers import TAPS, FullyConnected, as_channels_last
from facewright.gan.ops.modulate import (
    convolve_up,
    demodulation,
    finish_style,
    modulated_conv2d,
    squared_sum,
)
from facewright.gan.ops.upfirdn import setup_filter

Noise: TypeAlias = Literal["const", "random", "none"]
"""The noise that a layer adds: its own fixed one, a new one each time, or none."""


class SynthesisLayer(nn.Module):
    """A modulated convolution, noise, bias and a leaky ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        w_dim: Size of a style vector.
        resolution: Width and height of what comes out, in pixels.
        up: Factor of enlargement, 1 or 2.
        clamp: Limit of the absolute value of what comes out, or None.
    """

    noise_const: torch.Tensor
    resample_filter: torch.Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        w_dim: int,
        resolution: int,
        up: int = 1,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.resolution, self.up, self.clamp = resolution, up, clamp
        self.affine = FullyConnected(w_dim, inputs, bias_init=1)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.register_buffer("resample_filter", setup_filter(TAPS), persistent=False)
        self.frozen = False
        self._cache: tuple[torch.Tensor, torch.Tensor] | None = None

    def forward(
        self,
        x: torch.Tensor,
        w: torch.Tensor,
        *,
        noise: Noise,
        rng: torch.Generator | None,
        gain: float = 1.0,
    ) -> torch.Tensor:
        """Map (n, inputs, h, w) and styles (n, w_dim) to (n, outputs, h·up, w·up)."""
        styles = self.affine(w)  # [n inputs]
        weight, squares = self._weights(x.dtype)
        x = x * styles.to(x.dtype)[:, :, None, None]
        y = convolve_up(x, weight, up=self.up, f=self.resample_filter)
        y = finish_style(
            y,
            demodulation(styles, squares),
            self._noise(y, noise, rng),
            self.bias,
            gain=math.sqrt(2) * gain,
        )
        return y if self.clamp is None else y.clamp(-self.clamp * gain, self.clamp * gain)

    def freeze(self) -> None:
        """Promise that the weights stay as they are, where they are, so that work can be saved."""
        self.frozen, self._cache = True, None

    def _noise(
        self, y: torch.Tensor, noise: Noise, rng: torch.Generator | None
    ) -> torch.Tensor | None:
        """Return the noise to add, (n or 1, 1, h, w)."""
        if noise == "none":
            return None
        if noise == "const":
            return (self.noise_const * self.noise_strength)[None, None]
        shape = (y.shape[0], 1, self.resolution, self.resolution)
        source = rng.device if rng is not None else y.device
        drawn = torch.randn(shape, generator=rng, device=source).to(y.device)
        return drawn * self.noise_strength

    def _weights(self, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the weights in `dtype` and their summed squares."""
        if not self.frozen or torch.is_grad_enabled():
            return self.weight.to(dtype), squared_sum(self.weight)
        if self._cache is None or self._cache[0].dtype != dtype:
            self._cache = (as_channels_last(self.weight.to(dtype)), squared_sum(self.weight))
        return self._cache


class ToRGB(nn.Module):
    """A modulated 1×1 convolution from feature maps to a picture.

    Args:
        inputs: Channels in.
        w_dim: Size of a style vector.
        clamp: Limit of the absolute value of what comes out, or None.
    """

    def __init__(self, inputs: int, *, w_dim: int, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = FullyConnected(w_dim, inputs, bias_init=1)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Map (n, inputs, h, w) and styles (n, w_dim) to (n, 3, h, w), float32."""
        styles = self.affine(w) * self.weight_gain
        y = modulated_conv2d(x, self.weight, styles, demodulate=False).float()
        y = y + self.bias[None, :, None, None]
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)
