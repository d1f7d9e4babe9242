"""Draw mouth, nose and the folds beside them on a painted face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from person import FOLDS, Pens, Person
from strokes import (
    blur,
    fill,
    grey,
    halves,
    mean_under,
    smooth_line,
    smooth_loop,
    spot,
    stroke,
    taper,
)

from facewright.faces.geometry import topology

Floats = NDArray[np.float32]

_WARM = np.float32([0.65, 0.95, 1.0])  # how much of each colour shade on skin takes
_INSIDE, _TONGUE = np.float32([0.27, 0.08, 0.08]), np.float32([0.72, 0.30, 0.30])
_TEETH = np.float32([0.97, 0.95, 0.91])
_SHUT = 0.055  # eye distances between lips that count as closed
_WINGS = ((129, 64, 98, -1), (358, 294, 327, 1))  # two points of a wing, nostril, side


def draw_nose(out: Floats, points: Floats, person: Person, pens: Pens) -> Floats:
    """Shade below and beside the nose, set nostrils and a light on its tip.

    Args:
        out: (h, w, 3).
        points: (478, 2), pixels.
        person: Whose nose it is.
        pens: How.
    """
    shape, unit = out.shape, person.unit
    tip, base = points[4], points[2]
    below = spot(shape, base + np.float32([0, 0.03 * unit]), 0.13 * unit, flat=0.4)
    out = out * (1 - 0.26 * below * _WARM)
    for one, other, hole, side in _WINGS:
        edge = (points[one] + points[other]) / 2
        arc = np.stack([edge, edge, points[hole]])
        arc = arc + unit * np.float32([[0, -0.05], [0.022 * side, 0.02], [0, 0.02]])
        line = stroke(shape, smooth_line(arc, 10), 0.03 * unit * taper(10), 0.012 * unit)
        out = out * (1 - 0.3 * line * _WARM)
        dark = spot(shape, 0.62 * points[hole] + 0.38 * base, 0.036 * unit, flat=0.55)
        out = out * (1 - pens.nostrils * dark * np.float32([0.75, 0.95, 0.95]))
    light = spot(shape, tip - unit * np.float32([0.02, 0.05]), 0.055 * unit, flat=0.8)
    ridge = spot(shape, (points[6] + tip) / 2, 0.05 * unit, flat=2.6)
    return out + (0.30 * light + 0.10 * ridge) * (np.float32([1, 0.96, 0.9]) - out)


def draw_folds(out: Floats, points: Floats, person: Person, pens: Pens) -> Floats:
    """Draw the folds from the nose to the mouth, as dark as they were seen."""
    unit = person.unit
    for chain in FOLDS:
        line = smooth_line(points[list(chain)], 16)
        mask = stroke(out.shape, line, 0.05 * unit * taper(16, 0.4, 0.05), 0.016 * unit)
        out = out * (1 - 0.34 * pens.fold * person.folds * mask * _WARM)
    return out


def draw_mouth(out: Floats, points: Floats, person: Person, pens: Pens) -> Floats:
    """Draw the lips in their colour, the line between them, or teeth and tongue in an open mouth.

    Args:
        out: (h, w, 3).
        points: (478, 2), pixels.
        person: Whose mouth it is.
        pens: How.
    """
    shape, unit = out.shape, person.unit
    outer, inner = smooth_loop(points[topology.LIPS_OUTER], 7), points[topology.LIPS_INNER]
    mask = fill(shape, outer, 0.012 * unit)
    near = np.clip(2 * blur(mask[..., 0], 0.1 * unit)[..., None], 0, 1) * (1 - mask)
    colour = _pick_lips(person.lips, mean_under(out, near), pens.lips)
    upper, lower = halves(inner)
    seam = (upper + lower) / 2
    back = seam[::-1] if seam[0, 0] < seam[-1, 0] else seam
    above = fill(shape, np.concatenate([_upper_rim(outer), back]), 0.01 * unit)
    out = out + mask * (colour * (1.06 - 0.16 * above) - out)
    shine = spot(shape, (points[14] + points[17]) / 2, 0.11 * unit, flat=0.3)
    out = out + 0.28 * shine * mask * (1 - out)
    under = spot(shape, points[17] + np.float32([0, 0.05 * unit]), 0.16 * unit, flat=0.3)
    out = out * (1 - 0.2 * under * (1 - mask) * _WARM)
    opening = float(np.linalg.norm(points[13] - points[14])) / unit
    if opening > _SHUT:
        return _open_mouth(out, smooth_loop(inner, 6), colour, unit, opening)
    line = smooth_line(seam, 24)
    dark = stroke(shape, line, 0.032 * unit * taper(24, 0.45, 0.45), 0.006 * unit)
    return out + 0.8 * dark * (0.35 * colour - out)


def _open_mouth(out: Floats, loop: Floats, colour: Floats, unit: float, opening: float) -> Floats:
    """Draw what an open mouth shows: dark, tongue, the upper teeth."""
    shape = out.shape
    hole, middle = fill(shape, loop), loop.mean(0)
    low = np.float32([middle[0], loop[:, 1].max()])
    tongue = np.clip(1.6 * spot(shape, low, 0.16 * unit, flat=0.45) - 0.3, 0, 1)
    out = out + hole * (_INSIDE + 0.75 * tongue * (_TONGUE - _INSIDE) - out)
    upper, lower = halves(loop)
    full = len(upper)
    share = float(np.clip(0.12 / opening, 0.5, 0.86))  # of the opening
    edge = upper + share * (lower - upper)
    teeth = fill(shape, np.concatenate([upper, edge[::-1]]), 0.004 * unit)
    aside = np.abs(np.arange(shape[1], dtype=np.float32) - middle[0]) / (np.ptp(loop[:, 0]) / 2)
    white = _TEETH * (1 - 0.45 * np.clip(aside - 0.45, 0, 1) ** 1.2)[None, :, None]
    shade = stroke(shape, upper, 0.05 * unit * taper(full), 0.012 * unit)
    out = out + teeth * hole * (white * (1 - 0.28 * shade) - out)
    rim = stroke(shape, upper, 0.02 * unit * taper(full, 0.6, 0.6), 0.005 * unit)
    return out + 0.7 * rim * (0.38 * colour - out)


def _upper_rim(loop: Floats) -> Floats:
    """Return the upper half of the rim of the lips, from left to right."""
    rolled = np.roll(loop, -int(loop[:, 0].argmin()), axis=0)
    cut = int(rolled[:, 0].argmax())
    ones, others = rolled[: cut + 1], np.concatenate([rolled[cut:], rolled[:1]])[::-1]
    return ones if ones[:, 1].mean() < others[:, 1].mean() else others


def _pick_lips(seen: Floats, skin: Floats, amount: float) -> Floats:
    """Return the colour of lips: their own, redder than the skin, as strong as asked for."""
    bright = float(np.clip(0.86 * grey(seen) + 0.05 + 0.14 * grey(skin), 0.2, 0.62))
    red = np.float32([1.38, 0.80, 0.80]) * bright
    own = seen / max(float(grey(seen)), 0.05) * bright
    plain = 0.92 * skin
    return np.clip(plain + amount * (0.5 * red + 0.5 * own - plain), 0, 1).astype(np.float32)
