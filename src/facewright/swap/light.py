"""Bring the colours of one face into the light of another, place by place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.swap.pixels import spread
from facewright.swap.raster import Floats

_ROUNDS = 3
_OUTLIER = 27.0
"""Differences beyond this, in Lab, are no matter of light: hair, glasses, paint."""
_BROAD, _LOCAL = 0.11, 0.08
"""The widths of the low-pass filters of the difference and of the colours themselves, in parts of
the longer side."""
_BLACK, _WHITE = np.float32(8), np.float32(270)
"""What is added to every brightness, and a brightness that nothing reaches: no division by 0."""
_GLARE = np.float32(40)
"""Skin less than this below white is overexposed and shows less of its shades."""
_FLATTEST, _STEEPEST, _BRIGHTEST = 0.4, 1.8, 1.0
"""How much the contrast of dark parts may shrink and grow, and that of bright parts grow:
highlights of pale skin do not belong on dark skin."""
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_DULL, _VIVID = 2.5, 8.0
"""The mean chroma of a picture without colour, and of one with all of it."""


@dataclass(frozen=True, slots=True)
class Relight:
    """How colours change, place by place."""

    before: Floats
    """(rows, columns, 3), 0 to 255: the colour of the skin as it is."""
    after: Floats
    """(rows, columns, 3), 0 to 255: the colour that it takes."""
    darker: Floats
    """(rows, columns, 3): what is darker than the skin keeps its distance times this."""
    lighter: Floats
    """(rows, columns, 3): what is lighter keeps its distance times this."""
    vividness: float = 1.0
    """What is left of the colour of details, 1 for all; below where the target has no colour."""


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


def match_light(source: Floats, target: Floats, skin: Floats) -> Relight:
    """Find how a pasted face must change to stand in the light of the face that it covers.

    The two are compared in CIE Lab where both show skin. The difference is first fitted by a
    quadratic surface (tone and the direction of the light), what that leaves by a low-pass filter
    (shadows). Both ignore what differs by more than light does. Around the tone of skin that this
    gives, black stays black and white stays white, so that brows and eyes keep their contrast.

    Args:
        source: (rows, columns, 3), the warped face, 0 to 255, small.
        target: (rows, columns, 3), the picture below it.
        skin: (rows, columns), 0 to 1: where both show skin.

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
    darker = _limit((after + _BLACK) / (before + _BLACK), _STEEPEST)
    glare = np.clip((_WHITE - after @ _GREY) / _GLARE, _FLATTEST, 1)[..., None]
    darker = darker * glare.astype(np.float32)
    lighter = _limit((_WHITE - after) / (_WHITE - before), _BRIGHTEST)
    if vividness < 1:
        darker, lighter = _dull(darker, vividness), _dull(lighter, vividness)
    return Relight(before, after, darker, lighter, vividness)


def apply_light(source: Floats, light: Relight) -> Floats:
    """Change colours as `match_light` found.

    Args:
        source: (height, width, 3), 0 to 255; any size, the grid is spread over it.
        light: The change.

    Returns:
        (height, width, 3), not clipped.
    """
    size = (source.shape[1], source.shape[0])
    before, after, darker, lighter = (
        spread(field, size) for field in (light.before, light.after, light.darker, light.lighter)
    )
    apart = np.asarray(cv2.subtract(source, before), np.float32)
    if light.vividness < 1:
        apart = _dull(apart, light.vividness)
    above = np.maximum(apart, 0)
    apart -= above
    above *= lighter
    apart *= darker
    above += apart
    above += after
    return above


def _measure_colour(lab: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return how much colour skin has, 0 to 1, and its mean a* and b*, (2,)."""
    total = float(weights.sum())
    chroma = float((np.hypot(lab[..., 1], lab[..., 2]) * weights).sum()) / total
    hue = (lab[..., 1:] * weights[..., None]).sum((0, 1)) / np.float32(total)
    return float(np.clip((chroma - _DULL) / (_VIVID - _DULL), 0, 1)), hue


def _limit(slopes: Floats, steepest: float) -> Floats:
    """Limit slopes (rows, columns, 3) by their brightness, their colour kept."""
    grey = np.maximum(slopes @ _GREY, np.float32(1e-3))[..., None]
    allowed = np.clip(grey, _FLATTEST, steepest) / grey
    return np.clip(slopes * allowed, _FLATTEST / 2, 1.3 * steepest).astype(np.float32)


def _dull(colours: Floats, vividness: float) -> Floats:
    """Move colours towards grey."""
    grey = _GREY * np.float32(1 - vividness)
    matrix = np.eye(3, dtype=np.float32) * np.float32(vividness) + grey[None]
    return np.asarray(cv2.transform(colours, matrix), np.float32)


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
