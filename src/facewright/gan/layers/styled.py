"""Layers that take a style vector: modulated convolutions with noise."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from facewright.gan.layers.basic import TAPS, FullyConnected, as_channels_last
from facewright.gan.ops.modulate import (
    convolve_up,
    demodulation,
    finish_style,
    finish_style_,
    fold_style,
    modulated_conv2d,
    shrink,
    squared_sum,
)
from facewright.gan.ops.upfirdn import setup_filter
from facewright.types import Noise

_FOLD_FROM = 18  # pixels per output channel: two passes over the weights of a 3×3 kernel

_LINEAR_LR = 0.1  # how fast pictures learn that are linear in w, in parts of the learning rate

HALF_CLAMP = 256.0
"""Limit of every activation in float16, whose largest number is 65,504."""


class SynthesisLayer(nn.Module):
    """A modulated convolution, noise, bias and a leaky ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        w_dim: Dimension of a style vector.
        resolution: Width and height of the output in pixels.
        up: Factor of enlargement, 1 or 2.
        clamp: Limit of the absolute value of the output, or None.
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
        styles, gain = self.affine(w), math.sqrt(2) * gain  # [n inputs]
        if x.dtype == torch.float16:  # demodulation cancels the factor
            styles = styles / styles.abs().amax(dim=1, keepdim=True)
        added = self._noise(len(x), noise, rng)
        if self.frozen and not torch.is_grad_enabled():
            y = self._draw(x, styles, added, gain)
        else:
            weight = shrink(self.weight) if x.dtype == torch.float16 else self.weight
            scaled = x * styles.to(x.dtype)[:, :, None, None]
            y = convolve_up(scaled, weight.to(x.dtype), up=self.up, f=self.resample_filter)
            factors = demodulation(styles, squared_sum(weight))
            y = finish_style(y, factors, added, self.bias, gain=gain)
        clamp = HALF_CLAMP if self.clamp is None and x.dtype == torch.float16 else self.clamp
        limit = None if clamp is None else clamp * gain / math.sqrt(2)
        return y if limit is None else y.clamp(-limit, limit)

    def freeze(self) -> None:
        """Let later calls cache what depends on the weights, which must not change any more."""
        self.frozen, self._cache = True, None

    def _noise(self, count: int, noise: Noise, rng: torch.Generator | None) -> torch.Tensor | None:
        """Return the noise to add, (count or 1, 1, h, w)."""
        if noise == "none":
            return None
        if noise == "const":
            return (self.noise_const * self.noise_strength)[None, None]
        device = self.noise_strength.device
        shape = (count, 1, self.resolution, self.resolution)
        drawn = torch.randn(shape, generator=rng, device=rng.device if rng else device)
        return drawn.to(device) * self.noise_strength

    def _draw(
        self, x: torch.Tensor, styles: torch.Tensor, noise: torch.Tensor | None, gain: float
    ) -> torch.Tensor:
        """Do the same with frozen weights, quicker.

        For one picture of many pixels, scaling the weights is less work than scaling pixels.
        """
        weight, squares = self._weights(x.dtype)
        factors = demodulation(styles, squares) * gain
        noise = None if noise is None else noise * gain
        bias = self.bias * gain
        pixels = x.shape[2] * x.shape[3]
        if len(x) == 1 and pixels * (1 + self.up**2) > _FOLD_FROM * self.weight.shape[0]:
            folded = as_channels_last(fold_style(self.weight, styles, factors).to(x.dtype))
            y = convolve_up(x, folded, up=self.up, f=self.resample_filter)
            return finish_style_(y, None, noise, bias)
        x = x * styles.to(x.dtype)[:, :, None, None]
        y = convolve_up(x, weight, up=self.up, f=self.resample_filter)
        return finish_style_(y, factors, noise, bias)

    def _weights(self, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the weights in `dtype` and their summed squares, kept from call to call."""
        if self._cache is None or self._cache[0].dtype != dtype:
            weight = shrink(self.weight) if dtype == torch.float16 else self.weight
            self._cache = (as_channels_last(weight.to(dtype)), squared_sum(weight))
        return self._cache


class ToRGB(nn.Module):
    """A modulated 1×1 convolution from feature maps to a picture.

    Args:
        inputs: Channels in.
        w_dim: Dimension of a style vector.
        clamp: Limit of the absolute value of the output, or None.
        linear: Width in pixels of a picture to add that is linear in the style vector; 0 adds none.
    """

    def __init__(
        self, inputs: int, *, w_dim: int, clamp: float | None = None, linear: int = 0
    ) -> None:
        super().__init__()
        self.clamp = clamp
        self.linear = (
            FullyConnected(w_dim, 3 * linear**2, lr_multiplier=_LINEAR_LR) if linear else None
        )
        self.affine = FullyConnected(w_dim, inputs, bias_init=1)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Map (n, inputs, h, w) and styles (n, w_dim) to (n, 3, h, w), float32."""
        styles = self.affine(w) * self.weight_gain
        if len(x) == 1 and not torch.is_grad_enabled():
            folded = self.weight * styles[:, :, None, None]
            y = F.conv2d(x, folded.to(x.dtype)).float()
        else:
            y = modulated_conv2d(x, self.weight, styles, demodulate=False).float()
        y = y + self.bias[None, :, None, None]
        if self.linear is not None:
            y = y + self.linear(w).view_as(y)
        clamp = HALF_CLAMP if self.clamp is None and x.dtype == torch.float16 else self.clamp
        return y if clamp is None else y.clamp(-clamp, clamp)
