"""Draw a mouth in a mood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facewright.toon.colours import Colours, shade
from facewright.toon.features.layout import Layout
from facewright.toon.features.moods import Mood
from facewright.toon.heads.upright import UNIT
from facewright.toon.shapes import (
    Floats,
    cover,
    fill,
    join_lines,
    make_ellipse,
    smooth_line,
    smooth_loop,
    thicken,
)

_INSIDE, _TOOTH, _GAPS = (84.0, 22.0, 30.0), (252.0, 250.0, 246.0), (186.0, 176.0, 176.0)
_TONGUE = np.array([226, 98, 104], np.float32)
_LIP = 0.125  # how thick, in distances of the eyes
_S = np.linspace(-1, 1, 33, dtype=np.float32)  # along a mouth
_ARCH = 1 - _S**2
_OUT = ((-0.17, -0.10), (0, -0.12), (0.17, -0.10), (0.18, 0.12), (0, 0.24), (-0.18, 0.12))
"""Outline of a tongue that is stuck out, relative to the distance of the eyes."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines along a mouth from left to right, (33, 2) each, from top to bottom."""

    top: Floats
    upper: Floats
    lower: Floats
    bottom: Floats


def draw_mouth(canvas: Floats, layout: Layout, mood: Mood, colours: Colours) -> None:
    """Draw the lips, teeth and tongue, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        layout: Positions of the features.
        mood: The expression.
        colours: Colours of the person.
    """
    lines = _shape_mouth(layout, mood)
    _draw_lips(canvas, lines, colours)
    ink = shade(colours.lips, 0.42)
    if mood.gape == 0:
        seam = thicken(lines.upper, 0.042 * UNIT * np.array([0.7, 1, 0.8, 1, 0.7]))
        fill(canvas, seam, ink)
        return
    ring = join_lines(lines.upper, lines.lower)
    fill(canvas, ring, _INSIDE)
    within = cover(ring, canvas.shape)
    _draw_tongue(canvas, lines, mood, within)
    _draw_teeth(canvas, lines, mood, within)
    closed = np.concatenate([ring, ring[:1]])
    fill(canvas, thicken(closed, [0.03 * UNIT] * 2), ink, opacity=0.7)
    if mood.tongue >= 1:
        _put_out_tongue(canvas, lines)


def _shape_mouth(layout: Layout, mood: Mood) -> _Lines:
    """Return the edges of the lips."""
    x = layout.mouth[0] + layout.width / 2 * mood.width * _S
    gape = mood.gape * UNIT * _ARCH ** (0.62 - 0.42 * mood.square)
    line = layout.mouth[1] + UNIT * (mood.corner * _S**2 + mood.bow * _ARCH)
    upper, lower = line - 0.12 * gape, line + 0.88 * gape
    thick = _LIP * UNIT * mood.thickness
    cupid = 1 - 0.22 * np.exp(-((_S / 0.16) ** 2))
    top = upper - 0.85 * thick * _ARCH**0.7 * cupid
    bottom = lower + 1.15 * thick * _ARCH**0.6
    rows = (np.stack([x, y], 1).astype(np.float32) for y in (top, upper, lower, bottom))
    return _Lines(*rows)


def _draw_lips(canvas: Floats, lines: _Lines, colours: Colours) -> None:
    """Draw both lips, a shadow below and a shine on the lower one."""
    down = np.array([0, UNIT], np.float32)
    under = join_lines(lines.top, lines.bottom + 0.05 * down)
    fill(canvas, under, shade(colours.skin, 0.6), opacity=0.35, soft=0.05 * UNIT)
    ring = join_lines(lines.top, lines.bottom)
    fill(canvas, ring, colours.lips)
    lips = cover(ring, canvas.shape)
    between = lines.bottom - lines.lower
    shine = join_lines(lines.lower + 0.22 * between, lines.lower + 0.6 * between)
    fill(canvas, shine, shade(colours.lips, 1.28), opacity=0.45, soft=0.03 * UNIT, within=lips)
    upper = join_lines(lines.top, lines.upper)
    fill(canvas, upper, shade(colours.lips, 0.7), opacity=0.25, within=lips)


def _draw_tongue(canvas: Floats, lines: _Lines, mood: Mood, within: Floats) -> None:
    """Draw a tongue that lies in the mouth."""
    if not 0 < mood.tongue < 1:
        return
    half = (lines.upper[-1, 0] - lines.upper[0, 0]) / 2
    place = lines.lower[16] - (0, 0.02 * UNIT)
    tongue = make_ellipse(place, 0.62 * half, 0.67 * mood.gape * mood.tongue * UNIT)
    fill(canvas, tongue, _TONGUE, soft=1, within=within)


def _draw_teeth(canvas: Floats, lines: _Lines, mood: Mood, within: Floats) -> None:
    """Draw the upper teeth, or both rows of them."""
    gape = lines.lower - lines.upper
    if mood.teeth == "upper":
        edge = lines.upper + 0.36 * gape.max(0) * (_ARCH**0.25)[:, None]
        fill(canvas, join_lines(lines.top, edge), _TOOTH, within=within)
    if mood.teeth != "both":
        return
    fill(canvas, join_lines(lines.top, lines.bottom), _TOOTH, within=within)
    fill(
        canvas,
        thicken(lines.upper + np.float32(0.5) * gape, [0.024 * UNIT] * 2),
        _GAPS,
        within=within,
    )
    left, right = lines.upper[0, 0], lines.upper[-1, 0]
    for x in np.linspace(left, right, 9)[1:-1]:
        gap = np.array([[x, lines.upper[:, 1].min()], [x, lines.lower[:, 1].max()]], np.float32)
        fill(canvas, thicken(gap, [0.016 * UNIT] * 2), _GAPS, opacity=0.8, within=within)


def _put_out_tongue(canvas: Floats, lines: _Lines) -> None:
    """Draw a tongue over the lower lip."""
    tip = lines.lower[17] + (0, 0.02 * UNIT)
    ring = smooth_loop(tip + UNIT * np.array(_OUT))
    edge = thicken(np.concatenate([ring, ring[:1]]), [0.035 * UNIT] * 2)
    fill(canvas, edge, shade(_TONGUE, 0.55))
    fill(canvas, ring, _TONGUE)
    groove = smooth_line(tip + UNIT * np.array([(0, -0.08), (0, 0.12)]))
    fill(
        canvas,
        thicken(groove, 0.03 * UNIT * np.array([0.5, 1, 0.2])),
        shade(_TONGUE, 0.7),
        opacity=0.6,
    )
