"""The resampling under `upfirdn.py`: a step-by-step reference, and faster equivalents.

On a CPU a convolution of each channel by itself is quick in channels-last order, a transposed one
in bfloat16 is not (a factor of 50), nor is a convolution over inserted zeros. Hence: reductions are
strided convolutions; enlargements by two blend neighbours; and the gradient of the one is computed
as the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Sides: TypeAlias = tuple[int, int, int, int]
"""Zeros to add at the left, right, top and bottom; negative numbers crop."""

_CENTRED = (2, 1, 2, 1)  # padding of an enlargement by two with four taps


class Spacing(NamedTuple):
    """Factors of a change of resolution, along each axis."""

    up: int
    down: int


def resample(x: Tensor, taps: Tensor, spacing: Spacing, sides: Sides) -> Tensor:
    """Insert zeros, pad, correlate and decimate, by the fastest known equivalent.

    Args:
        x: (n, channels, height, width), floating point.
        taps: (k,) for a separable filter or (height, width); constant.
        spacing: `up` - 1 zeros follow each pixel; one in `down` results is kept.
        sides: The padding of the enlarged picture.

    Returns:
        What `resample_plainly` returns, in the memory format of `x`.
    """
    resampled: Tensor = _Resample.apply(x, taps, spacing, sides)  # type: ignore[no-untyped-call]
    return resampled


def resample_plainly(x: Tensor, taps: Tensor, spacing: Spacing, sides: Sides) -> Tensor:
    """Insert zeros, pad, correlate and decimate, one after the other: the reference.

    Args:
        x: (n, channels, height, width), floating point.
        taps: (k,) for a separable filter or (height, width).
        spacing: `up` - 1 zeros follow each pixel; one in `down` results is kept.
        sides: The padding of the enlarged picture.

    Returns:
        (n, channels, (height * up + padding - filter height) // down + 1, likewise).
    """
    x = F.pad(_insert_zeros(x, spacing.up), sides)
    return _correlate(x, taps, 1)[:, :, :: spacing.down, :: spacing.down]


class _Resample(torch.autograd.Function):
    """Resampling whose gradient is resampling, with the roles of `up` and `down` exchanged."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, taps: Tensor, spacing: Spacing, sides: Sides) -> Tensor:
        ctx.taps, ctx.spacing, ctx.sides, ctx.shape = taps, spacing, sides, x.shape
        return _resample_quickly(x, taps, spacing, sides)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        gradient, taps, (up, down) = gradients[0], ctx.taps, ctx.spacing
        high, wide = taps.shape[0], taps.shape[-1]
        left, _, top, _ = ctx.sides
        # Tap k joins input i and output o where i * up + padding = o * down + k; seen from the
        # other end, the mirrored taps stand at filter - 1 - padding.
        right = (ctx.shape[3] - 1) * up - gradient.shape[3] * down + left + 1
        bottom = (ctx.shape[2] - 1) * up - gradient.shape[2] * down + top + 1
        sides = (wide - 1 - left, right, high - 1 - top, bottom)
        mirrored = taps.flip(tuple(range(taps.ndim)))
        return resample(gradient, mirrored, Spacing(down, up), sides), None, None, None


def _resample_quickly(x: Tensor, taps: Tensor, spacing: Spacing, sides: Sides) -> Tensor:
    """Choose the fastest equivalent for these factors and taps."""
    up, down = spacing
    if up == 1:
        return _correlate_padded(x, taps, down, sides)
    four = taps.shape[0] == taps.shape[-1] == 4
    if spacing == (2, 1) and sides == _CENTRED and four and taps.device.type == "cpu":
        blend = _find_blend(taps)  # reads the taps, for which a GPU would have to stop
        if blend is not None:
            return _enlarge(x, *blend)
    return _correlate_padded(_insert_zeros(x, up), taps, down, sides)


def _insert_zeros(x: Tensor, up: int) -> Tensor:
    """Follow each pixel by `up` - 1 zeros along each axis."""
    if up == 1:
        return x
    n, channels, high, wide = x.shape
    spread = _empty(x, (n, channels, high * up, wide * up)).zero_()
    spread[:, :, ::up, ::up] = x
    return spread


def _correlate_padded(x: Tensor, taps: Tensor, down: int, sides: Sides) -> Tensor:
    """Pad, correlate and decimate; the convolution does the padding where it can."""
    left, right, top, bottom = sides
    if left == right >= 0 and top == bottom >= 0:
        return _correlate(x, taps, down, (top, left))
    return _correlate(F.pad(x, sides), taps, down)


def _correlate(x: Tensor, taps: Tensor, down: int, pad: tuple[int, int] = (0, 0)) -> Tensor:
    """Correlate each channel by itself, and keep one result in `down` along each axis."""
    channels = x.shape[1]
    w = taps.to(x).expand(channels, 1, *taps.shape)  # [c 1 k] or [c 1 h w]
    if taps.ndim == 2:
        return F.conv2d(x, w, stride=down, padding=pad, groups=channels)
    x = F.conv2d(x, w[:, :, None, :], stride=(1, down), padding=(0, pad[1]), groups=channels)
    return F.conv2d(x, w[..., None], stride=(down, 1), padding=(pad[0], 0), groups=channels)


def _find_blend(taps: Tensor) -> tuple[float, float] | None:
    """Return the brightness and the share of the farther pixel, if an enlargement is a blend.

    With taps (a, b, b, a) along each axis, every new pixel is a + b times a mean of its two
    neighbours, the farther one weighing a / (a + b): so it is for the usual [1, 3, 3, 1].
    """
    rows = taps.tolist() if taps.ndim == 2 else torch.outer(taps, taps).tolist()
    brightness = sum(rows[0][:2]) + sum(rows[1][:2])  # (a + b)²
    if brightness <= 0:
        return None
    share = sum(rows[0][:2]) / brightness
    line = (share, 1 - share, 1 - share, share)
    error = max(
        abs(rows[i][j] - brightness * line[i] * line[j]) for i in range(4) for j in range(4)
    )
    return (brightness, share) if error <= 1e-6 * brightness else None


def _enlarge(x: Tensor, brightness: float, share: float) -> Tensor:
    """Double the size by blending neighbours along the rows, then along the columns."""
    if brightness != 1:
        x = x * brightness
    return _double(_double(x, 3, share), 2, share)


def _double(x: Tensor, axis: int, share: float) -> Tensor:
    """Double one axis: two pixels for each, leaning to the one before and to the one after."""
    count = x.shape[axis]
    y = _empty(x, [size * 2 if i == axis else size for i, size in enumerate(x.shape)])
    pairs = y.unflatten(axis, (count, 2))
    before, after = pairs.select(axis + 1, 0), pairs.select(axis + 1, 1)
    first, last = x.narrow(axis, 0, count - 1), x.narrow(axis, 1, count - 1)
    torch.lerp(last, first, share, out=before.narrow(axis, 1, count - 1))
    torch.lerp(first, last, share, out=after.narrow(axis, 0, count - 1))
    torch.mul(x.narrow(axis, 0, 1), 1 - share, out=before.narrow(axis, 0, 1))  # beyond: zero
    torch.mul(x.narrow(axis, count - 1, 1), 1 - share, out=after.narrow(axis, count - 1, 1))
    return y


def _empty(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return a tensor of another shape with the type, device and memory format of `x`."""
    channels_last = x.shape[1] > 1 and x.stride(1) == 1
    order = torch.channels_last if channels_last else torch.contiguous_format
    return torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=order)
