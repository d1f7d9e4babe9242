"""Convolve with weights that a style scales: modulation and demodulation."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from facewright.gan.ops.upfirdn import conv2d_resample

EPSILON = 1e-8


def modulated_conv2d_reference(
    x: torch.Tensor,
    weight: torch.Tensor,
    styles: torch.Tensor,
    *,
    up: int = 1,
    f: torch.Tensor | None = None,
    demodulate: bool = True,
) -> torch.Tensor:
    """Convolve each sample with its own copy of the weights, as the paper defines it.

    Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", equations 1 to 3.

    Args:
        x: (n, inputs, h, w).
        weight: (outputs, inputs, k, k).
        styles: (n, inputs), the factor of each input channel.
        up: Factor of enlargement, 1 or 2.
        f: Low-pass filter of the enlargement.
        demodulate: Scale every output channel back to unit variance.

    Returns:
        (n, outputs, h·up, w·up).
    """
    n, _, height, width = x.shape
    outputs, inputs, k, _ = weight.shape
    w = weight[None] * styles[:, None, :, None, None]  # [n outputs inputs k k]
    if demodulate:
        w = w * (w.square().sum(dim=(2, 3, 4), keepdim=True) + EPSILON).rsqrt()
    y = conv2d_resample(
        x.reshape(1, n * inputs, height, width),
        w.reshape(n * outputs, inputs, k, k).to(x.dtype),
        f=f,
        up=up,
        padding=k // 2,
        groups=n,
        flip_weight=up == 1,
    )
    return y.reshape(n, outputs, height * up, width * up)


def modulated_conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    styles: torch.Tensor,
    *,
    up: int = 1,
    f: torch.Tensor | None = None,
    demodulate: bool = True,
) -> torch.Tensor:
    """Do the same with one ordinary convolution: scale what goes in and what comes out instead.

    Args, shapes and result are those of `modulated_conv2d_reference`.
    """
    factors = demodulation(styles, squared_sum(weight)) if demodulate else None
    x = x * styles.to(x.dtype)[:, :, None, None]
    y = convolve_up(x, weight.to(x.dtype), up=up, f=f)
    return y if factors is None else y * factors.to(y.dtype)[:, :, None, None]


def convolve_up(
    x: torch.Tensor, weight: torch.Tensor, *, up: int, f: torch.Tensor | None
) -> torch.Tensor:
    """Convolve (n, inputs, h, w) and enlarge it `up` times on the way."""
    if up == 1:
        return F.conv2d(x, weight, padding=weight.shape[2] // 2)
    return conv2d_resample(x, weight, f=f, up=up, padding=weight.shape[2] // 2, flip_weight=False)


def squared_sum(weight: torch.Tensor) -> torch.Tensor:
    """Return (outputs, inputs): the squares of the weights summed over the kernel."""
    return weight.float().square().sum(dim=(2, 3))


def demodulation(styles: torch.Tensor, squares: torch.Tensor) -> torch.Tensor:
    """Return (n, outputs): what scales each output channel back to unit variance.

    Args:
        styles: (n, inputs).
        squares: (outputs, inputs), from `squared_sum`.
    """
    return (styles.float().square() @ squares.t() + EPSILON).rsqrt()


def finish_style(
    y: torch.Tensor,
    factors: torch.Tensor,
    noise: torch.Tensor | None,
    bias: torch.Tensor,
    *,
    gain: float = 2**0.5,
    slope: float = 0.2,
) -> torch.Tensor:
    """Demodulate, add noise and bias, apply a leaky ReLU and scale, in few passes over memory.

    A leaky ReLU passes positive factors through, so the gain is folded into what is added and
    multiplied before it.

    Args:
        y: (n, c, h, w), what the convolution returned.
        factors: (n, c), from `demodulation`.
        noise: (n or 1, 1, h, w), or None.
        bias: (c,).
        gain: What the result is scaled by.
        slope: Of the leaky ReLU below zero.

    Returns:
        (n, c, h, w) in the format of `y`.
    """
    bias = (bias * gain).to(y.dtype)[None, :, None, None]
    y = torch.addcmul(bias, y, (factors * gain).to(y.dtype)[:, :, None, None])
    if noise is not None:
        y = y + (noise * gain).to(y.dtype)
    return F.leaky_relu(y, slope)
