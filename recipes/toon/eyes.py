"""Draw eyes and brows on a painted face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from person import BROWS, EYES, Pens, Person, brow_line
from strokes import disc, fill, grey, halves, smooth_line, smooth_loop, spot, stroke, taper

Floats = NDArray[np.float32]

_DARK = np.float32([0.13, 0.075, 0.06])
_BROWN, _HAZEL = np.float32([0.40, 0.22, 0.10]), np.float32([0.42, 0.36, 0.14])
_GREEN, _BLUE = np.float32([0.27, 0.44, 0.28]), np.float32([0.24, 0.43, 0.62])
_WHITE = np.float32([0.97, 0.96, 0.95])
_LIGHTS = (((-0.36, -0.38), 0.25), ((0.34, 0.36), 0.11))  # where, and how large, in radii


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
    part = np.linspace(0, 1, 20)  # from the outer end
    ends = np.minimum(0.25 + 1.5 * part, 1) * np.where(part > 0.85, 1 - 1.6 * (part - 0.85), 1)
    for brow, eye, seen in zip(BROWS, EYES, person.brows, strict=True):
        both = 0.75 * seen + 0.25 * sum(person.brows) / 2
        thick = pens.brows * float(np.clip(0.03 + 1.35 * (both - 0.02), 0.026, 0.105)) * unit
        line = smooth_line(_raise_brow(brow_line(before[brow]), before[eye], after[eye], thick), 20)
        mask = stroke(out.shape, line, thick * ends, 0.010 * unit)
        below = line + np.float32([0, 0.32 * thick])
        lower = stroke(out.shape, below, 0.5 * thick * ends, 0.02 * unit)
        out = out + 0.93 * mask * (colour * (1.12 - 0.25 * lower) - out)
    return out


def _raise_brow(line: Floats, was: Floats, now: Floats, thick: float) -> Floats:
    """Return a brow moved to above an eye that grew, as far above the lid as it was."""
    middle = line.mean(0)
    wide = 0.5 * (1 + np.ptp(now[:, 0]) / np.ptp(was[:, 0]))  # half as much wider as the eye
    out = (line - middle) * np.float32([0.88 * wide, 1.0])
    gap = was[:, 1].min() - middle[1]  # from the lid to the brow
    y = now[:, 1].min() - max(0.8 * gap, 0.55 * thick + 3)
    x = now[:, 0].mean() + 0.9 * (middle[0] - was[:, 0].mean())
    return (out + np.float32([x, y])).astype(np.float32)


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
    full = taper(len(upper))
    high = upper - np.float32([0, 0.05 * unit])
    socket = stroke(shape, high, 0.13 * unit * full, 0.035 * unit)
    out = out * (1 - 0.32 * socket * np.float32([0.7, 1.0, 1.0]))
    ball, shade = fill(shape, loop), stroke(shape, upper, 0.20 * unit * full, 0.03 * unit)
    out = out + ball * (_WHITE * (1 - 0.30 * shade * np.float32([0.9, 1, 0.85])) - out)
    middle, wide = lids.mean(0), float(np.linalg.norm(lids[8] - lids[0])) / 2
    centre = middle + np.float32([0.75, 0.4]) * (iris - middle)
    radius = max(pens.iris * wide, 0.42 * float(np.ptp(lids[:, 1])))
    tone = _paint_iris(shape, centre, radius, pick_iris(person.eyes, person.skin))
    out = out + ball * disc(shape, centre, radius) * (tone * (1 - 0.35 * shade) - out)
    for offset, size in _LIGHTS:
        light = disc(shape, centre + np.multiply(offset, radius), size * radius)
        out = out + 0.95 * ball * light * (1 - out)
    if np.linalg.norm(upper[0] - lids[0]) > np.linalg.norm(upper[-1] - lids[0]):
        upper = upper[::-1]  # from the outer corner
    return _draw_lids(out, upper, lower, unit, pens)


def _draw_lids(out: Floats, upper: Floats, lower: Floats, unit: float, pens: Pens) -> Floats:
    """Draw lashes, the rim of the lower lid and the crease of the upper one."""
    shape, count = out.shape, len(upper)
    lash = stroke(shape, upper, pens.lashes * unit * taper(count, 0.8, 0.35))
    out = out + 0.96 * lash * (_DARK - out)
    rim = stroke(shape, lower, 0.016 * unit * taper(len(lower)))
    out = out + 0.4 * rim * (_DARK + 0.12 - out)
    crease = (upper - np.float32([0, 0.085 * unit]))[4:-4]
    line = stroke(shape, crease, 0.018 * unit * taper(count - 8, 0.1, 0.1), 0.006 * unit)
    return out * (1 - 0.5 * pens.fold * line * np.float32([0.75, 0.95, 1.0]))


def _paint_iris(shape: tuple[int, ...], centre: Floats, radius: float, colour: Floats) -> Floats:
    """Return the colours of an iris and its pupil, (h, w, 3)."""
    inner = disc(shape, centre, 0.86 * radius, soft=0.12 * radius)
    tone = colour * (0.42 + 0.58 * inner)
    glow = spot(shape, centre + np.float32([0, 0.55 * radius]), 0.42 * radius)
    tone = tone + 0.7 * glow * inner * (np.clip(colour * 1.75 + 0.08, 0, 1) - tone)
    pupil = disc(shape, centre, 0.45 * radius, soft=0.1 * radius)
    return tone + pupil * (np.float32([0.03, 0.025, 0.03]) - tone)


def pick_iris(seen: Floats, skin: Floats) -> Floats:
    """Return the colour of an iris: brown, hazel, green or blue, or between, by what was seen.

    At 64 pixels little of an iris is seen: how bright it is, and how cool. Beside dark skin, cool
    pixels are lights on a brown one.
    """
    bright = float(grey(seen))
    cool = float((0.5 * (seen[1] + seen[2]) - seen[0]) / max(bright, 0.05))  # skin tints it: < 0
    green = float((seen[1] - seen[2]) / max(bright, 0.05))
    light_skin = np.clip((grey(skin) - 0.36) / 0.16, 0, 1)
    light_iris = np.clip((bright - 0.12) / 0.16, 0, 1)
    step = 2 * float(light_skin * np.clip((cool + 0.3) / 0.32, 0, 1) * light_iris)
    brown = _BROWN * (0.65 + 1.2 * min(bright, 0.45))
    keys = [brown, _HAZEL, _GREEN if green > 0.12 else _BLUE]
    at = min(int(step), 1)
    return (keys[at] + (keys[at + 1] - keys[at]) * (step - at)).astype(np.float32)
