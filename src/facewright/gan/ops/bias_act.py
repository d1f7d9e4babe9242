"""Add a bias, apply an activation, scale and clamp: what follows every layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from facewright.errors import InputError


class Activation(NamedTuple):
    """A non-linearity with its default slope and gain."""

    run: Callable[[Tensor, float], Tensor]
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
    x: Tensor,
    b: Tensor | None = None,
    *,
    dim: int = 1,
    act: str = "linear",
    alpha: float | None = None,
    gain: float | None = None,
    clamp: float | None = None,
) -> Tensor:
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


def _scale_and_shift(x: Tensor, b: Tensor | None, gain: float) -> Tensor:
    """Return gain * (x + b), always a new tensor, in one pass over `x`."""
    if b is None:
        return x * gain
    return torch.add((b * gain).to(x.dtype), x, alpha=gain)
