"""Convolve with weights that a style scales: modulation and demodulation."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from facewright.gan.ops.upfirdn import conv2d_resample, upfirdn2d

EPSILON = 1e-8
_SLICE_BYTES = 1 << 19  # of feature maps that stay in the processor's cache from pass to pass


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
    """Do the same with one ordinary convolution, by scaling its input and output instead.

    Args, shapes and result are those of `modulated_conv2d_reference`.
    """
    factors = demodulation(styles, squared_sum(weight)) if demodulate else None
    x = x * styles.to(x.dtype)[:, :, None, None]
    y = convolve_up(x, weight.to(x.dtype), up=up, f=f)
    return y if factors is None else y * factors.to(y.dtype)[:, :, None, None]


def convolve_up(
    x: torch.Tensor, weight: torch.Tensor, *, up: int, f: torch.Tensor | None
) -> torch.Tensor:
    """Convolve (n, inputs, h, w), and double its size on the way where `up` is 2.

    A transposed convolution followed by the filter: less work than a convolution of the enlarged
    picture.
    """
    k = weight.shape[2]
    if up == 1:
        return F.conv2d(x, weight, padding=k // 2)
    if up != 2 or k != 3 or f is None or f.shape[-1] != 4:
        return conv2d_resample(x, weight, f=f, up=up, padding=k // 2, flip_weight=False)
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [n outputs 2h+1 2w+1]
    return upfirdn2d(x, f, padding=1, gain=4)


def squared_sum(weight: torch.Tensor) -> torch.Tensor:
    """Return (outputs, inputs): the squares of the weights summed over the kernel."""
    return weight.float().square().sum(dim=(2, 3))


def shrink(weight: torch.Tensor) -> torch.Tensor:
    """Scale the weights of each output channel so that sums of products fit into float16.

    Demodulation cancels the factor.

    Args:
        weight: (outputs, inputs, k, k).
    """
    largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True)
    return weight / (largest * weight[0].numel() ** 0.5).clamp_min(EPSILON)


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
        y: (n, c, h, w), the output of the convolution.
        factors: (n, c), from `demodulation`.
        noise: (n or 1, 1, h, w), or None.
        bias: (c,).
        gain: Factor on the result.
        slope: Slope of the leaky ReLU below zero.

    Returns:
        (n, c, h, w) in the format of `y`.
    """
    bias = (bias * gain).to(y.dtype)[None, :, None, None]
    y = torch.addcmul(bias, y, (factors * gain).to(y.dtype)[:, :, None, None])
    if noise is not None:
        y = y + (noise * gain).to(y.dtype)
    return F.leaky_relu(y, slope)


def fold_style(weight: torch.Tensor, styles: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Return weights for one sample that need no scaling before or after: (outputs, inputs, k, k).

    Args:
        weight: (outputs, inputs, k, k).
        styles: (1, inputs).
        factors: (1, outputs), factors on the result.
    """
    return weight * (factors.t() * styles)[:, :, None, None]


@torch.no_grad()
def finish_style_(
    y: torch.Tensor,
    factors: torch.Tensor | None,
    noise: torch.Tensor | None,
    bias: torch.Tensor,
    *,
    slope: float = 0.2,
) -> torch.Tensor:
    """Do what `finish_style` does in place, a few rows at a time so that they stay in the cache.

    Args:
        y: (n, c, h, w); changed.
        factors: (n, c), gain included, or None where the weights hold them.
        noise: (n or 1, 1, h, w), gain included, or None.
        bias: (c,), gain included.
        slope: Slope of the leaky ReLU below zero.

    Returns:
        `y`.
    """
    n, c, height, width = y.shape
    bias = bias.to(y.dtype)[None, :, None, None]
    scale = None if factors is None else factors.to(y.dtype)[:, :, None, None]
    noise = None if noise is None else noise.to(y.dtype).expand(n, 1, height, width)
    step = height if y.is_cuda else max(_SLICE_BYTES // (c * width * y.element_size()), 1)
    whole = height <= step
    for i in range(1 if whole else n):
        rows = slice(None) if whole else slice(i, i + 1)
        for top in range(0, height, step):
            part = y[rows, :, top : top + step]
            if scale is not None:
                part.mul_(scale[rows])
            part.add_(bias)
            if noise is not None:
                part.add_(noise[rows, :, top : top + step])
            F.leaky_relu_(part, slope)
    return y
