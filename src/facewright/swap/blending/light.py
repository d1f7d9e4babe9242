"""Bring the colours of one face into the light of another, place by place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.swap.mesh.pixels import spread
from facewright.swap.mesh.raster import Floats

_ROUNDS = 3
_OUTLIER = 27.0
"""Differences beyond this, in Lab, are no matter of light: hair, glasses, paint."""
_BROAD, _LOCAL = 0.2, 0.12
"""The widths of the low-pass filters of the difference and of the colours themselves, in parts of
the longer side."""
_BLACK, _WHITE = np.float32(8), np.float32(270)
"""What is added to every brightness, and a brightness that nothing reaches: no division by 0."""
_GLARE = np.float32(40)
"""Skin less than this below white is overexposed and shows less of its shades."""
_FLATTEST, _STEEPEST, _BRIGHTEST = 0.4, 1.8, 1.0
"""How much the contrast of dark parts may shrink and grow, and that of bright parts grow:
highlights of pale skin do not belong on dark skin."""
_GLOOM = 0.5
"""How much of the difference in brightness of two skins is light: the power of their ratio by which
what keeps its own colours gets brighter or darker."""
_SEEN, _FEW, _WHITES = 0.5, 6, 0.75
"""How surely a place is eye that tells the white of eyes, how many are needed, and the quantile of
their brightness from which they are white."""
_CAST, _MOST = np.float32(0.6), 40
"""How much of the cast of their white eyes lose, irises with it, and how much at most, of 255."""
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_DULL, _VIVID = 2.5, 8.0
"""The mean chroma of a picture without colour, and of one with all of it."""


@dataclass(frozen=True, slots=True)
class Relight:
    """How colours change, place by place, around the tone of the skin."""

    level: Floats
    """(rows, columns), 0 to 255: how bright the skin is as it comes."""
    base: Floats
    """(rows, columns, 3): the colour that the skin takes, less what `tint` leaves of its own."""
    darker: Floats
    """(rows, columns, 3): added for each level by which something is darker than the skin."""
    lighter: Floats
    """(rows, columns): added to all three for each level by which something is lighter."""
    tint: Floats
    """(3, 3): what is left of a colour itself, such as the red of lips and the white of eyes."""


def to_lab(colours: Floats) -> Floats:
    """Return CIE L*a*b* of RGB colours.

    Args:
        colours: (rows, columns, 3), 0 to 255.
    """
    shares = np.clip(colours, 0, 255) / np.float32(255)
    return np.asarray(cv2.cvtColor(shares, cv2.COLOR_RGB2Lab), np.float32)


def to_rgb(lab: Floats) -> Floats:
    """Return RGB colours, 0 to 255, of CIE L*a*b*.

    Args:
        lab: (rows, columns, 3).
    """
    return cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * np.float32(255)


def smooth(values: Floats, weights: Floats, width: float, doubt: float = 1e-3) -> Floats:
    """Blur values, each by its weight.

    Args:
        values: (rows, columns, k).
        weights: (rows, columns).
        width: Standard deviation of the blur, in parts of the longer side.
        doubt: Pulls towards 0 where there is little weight.

    Returns:
        (rows, columns, k).
    """
    side = max(1, round(width * max(weights.shape) * 1.7)) | 1  # three boxes make a bell
    stacked = cv2.merge([*cv2.split(values * weights[..., None]), weights])
    for _ in range(3):
        stacked = cv2.blur(stacked, (side, side), borderType=cv2.BORDER_CONSTANT)
    stacked = np.asarray(stacked, np.float32)
    return stacked[..., :-1] / (stacked[..., -1:] + np.float32(doubt))


def match_light(
    source: Floats,
    target: Floats,
    skin: Floats,
    own: Floats | None = None,
) -> Relight:
    """Find how a pasted face must change to stand in the light of the face that it covers.

    The two are compared in CIE Lab where both show skin. The difference is first fitted by a
    quadratic surface (tone and the direction of the light), what that leaves by a low-pass filter
    (shadows). Both ignore what differs by more than light does. Around the tone of skin that this
    gives, what is darker takes the hue of the skin that it falls on, as a shadow does, black stays
    black and white stays white. So brows and eyes keep their contrast, and the shadows of dark skin
    do not turn grey on bright skin.

    Args:
        source: (rows, columns, 3), the warped face, 0 to 255, small.
        target: (rows, columns, 3), the picture below it.
        skin: (rows, columns), 0 to 1: where both show skin.
        own: (rows, columns), 0 to 1: what keeps its own colours, such as eyes, which are no darker
            in dark skin; nothing if not given.

    Returns:
        The change, on the same grid.
    """
    weights = skin + np.float32(1e-6)
    ours, theirs = to_lab(source), to_lab(target)
    surface, rest, trust = _fit_difference(theirs - ours, weights)
    field = surface + smooth(rest, trust, _BROAD, doubt=0.05)
    low = smooth(ours, trust + np.float32(1e-5), _LOCAL, doubt=0)
    vividness, hue = _measure_colour(theirs, weights)
    wanted = low + field
    wanted[..., 1:] = hue + (wanted[..., 1:] - hue) * np.float32(vividness)
    before, after = to_rgb(low), to_rgb(wanted)
    if own is not None:
        levels = [float(((colours @ _GREY) * weights).sum()) for colours in (before, after)]
        gain = (levels[1] / max(levels[0], 1e-6)) ** _GLOOM
        kept = before @ _dull(vividness).T * np.float32(gain)
        after = after + (kept - after) * own[..., None]
    light = _turn_about(before, after, weights, vividness)
    if own is None or (own > _SEEN).sum() < _FEW:
        return light
    whites = [_find_white(colours, own > _SEEN) for colours in (source, target)]
    return _lend_white(light, own, whites[0], whites[1])


def keep_light(size: tuple[int, int]) -> Relight:
    """Return the change that changes nothing.

    Args:
        size: Width and height of its grid.
    """
    flat = np.zeros((size[1], size[0]), np.float32)
    colours = np.zeros((*flat.shape, 3), np.float32)
    return Relight(flat, colours, colours, flat, np.eye(3, dtype=np.float32))


def apply_light(source: Floats, light: Relight) -> Floats:
    """Change colours as `match_light` found.

    Args:
        source: (height, width, 3), 0 to 255; any size, the grid is spread over it.
        light: The change.

    Returns:
        (height, width, 3), not clipped.
    """
    size = (source.shape[1], source.shape[0])
    level, result, darker, lighter = (
        spread(field, size) for field in (light.level, light.base, light.darker, light.lighter)
    )
    result += cv2.transform(source, light.tint)
    apart = cv2.subtract(cv2.transform(source, _GREY[None]), level)
    below = np.minimum(apart, 0)
    above = (apart - below) * lighter
    result += cv2.multiply(darker, cv2.merge([below, below, below]))
    result += cv2.merge([above, above, above])
    return result


def _find_white(colours: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return the mean colour of the brighter quarter of what is seen of eyes, (3,)."""
    eyes = colours[seen]
    levels = eyes @ _GREY
    return np.asarray(eyes[levels >= np.quantile(levels, _WHITES)].mean(0), np.float32)


