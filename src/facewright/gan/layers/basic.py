"""Layers that generator and discriminator share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from facewright.errors import InputError
from facewright.gan.ops.upfirdn import conv2d_resample, setup_filter

TAPS = (1, 3, 3, 1)
"""Taps of the low-pass filter of every change of resolution in StyleGAN2."""


class Activation(NamedTuple):
    """A non-linearity with its default slope and gain."""

    run: Callable[[torch.Tensor, float], torch.Tensor]
    """Maps values, which it may overwrite, and alpha to the result."""
    alpha: float = 0.0
    gain: float = 1.0
    """Keeps the variance of normally distributed values about the same."""
    scales: bool = False
    """Whether act(c * x) = c * act(x) for c > 0, so that the gain can join the bias."""


ACTIVATIONS = {
    "linear": Activation(lambda x, _: x, scales=True),
    "relu": Activation(lambda x, _: F.relu(x, inplace=True), gain=math.sqrt(2), scales=True),
    "lrelu": Activation(
        lambda x, alpha: F.leaky_relu(x, alpha, inplace=True),
        alpha=0.2,
        gain=math.sqrt(2),
        scales=True,
    ),
    "tanh": Activation(lambda x, _: torch.tanh(x)),
    "sigmoid": Activation(lambda x, _: torch.sigmoid(x)),
    "elu": Activation(lambda x, _: F.elu(x)),
    "selu": Activation(lambda x, _: F.selu(x)),
    "softplus": Activation(lambda x, _: F.softplus(x)),
    "swish": Activation(lambda x, _: F.silu(x), gain=math.sqrt(2)),
}
"""Every activation by name. Source: the StyleGAN family."""


def bias_act(  # noqa: PLR0913
    x: torch.Tensor,
    b: torch.Tensor | None = None,
    *,
    dim: int = 1,
    act: str = "linear",
    alpha: float | None = None,
    gain: float | None = None,
    clamp: float | None = None,
) -> torch.Tensor:
    """Return clamp(gain * act(x + b)).

    Args:
        x: Any shape, floating point.
        b: (size of `x` along `dim`,), or None.
        dim: The axis of the channels.
        act: A name in `ACTIVATIONS`.
        alpha: The slope below zero of "lrelu"; None is 0.2.
        gain: None is √2 for "relu", "lrelu" and "swish", and 1 for the others.
        clamp: Bound on the absolute value of the result; None is no bound.

    Returns:
        The shape, type and memory format of `x`.

    Raises:
        InputError: The activation is unknown, or `clamp` is negative.
    """
    if act not in ACTIVATIONS:
        raise InputError(
            f"no activation is called `{act}`", hint=f"one of: {', '.join(ACTIVATIONS)}"
        )
    if clamp is not None and clamp < 0:
        raise InputError(f"clamp is a bound of 0 or more, not {clamp}")
    how = ACTIVATIONS[act]
    alpha = how.alpha if alpha is None else alpha
    gain = how.gain if gain is None else gain
    if b is not None:
        b = b.reshape([-1 if i == dim % x.ndim else 1 for i in range(x.ndim)])
    if how.scales and gain > 0:
        y = how.run(_scale_and_shift(x, b, gain), alpha)
    else:
        y = how.run(_scale_and_shift(x, b, 1.0), alpha) * gain
    return y if clamp is None else y.clamp(-clamp, clamp)


def _scale_and_shift(x: torch.Tensor, b: torch.Tensor | None, gain: float) -> torch.Tensor:
    """Return gain * (x + b), always a new tensor, in one pass over `x`."""
    if b is None:
        return x * gain
    return torch.add((b * gain).to(x.dtype), x, alpha=gain)


class FullyConnected(nn.Module):
    """A fully connected layer with equalised learning rate (Karras et al. 2018, section 4.1).

    Args:
        inputs: Features in.
        outputs: Features out.
        activation: A name in `ACTIVATIONS`.
        lr_multiplier: Factor on the learning rate of this layer.
        bias_init: The value that every bias starts at.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), float(bias_init)))
        self.weight_gain = lr_multiplier / math.sqrt(inputs)
        self.bias_gain = lr_multiplier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (n, inputs) to (n, outputs), in float32."""
        w = self.weight * self.weight_gain
        b = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        if self.activation == "linear":
            return torch.addmm(b, x, w.t())
        return bias_act(x @ w.t(), b, act=self.activation)


class Conv2d(nn.Module):
    """A convolution with equalised learning rate, bias, activation and change of resolution.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Width of the kernel in pixels, odd.
        bias: Whether to add a bias.
        activation: A name in `ACTIVATIONS`.
        up: Factor of enlargement, 1 or 2.
        down: Factor of reduction, 1 or 2.
        clamp: Limit of the absolute value of what comes out, or None.
    """

    resample_filter: torch.Tensor

    def __init__(  # noqa: PLR0913 - what a convolution is
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        bias: bool = True,
        activation: str = "linear",
        up: int = 1,
        down: int = 1,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.activation, self.up, self.down, self.clamp = activation, up, down, clamp
        self.padding = kernel // 2
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.weight_gain = 1 / math.sqrt(inputs * kernel**2)
        self.act_gain = ACTIVATIONS[activation].gain
        self.register_buffer("resample_filter", setup_filter(TAPS), persistent=False)

    def forward(self, x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h·up/down, w·up/down), in the format of `x`."""
        w = (self.weight * self.weight_gain).to(x.dtype)
        b = None if self.bias is None else self.bias.to(x.dtype)
        x = conv2d_resample(
            x,
            w,
            f=self.resample_filter,
            up=self.up,
            down=self.down,
            padding=self.padding,
            flip_weight=self.up == 1,
        )
        clamp = None if self.clamp is None else self.clamp * gain
        return bias_act(x, b, act=self.activation, gain=self.act_gain * gain, clamp=clamp)


def normalise_second_moment(x: torch.Tensor, epsilon: float = 1e-8) -> torch.Tensor:
    """Scale each row of (n, dim) to a root mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + epsilon).rsqrt()


def channels_at(resolution: int, channel_base: int, channel_max: int) -> int:
    """Return how many feature maps a network has at `resolution` pixels."""
    return max(min(channel_base // resolution, channel_max), 1)


def resolutions_up_to(resolution: int) -> list[int]:
    """Return 4, 8, 16 ... up to `resolution`, in pixels."""
    return [2**i for i in range(2, resolution.bit_length())]


def as_channels_last(x: torch.Tensor) -> torch.Tensor:
    """Return `x`, (n, c, h, w), with the channels of a pixel side by side in memory."""
    return x.contiguous(memory_format=torch.channels_last)
