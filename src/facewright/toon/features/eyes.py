"""Draw eyes and brows in a mood."""

from __future__ import annotations

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

LIFT = 0.12
"""Upward shift of brows, since eyes are drawn enlarged; relative to the distance of the eyes."""

_LARGER = 1.55
_WHITE, _PUPIL, _SHADOW = (250.0, 250.0, 250.0), (18.0, 14.0, 16.0), (40.0, 40.0, 60.0)
_S = np.linspace(-1, 1, 33, dtype=np.float32)  # along an eye
_ARCH = 1 - _S**2


def draw_eyes(canvas: Floats, layout: Layout, mood: Mood, colours: Colours) -> None:
    """Draw both eyes and both brows, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        layout: Positions of the features.
        mood: The expression.
        colours: Colours of the person.
    """
    for side in (0, 1):
        _draw_eye(canvas, layout, side, mood, colours)
        _draw_brow(canvas, layout, side, mood, colours)


def _draw_eye(canvas: Floats, layout: Layout, side: int, mood: Mood, colours: Colours) -> None:
    """Draw an eye: 0 left, 1 right."""
    left, right = layout.eyes[side]
    middle, length = (left + right) / 2, float(np.linalg.norm(right - left))
    wide = _LARGER * length
    across = (right - left) / max(length, 1e-6)
    down = np.array([-across[1], across[0]], np.float32)
    high = 0.33 * wide * layout.open * mood.upper_lid
    low = 0.20 * wide * (1 - 2.2 * mood.lower_lid)
    lean = (0.12, -0.12)[side] * _S * _ARCH  # the highest place is nearer to the nose
    along = middle + (wide / 2 * _S)[:, None] * across
    upper = along - (high * (_ARCH**0.75 + lean))[:, None] * down
    lower = along + (low * _ARCH**0.9)[:, None] * down
    ring = join_lines(upper, lower)
    fill(canvas, ring, shade(colours.skin, 0.55), opacity=0.35, soft=0.03 * UNIT)
    fill(canvas, ring, _WHITE)
    gaze = mood.gaze[0] * wide * across + (mood.gaze[1] * wide + 0.32 * (low - high)) * down
    opening = cover(ring, canvas.shape)
    _draw_iris(canvas, opening, middle + gaze, 0.245 * wide * mood.iris, colours.iris)
    below = join_lines(upper, upper + 0.06 * wide * down)
    fill(canvas, below, _SHADOW, opacity=0.3, soft=0.02 * wide, within=opening)
    _draw_lids(canvas, upper, lower, down * min(1.0, mood.upper_lid), colours)


def _draw_iris(
    canvas: Floats, opening: Floats, middle: Floats, radius: float, colour: Floats
) -> None:
    """Draw an iris with its pupil and a glint."""
    low, glint = (middle + radius * np.array(place) for place in ((0, 0.35), (-0.36, -0.38)))
    rings = (
        (middle, 1.08, 1.08, shade(colour, 0.45), 1.0, 0.0),
        (middle, 0.92, 0.92, colour, 1.0, 0.0),
        (low, 0.62, 0.50, shade(colour, 1.5), 0.6, 0.2),
        (middle, 0.50, 0.50, _PUPIL, 1.0, 0.0),
        (glint, 0.27, 0.27, (255.0, 255.0, 255.0), 1.0, 0.0),
    )
    for place, across, down, ink, opacity, soft in rings:
        ring = make_ellipse(place, across * radius, down * radius)
        fill(canvas, ring, ink, opacity=opacity, soft=soft * radius, within=opening)


def _draw_lids(
    canvas: Floats, upper: Floats, lower: Floats, down: Floats, colours: Colours
) -> None:
    """Draw the lashes, the edge of the lower lid and the crease of the upper one."""
    lashes = thicken(upper, 0.055 * UNIT * np.array([0.5, 1, 1.25, 1.25, 1, 0.5]))
    fill(canvas, lashes, shade(colours.brow, 0.45))
    rim = thicken(lower[4:-4], 0.022 * UNIT * np.array([0.2, 1, 1, 0.2]))
    fill(canvas, rim, shade(colours.skin, 0.5), opacity=0.8)
    crease = (upper - 0.075 * UNIT * down)[4:-4]
    fold = thicken(crease, 0.025 * UNIT * np.array([0.1, 1, 1, 0.1]))
    fill(canvas, fold, shade(colours.skin, 0.62), opacity=0.7)


def _draw_brow(canvas: Floats, layout: Layout, side: int, mood: Mood, colours: Colours) -> None:
    """Draw a brow as a tapering stroke: 0 left, 1 right."""
    steps = np.linspace(0, 1, 5)
    moved = np.interp(steps, [0, 0.5, 1], [mood.brow_outer, mood.brow_middle, mood.brow_inner])
    line = layout.brows[side].copy()
    line[:, 1] += UNIT * (moved - LIFT)
    line[:, 0] += UNIT * (1, -1)[side] * mood.brow_together * steps**2
    widths = UNIT * (0.10 + 0.08 * colours.contrast) * np.array([0.15, 0.75, 1.0, 1.08, 0.85])
    stroke = thicken(smooth_line(line), widths)
    corners = np.concatenate([stroke[:49:8], stroke[49::8]])
    fill(canvas, smooth_loop(corners), colours.brow)