def _lend_white(light: Relight, own: Floats, white: Floats, wanted: Floats) -> Relight:
    """Let the white of eyes have the hue that it has in the picture, as bright as it has become."""
    above = float(white @ _GREY) - light.level
    slope = np.where((above > 0)[..., None], light.lighter[..., None], light.darker)
    made = light.base + light.tint @ white + slope * above[..., None]
    mean = (made * own[..., None]).sum((0, 1)) / own.sum()
    goal = wanted * np.float32((mean @ _GREY) / max(float(wanted @ _GREY), 1.0))
    apart = np.clip(_CAST * (goal - mean), -_MOST, _MOST)
    return replace(light, base=light.base + apart * own[..., None])


def _turn_about(before: Floats, after: Floats, weights: Floats, vividness: float) -> Relight:
    """Return the change that brings the tone of skin from one to the other, (rows, columns, 3)."""
    level, goal = before @ _GREY, np.maximum(after @ _GREY, 1)
    glare = np.clip((_WHITE - goal) / _GLARE, _FLATTEST, 1)
    steep = np.clip((goal + _BLACK) / (level + _BLACK), _FLATTEST, _STEEPEST) * glare
    flat = np.clip((_WHITE - goal) / (_WHITE - level), _FLATTEST, _BRIGHTEST)
    left = float((np.minimum(steep, 1 / steep) * weights).sum() / weights.sum())
    tint = _dull(vividness) * np.float32(left)
    hue = (before * weights[..., None]).sum((0, 1))
    hue /= max(float(hue @ _GREY), 1e-6)
    darker = after * (steep / goal)[..., None] - tint @ hue
    return Relight(level, after - before @ tint.T, darker, flat - np.float32(left), tint)


def _measure_colour(lab: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return how much colour skin has, 0 to 1, and its mean a* and b*, (2,)."""
    total = float(weights.sum())
    chroma = float((np.hypot(lab[..., 1], lab[..., 2]) * weights).sum()) / total
    hue = (lab[..., 1:] * weights[..., None]).sum((0, 1)) / np.float32(total)
    return float(np.clip((chroma - _DULL) / (_VIVID - _DULL), 0, 1)), hue


def _dull(vividness: float) -> Floats:
    """Return the matrix (3, 3) that moves colours towards grey, all the way at 0."""
    grey = _GREY * np.float32(1 - vividness)
    return np.eye(3, dtype=np.float32) * np.float32(vividness) + grey[None]


def _fit_difference(apart: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit a quadratic surface through differences, outliers left aside.

    Returns:
        The surface and what it leaves, (rows, columns, 3) each, and the weights of what counted.
    """
    rows, columns = weights.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1).reshape(-1, 6)
    values, trust = apart.reshape(-1, 3), weights.reshape(-1)
    ridge = np.diag([0, 0.02, 0.02, 0.1, 0.1, 0.1]).astype(np.float32)
    known, surface = trust, values
    for _ in range(_ROUNDS):
        weighted = terms * known[:, None]
        moments = terms.T @ weighted + ridge * known.sum()
        surface = terms @ np.linalg.solve(moments, weighted.T @ values)
        off = ((values - surface) ** 2).sum(1) / np.float32(_OUTLIER**2)
        known = trust * np.maximum(1 - off, 0) ** 2 + np.float32(1e-7)
    rest = (values - surface).reshape(apart.shape)
    return surface.reshape(apart.shape), rest, known.reshape(weights.shape)
