"""Resample with a filter: insert zeros, pad, convolve, decimate; and convolutions that do so.

Filters are constants: no gradient flows into them. Everything is differentiable any number of times
with respect to the pictures. The resampling itself is in `resample.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from facewright.errors import InputError
from facewright.gan.ops.resample import Sides, Spacing, resample

Padding: TypeAlias = int | Sequence[int]
"""All sides; (x, y); or (left, right, top, bottom). Negative numbers crop."""

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
