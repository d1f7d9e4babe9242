"""Resample with a filter: insert zeros, pad, convolve, decimate; and convolutions that do so.

Filters are constants: no gradient flows into them. Everything is differentiable any number of times
with respect to the pictures.

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

from facewright.errors import InputError

Padding: TypeAlias = int | Sequence[int]
"""All sides; (x, y); or (left, right, top, bottom). Negative numbers crop."""

Sides: TypeAlias = tuple[int, int, int, int]
"""Zeros to add at the left, right, top and bottom; negative numbers crop."""

_SEPARABLE_FROM = 8  # taps; below, one pass with the outer product is as quick


def setup_filter(
    taps: Sequence[float] | Sequence[Sequence[float]] | Tensor,
    *,
    normalize: bool = True,
    flip_filter: bool = False,
    gain: float = 1.0,
    separable: bool | None = None,
) -> Tensor:
    """Return a low-pass filter in the form that the functions of this module take.

    Args:
        taps: (k,) or (height, width).
        normalize: Whether to scale the taps to sum one, so that constant pictures stay as they are.
        flip_filter: Whether to mirror the taps.
        gain: Factor of the filter on brightness.
        separable: Whether to keep a filter of one dimension as such; None does so from 8 taps.

    Returns:
        (k,), which stands for its outer product with itself, or (height, width); float32.

    Raises:
        InputError: There are no taps, they have more than two dimensions, or a filter of two
            dimensions shall be separable.
    """
    f = torch.as_tensor(taps, dtype=torch.float32)
    f = f[None] if f.ndim == 0 else f
    if f.ndim > 2 or f.numel() == 0:
        raise InputError(f"a filter is (k,) or (height, width), not {tuple(f.shape)}")
    if separable is None:
        separable = f.ndim == 1 and f.numel() >= _SEPARABLE_FROM
    if separable and f.ndim == 2:
        raise InputError("a filter of two dimensions is not separable", hint="pass one dimension")
    if f.ndim == 1 and not separable:
        f = torch.outer(f, f)  # [k k]
    if normalize:
        f = f / f.sum()
    if flip_filter:
        f = f.flip(tuple(range(f.ndim)))
    return f * gain ** (f.ndim / 2)


def upfirdn2d(  # noqa: PLR0913
    x: Tensor,
    f: Tensor | None,
    *,
    up: int = 1,
    down: int = 1,
    padding: Padding = 0,
    flip_filter: bool = False,
    gain: float = 1.0,
) -> Tensor:
    """Upsample by zero insertion, pad, filter and decimate each channel.

    Args:
        x: (n, channels, height, width), floating point.
        f: (k,) for a separable filter, (height, width), or None for the identity; float32.
        up: Factor of the upsampling: `up` - 1 zeros follow each pixel along each axis.
        down: Factor of the decimation: one in `down` pixels is kept along each axis.
        padding: Zeros around the upsampled picture.
        flip_filter: False convolves, True correlates.
        gain: Factor on the result.

    Returns:
        (n, channels, (height * up + padding - filter height) // down + 1, likewise), of the type
        and memory format of `x`.

    Raises:
        InputError: `padding` has a length other than 1, 2 or 4.
    """
    sides = _four(padding)
    if f is None:
        f = torch.ones(1, 1, device=x.device)
    taps = f if flip_filter else f.flip(tuple(range(f.ndim)))
    taps = taps if gain == 1 else taps * gain ** (f.ndim / 2)
    return resample(x, taps, Spacing(up, down), sides)


def upsample2d(
    x: Tensor, f: Tensor, *, up: int = 2, padding: Padding = 0, gain: float = 1.0
) -> Tensor:
    """Enlarge each channel `up` times and keep its brightness.

    Args:
        x: (n, channels, height, width).
        f: As for `upfirdn2d`.
        up: The factor.
        padding: Pixels to add to, or cut from, the result.
        gain: Factor on the result.

    Returns:
        (n, channels, height * up + padding, width * up + padding).
    """
    sides = _add(_four(padding), _up_sides(f, up))
    return upfirdn2d(x, f, up=up, padding=sides, gain=gain * up**2)


def downsample2d(
    x: Tensor, f: Tensor, *, down: int = 2, padding: Padding = 0, gain: float = 1.0
) -> Tensor:
    """Shrink each channel `down` times.

    Args:
        x: (n, channels, height, width).
        f: As for `upfirdn2d`.
        down: The factor.
        padding: Pixels to add around, or cut from, `x`.
        gain: Factor on the result.

    Returns:
        (n, channels, (height + padding) // down, (width + padding) // down).
    """
    sides = _add(_four(padding), _down_sides(f, down))
    return upfirdn2d(x, f, down=down, padding=sides, gain=gain)


def conv2d_resample(  # noqa: PLR0913
    x: Tensor,
    w: Tensor,
    *,
    f: Tensor | None = None,
    up: int = 1,
    down: int = 1,
    padding: Padding = 0,
    groups: int = 1,
    flip_weight: bool = True,
    flip_filter: bool = False,
) -> Tensor:
    """Upsample with a filter, convolve, then downsample with the filter.

    The steps are linear and so are reordered and merged: a 1×1 convolution runs at the lower
    resolution, a stride replaces decimation, a transposed convolution replaces zero insertion.

    Args:
        x: (n, channels in, height, width).
        w: (channels out, channels in / groups, kernel height, kernel width).
        f: As for `upfirdn2d`; needed when `up` or `down` is not 1.
        up: Factor of the enlargement before the convolution.
        down: Factor of the reduction after it.
        padding: Zeros around the upsampled picture; kernel // 2 keeps sizes.
        groups: Number of groups of channels that are convolved separately.
        flip_weight: True correlates, as convolutions in networks do; False convolves.
        flip_filter: The same for `f`, where False is usual.

    Returns:
        (n, channels out, height * up / down, width * up / down) when padding is kernel // 2.

    Raises:
        InputError: `padding` has a length other than 1, 2 or 4.
    """
    sides = _four(padding)
    if up > 1 and f is not None:
        sides = _add(sides, _up_sides(f, up))
    if down > 1 and f is not None:
        sides = _add(sides, _down_sides(f, down))
    high, wide = w.shape[2:]
    w = w if flip_weight else w.flip((2, 3))
    w = w.to(x.dtype)
    if up > 1:
        return _conv_up(x, w, f, up=up, down=down, sides=sides, groups=groups, flip=flip_filter)
    if down == 1:
        return _conv(x, w, sides, groups)
    if (high, wide) == (1, 1):
        x = upfirdn2d(x, f, down=down, padding=sides, flip_filter=flip_filter)
        return F.conv2d(x, w, groups=groups)
    x = upfirdn2d(x, f, padding=sides, flip_filter=flip_filter)
    return F.conv2d(x, w, stride=down, groups=groups)


def _conv_up(  # noqa: PLR0913
    x: Tensor,
    w: Tensor,
    f: Tensor | None,
    *,
    up: int,
    down: int,
    sides: Sides,
    groups: int,
    flip: bool,
) -> Tensor:
    """Convolve at the low resolution while enlarging, then filter once; `w` correlates."""
    high, wide = w.shape[2:]
    if (high, wide) == (1, 1):
        x = F.conv2d(x, w, groups=groups)
        x = upfirdn2d(x, f, up=up, padding=sides, gain=up**2, flip_filter=flip)
    else:
        x = F.conv_transpose2d(x, _transposed(w, groups), stride=up, groups=groups)
        cut = (1 - wide, up - wide, 1 - high, up - high)
        x = upfirdn2d(x, f, padding=_add(sides, cut), gain=up**2, flip_filter=flip)
    return upfirdn2d(x, f, down=down, flip_filter=flip) if down > 1 else x


def _transposed(w: Tensor, groups: int) -> Tensor:
    """Turn the weight of a correlation into that of the equal transposed convolution."""
    w = w.flip((2, 3)).reshape(groups, -1, *w.shape[1:])  # [groups out in kh kw]
    return w.transpose(1, 2).flatten(0, 1)  # [groups*in out kh kw]


def _conv(x: Tensor, w: Tensor, sides: Sides, groups: int) -> Tensor:
    """Correlate; the padding may differ from side to side or crop."""
    left, right, top, bottom = sides
    if left == right >= 0 and top == bottom >= 0:  # convolutions pad both sides alike
        return F.conv2d(x, w, padding=(top, left), groups=groups)
    return F.conv2d(F.pad(x, sides), w, groups=groups)


def _up_sides(f: Tensor, up: int) -> Sides:
    """Return the padding that keeps an enlargement centred."""
    high, wide = _size(f)
    before, after = (wide + up - 1) // 2, (wide - up) // 2
    return before, after, (high + up - 1) // 2, (high - up) // 2


def _down_sides(f: Tensor, down: int) -> Sides:
    """Return the padding that keeps a reduction centred."""
    high, wide = _size(f)
    before, after = (wide - down + 1) // 2, (wide - down) // 2
    return before, after, (high - down + 1) // 2, (high - down) // 2


def _size(f: Tensor) -> tuple[int, int]:
    """Return the height and width of a filter."""
    return f.shape[0], f.shape[-1]


def _four(padding: Padding) -> Sides:
    """Spell a padding out: left, right, top, bottom."""
    sides = [padding] if isinstance(padding, int) else list(padding)
    if len(sides) not in {1, 2, 4}:
        raise InputError(
            f"padding has {len(sides)} numbers",
            hint="pass one, (x, y), or (left, right, top, bottom)",
        )
    if len(sides) == 4:
        return sides[0], sides[1], sides[2], sides[3]
    return sides[0], sides[0], sides[-1], sides[-1]


def _add(a: Sides, b: Sides) -> Sides:
    """Add two paddings side by side."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


# ---------------------------------------------------------------- the resampling itself


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
