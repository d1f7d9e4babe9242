"""Draw eyes, brows, nose and mouth on a painted face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from person import EYES, Person, brow_line
from strokes import (
    blur,
    disc,
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

from facewright.faces import topology

Floats = NDArray[np.float32]

_DARK = np.float32([0.13, 0.075, 0.06])
_BROWN, _HAZEL = np.float32([0.40, 0.22, 0.10]), np.float32([0.42, 0.36, 0.14])
_GREEN, _BLUE = np.float32([0.27, 0.44, 0.28]), np.float32([0.24, 0.43, 0.62])


@dataclass(frozen=True)
class Pens:
    """How eyes, brows, nose and mouth are drawn. Lengths are in eye distances."""

    iris: float = 0.44
    """Radius of the iris, in widths of half an eye."""
    lashes: float = 0.055
    """Width of the line along the upper lid."""
    brows: float = 1.0
    """How thick brows are, in how thick they were seen."""
    fold: float = 0.7
    """How dark folds and the crease of the lid are, 0 to 1."""
    lips: float = 0.6
    """How far lips go from skin to their own colour, 0 to 1."""
    nostrils: float = 0.5
    """How dark they are, 0 to 1."""


def draw_brows(out: Floats, before: Floats, after: Floats, person: Person, pens: Pens) -> Floats:
    """Draw each brow with its own line, thickness and colour, above where the eye is now.

    Args:
        out: (h, w, 3).
        before: (478, 2), the mesh as it was seen, pixels.
        after: (478, 2), the mesh that is drawn on.
        person: Whose brows they are.
        pens: How.
    """
    unit = person.unit
    colour = np.clip(0.62 * person.brow_colour, 0.02, 0.5)
    for brow, eye, seen in zip(
        (topology.LEFT_BROW, topology.RIGHT_BROW), EYES, person.brows, strict=True
    ):
        both = 0.75 * seen + 0.25 * sum(person.brows) / 2
        thick = pens.brows * float(np.clip(0.03 + 1.35 * (both - 0.02), 0.026, 0.105)) * unit
        line = _raise_brow(brow_line(before[brow]), before, after, eye, thick)
        line = smooth_line(line, 20)
        part = np.linspace(0, 1, 20)  # from the outer end
        widths = (
            thick
            * np.minimum(0.25 + 1.5 * part, 1)
            * np.where(part > 0.85, 1 - 1.6 * (part - 0.85), 1)
        )
        mask = stroke(out.shape, line, widths, 0.010 * unit)
        lower = stroke(out.shape, line + [0, 0.32 * thick], 0.5 * widths, 0.02 * unit)
        tone = colour * (1.12 - 0.25 * lower)
        out = out + (0.93 * mask) * (tone - out)
    return out


def _raise_brow(line: Floats, before: Floats, after: Floats, eye: Floats, thick: float) -> Floats:
    """Return a brow moved to above an eye that grew, as far above the lid as it was."""
    was, now = before[eye], after[eye]
    grown = np.ptp(now[:, 0]) / np.ptp(was[:, 0])
    middle = line.mean(0)
    wide = 0.5 * (1 + grown)  # half as much wider as the eye
    out = (line - middle) * np.float32([0.88 * wide, 1.0]) + middle
    gap = was[:, 1].min() - middle[1]  # from the lid to the brow
    aim = now[:, 1].min() - max(0.8 * gap, 0.55 * thick + 3)
    x = now[:, 0].mean() + 0.9 * (middle[0] - was[:, 0].mean())
    return (out + [x - middle[0], aim - middle[1]]).astype(np.float32)


def draw_eye(out: Floats, lids: Floats, iris: Floats, person: Person, pens: Pens) -> Floats:
    """Draw an eye: white, iris, pupil, lights, lids.

    Args:
        out: (h, w, 3).
        lids: (16, 2), along the lids from the outer corner, pixels.
        iris: (2,), the middle of the iris.
        person: Whose eye it is.
        pens: How.
    """
    shape, unit = out.shape, person.unit
    loop = smooth_loop(lids)
    upper, lower = halves(loop)
    middle, wide = lids.mean(0), float(np.linalg.norm(lids[8] - lids[0])) / 2
    socket = stroke(shape, upper - [0, 0.05 * unit], 0.13 * unit * taper(len(upper)), 0.035 * unit)
    out = out * (1 - 0.32 * socket * np.float32([0.7, 1.0, 1.0]))
    ball = fill(shape, loop)
    lid_shade = stroke(shape, upper, 0.20 * unit * taper(len(upper)), 0.03 * unit)
    white = np.float32([0.97, 0.96, 0.95]) * (1 - 0.30 * lid_shade * np.float32([0.9, 1, 0.85]))
    out = out + ball * (white - out)
    centre = middle + np.float32([0.75, 0.4]) * (iris - middle)
    radius = max(pens.iris * wide, 0.42 * float(np.ptp(lids[:, 1])))
    out = out + ball * _iris(
        shape, centre, radius, pick_iris(person.eyes, person.skin), lid_shade, out
    )
    for offset, size in (((-0.36, -0.38), 0.25), ((0.34, 0.36), 0.11)):
        light = disc(shape, centre + np.multiply(offset, radius), size * radius)
        out = out + 0.95 * ball * light * (1 - out)
    outer_first = (
        taper(len(upper), 0.75, 0.3)
        if lids[0, 0] == lids[:, 0].min()
        else taper(len(upper), 0.3, 0.75)
    )
    if np.linalg.norm(upper[0] - lids[0]) > np.linalg.norm(upper[-1] - lids[0]):
        upper = upper[::-1]
    lash = stroke(shape, upper, pens.lashes * unit * taper(len(upper), 0.8, 0.35))
    out = out + 0.96 * lash * (_DARK - out)
    rim = stroke(shape, lower, 0.016 * unit * taper(len(lower)))
    out = out + 0.4 * rim * (_DARK + 0.12 - out)
    crease = upper - [0, 0.085 * unit]
    line = stroke(
        shape, crease[4:-4], 0.018 * unit * taper(len(crease) - 8, 0.1, 0.1), 0.006 * unit
    )
    return out * (1 - 0.5 * pens.fold * line * np.float32([0.75, 0.95, 1.0]))


def _iris(
    shape: tuple[int, ...],
    centre: Floats,
    radius: float,
    colour: Floats,
    shade: Floats,
    out: Floats,
) -> Floats:
    """Return what an iris changes, (h, w, 3)."""
    whole = disc(shape, centre, radius)
    inner = disc(shape, centre, 0.86 * radius, soft=0.12 * radius)
    tone = colour * 0.42 + inner * (colour * 0.58)
    glow = spot(shape, centre + [0, 0.55 * radius], 0.42 * radius)
    tone = tone + 0.7 * glow * inner * (np.clip(colour * 1.75 + 0.08, 0, 1) - tone)
    pupil = disc(shape, centre, 0.45 * radius, soft=0.1 * radius)
    tone = tone + pupil * (np.float32([0.03, 0.025, 0.03]) - tone)
    return whole * (tone * (1 - 0.35 * shade) - out)


def pick_iris(seen: Floats, skin: Floats) -> Floats:
    """Return the colour of an iris: brown, hazel, green or blue, or between, by what was seen.

    At 64 pixels little of an iris is seen: how bright it is, and how cool. Beside dark skin, cool
    pixels are lights on a brown one.
    """
    bright = float(grey(seen))
    cool = float((0.5 * (seen[1] + seen[2]) - seen[0]) / max(bright, 0.05))  # skin tints it: < 0
    green = float((seen[1] - seen[2]) / max(bright, 0.05))
    light_skin = float(np.clip((grey(skin) - 0.36) / 0.16, 0, 1))
    step = light_skin * float(
        np.clip((cool + 0.3) / 0.32, 0, 1) * np.clip((bright - 0.12) / 0.16, 0, 1)
    )
    light = np.float32(_GREEN) if green > 0.12 else _BLUE
    keys = [_BROWN * (0.65 + 1.2 * min(bright, 0.45)), _HAZEL, light]
    at = 2 * step
    low = keys[min(int(at), 1)]
    return (low + (keys[min(int(at), 1) + 1] - low) * (at - min(int(at), 1))).astype(np.float32)


def draw_nose(out: Floats, points: Floats, person: Person, pens: Pens) -> Floats:
    """Shade below and beside the nose, set nostrils and a light on its tip.

    Args:
        out: (h, w, 3).
        points: (478, 2), pixels.
        person: Whose nose it is.
        pens: How.
    """
    shape, unit = out.shape, person.unit
    warm = np.float32([0.62, 0.95, 1.0])
    tip, base = points[4], points[2]
    below = spot(shape, base + [0, 0.03 * unit], 0.13 * unit, flat=0.4)
    out = out * (1 - 0.26 * below * warm)
    for wing, hole, side in ((129, 98, -1), (358, 327, 1)):
        edge = points[[wing, 64 if side < 0 else 294]].mean(0)
        arc = np.stack(
            [
                edge + [0, -0.05 * unit],
                edge + [side * 0.022 * unit, 0.02 * unit],
                points[hole] + [0, 0.02 * unit],
            ]
        )
        line = stroke(
            shape, smooth_line(arc.astype(np.float32), 10), 0.03 * unit * taper(10), 0.012 * unit
        )
        out = out * (1 - 0.3 * line * warm)
        place = 0.62 * points[hole] + 0.38 * base
        dark = spot(shape, place, 0.036 * unit, flat=0.55)
        out = out * (1 - pens.nostrils * dark * np.float32([0.75, 0.95, 0.95]))
    light = spot(shape, tip + [-0.02 * unit, -0.05 * unit], 0.055 * unit, flat=0.8)
    bridge = (points[6] + tip) / 2
    ridge = spot(shape, bridge, 0.05 * unit, flat=2.6)
    return out + (0.30 * light + 0.10 * ridge) * (np.float32([1, 0.96, 0.9]) - out)


def draw_folds(out: Floats, points: Floats, person: Person, pens: Pens) -> Floats:
    """Draw the folds from the nose to the mouth, as dark as they were seen."""
    from person import FOLDS

    for chain in FOLDS:
        line = smooth_line(points[list(chain)], 16)
        mask = stroke(
            out.shape, line, 0.05 * person.unit * taper(16, 0.4, 0.05), 0.016 * person.unit
        )
        out = out * (1 - 0.34 * pens.fold * person.folds * mask * np.float32([0.65, 0.95, 1.0]))
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
    skin = mean_under(
        out, np.clip(blur(mask[..., 0], 0.1 * unit)[..., None] * 2, 0, 1) * (1 - mask)
    )
    colour = _lip_colour(person.lips, skin, pens.lips)
    upper, lower = halves(inner)
    seam = (upper + lower) / 2
    above = fill(
        shape,
        np.concatenate([outer_half(outer)[0], seam[::-1] if seam[0, 0] < seam[-1, 0] else seam]),
        0.01 * unit,
    )
    tone = colour * (1.06 - 0.16 * above)
    out = out + mask * (tone - out)
    shine = spot(shape, (points[14] + points[17]) / 2, 0.11 * unit, flat=0.3)
    out = out + 0.28 * shine * mask * (1 - out)
    under = spot(shape, points[17] + [0, 0.05 * unit], 0.16 * unit, flat=0.3)
    out = out * (1 - 0.2 * under * (1 - mask) * np.float32([0.65, 0.95, 1.0]))
    opening = float(np.linalg.norm(points[13] - points[14])) / unit
    if opening < 0.055:
        line = smooth_line(seam, 24)
        dark = stroke(shape, line, 0.032 * unit * taper(24, 0.45, 0.45), 0.006 * unit)
        return out + 0.8 * dark * (0.35 * colour - out)
    return _open_mouth(out, smooth_loop(inner, 6), colour, unit, opening)


def _open_mouth(out: Floats, loop: Floats, colour: Floats, unit: float, opening: float) -> Floats:
    """Draw what an open mouth shows: dark, tongue, the upper teeth."""
    shape = out.shape
    hole = fill(shape, loop)
    inside = np.float32([0.27, 0.08, 0.08])
    low, middle = loop[:, 1].max(), loop.mean(0)
    tongue = spot(shape, np.float32([middle[0], low]), 0.16 * unit, flat=0.45)
    inner = inside + 0.75 * np.clip(1.6 * tongue - 0.3, 0, 1) * (
        np.float32([0.72, 0.30, 0.30]) - inside
    )
    out = out + hole * (inner - out)
    upper, lower = halves(loop)
    share = float(np.clip(0.12 / opening, 0.5, 0.86))  # of the opening
    edge = upper + share * (lower - upper)
    teeth = fill(shape, np.concatenate([upper, edge[::-1]]), 0.004 * unit)
    ends = np.abs(np.arange(shape[1], dtype=np.float32) - middle[0]) / (np.ptp(loop[:, 0]) / 2)
    white = (
        np.float32([0.97, 0.95, 0.91])
        * (1 - 0.45 * np.clip(ends - 0.45, 0, 1) ** 1.2)[None, :, None]
    )
    lip_shade = stroke(shape, upper, 0.05 * unit * taper(len(upper)), 0.012 * unit)
    out = out + teeth * hole * (white * (1 - 0.28 * lip_shade) - out)
    rim = stroke(
        shape, np.concatenate([upper]), 0.02 * unit * taper(len(upper), 0.6, 0.6), 0.005 * unit
    )
    return out + 0.7 * rim * (0.38 * colour - out)


def outer_half(loop: Floats) -> tuple[Floats, Floats]:
    """Return the upper and the lower half of the rim of the lips, from left to right."""
    start = int(loop[:, 0].argmin())
    rolled = np.roll(loop, -start, axis=0)
    cut = int(rolled[:, 0].argmax())
    ones, others = rolled[: cut + 1], np.concatenate([rolled[cut:], rolled[:1]])[::-1]
    return (ones, others) if ones[:, 1].mean() < others[:, 1].mean() else (others, ones)


def _lip_colour(seen: Floats, skin: Floats, amount: float) -> Floats:
    """Return the colour of lips: their own, redder than the skin, as strong as asked for."""
    bright = float(np.clip(0.86 * grey(seen) + 0.05 + 0.14 * grey(skin), 0.2, 0.62))
    red = np.float32([1.38, 0.80, 0.80]) * bright
    own = seen / max(float(grey(seen)), 0.05) * bright
    return np.clip(skin * 0.92 + amount * (0.5 * red + 0.5 * own - skin * 0.92), 0, 1).astype(
        np.float32
    )
