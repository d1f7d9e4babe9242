"""Draw the nose, and the lines of a mood: folds, wrinkles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facewright.toon.colours import Colours, shade
from facewright.toon.features.eyes import LIFT
from facewright.toon.features.layout import Layout
from facewright.toon.features.moods import Mood
from facewright.toon.heads.upright import UNIT
from facewright.toon.shapes import Floats, fill, smooth_line, thicken

_WIDTH, _TAPER = 0.033, (0.1, 0.8, 1.0, 0.8, 0.1)
_INK = 0.6  # of the brightness of skin
# Paths in distances of the eyes.
_FROWN = ((0.055, 0), (0.066, 0.08), (0.05, 0.15))
_WORRIES = (
    ((-0.34, 0.03), (-0.17, -0.01), (0, 0.012), (0.17, -0.01), (0.34, 0.03)),
    ((-0.26, -0.1), (-0.13, -0.14), (0, -0.118), (0.13, -0.14), (0.26, -0.1)),
)
_WRINKLES = (((-0.13, 0.05), (0, -0.01), (0.13, 0.05)), ((-0.17, 0.14), (0, 0.08), (0.17, 0.14)))


@dataclass(frozen=True, slots=True)
class _Pen:
    """Canvas, colour and area of lines."""

    canvas: Floats
    ink: Floats
    skin: Floats
    """(height, width), 0 to 1: the area of the skin."""

    def stroke(self, place: Floats, path: ArrayLike, strength: float) -> None:
        """Draw a tapering line along a path from a position."""
        line = smooth_line(place + UNIT * np.asarray(path))
        outline = thicken(line, _WIDTH * UNIT * np.array(_TAPER))
        fill(self.canvas, outline, self.ink, opacity=strength, soft=0.6, within=self.skin)


def draw_lines(canvas: Floats, layout: Layout, mood: Mood, colours: Colours, skin: Floats) -> None:
    """Draw the nose, and lines between the brows, on the forehead and beside the mouth, in place.

    Args:
        canvas: (height, width, 3), 0 to 255.
        layout: Positions of the features.
        mood: The expression, which has the lines.
        colours: Colours of the person.
        skin: (height, width), 0 to 1: the area of the skin, which limits lines.
    """
    pen = _Pen(canvas, shade(colours.skin, _INK), skin)
    _draw_nose(pen, layout, mood)
    brows = (layout.brows[0][-1] + layout.brows[1][-1]) / 2 - np.array([0, LIFT * UNIT])
    if mood.frown > 0:
        place = brows + UNIT * np.array([0, 0.4 * mood.brow_inner - 0.06])
        for side in (-1, 1):
            pen.stroke(place, np.array(_FROWN) * (side, 1), mood.frown)
    if mood.worry > 0:
        place = brows + UNIT * np.array([0, 0.5 * min(0, mood.brow_middle) - 0.36])
        for path in _WORRIES:
            pen.stroke(place, path, 0.75 * mood.worry)
    if mood.smile > 0:
        _draw_folds(pen, layout, mood)


def _draw_nose(pen: _Pen, layout: Layout, mood: Mood) -> None:
    """Draw the lower edge of the nose, and its wrinkles."""
    up = np.array([0, -UNIT])
    left, base, right = (place + 0.05 * mood.nose * up for place in layout.nose)
    left, right = left + UNIT * np.array([-0.06, -0.05]), right + UNIT * np.array([0.06, -0.05])
    base = base - 0.015 * up
    holes = [0.62 * side + 0.38 * base + 0.015 * up for side in (left, right)]
    line = smooth_line([left + 0.07 * up, left, holes[0], base, holes[1], right, right + 0.07 * up])
    widths = 0.034 * UNIT * np.array([0.1, 0.9, 0.6, 1, 0.6, 0.9, 0.1])
    fill(pen.canvas, thicken(line, widths), pen.ink, soft=0.6)
    if mood.nose > 0.5:
        top = (layout.eyes[0][1] + layout.eyes[1][0]) / 2
        for path in _WRINKLES:
            pen.stroke(top + 0.22 * (base - top), path, mood.nose)


def _draw_folds(pen: _Pen, layout: Layout, mood: Mood) -> None:
    """Draw the folds from the nose to the corners of the mouth."""
    for side, wing in ((-1, layout.nose[0]), (1, layout.nose[2])):
        start = UNIT * np.array([side * 0.12, -0.06])
        corner = np.array([side * layout.width / 2 * mood.width, mood.corner * UNIT])
        end = layout.mouth + corner + UNIT * np.array([side * 0.16, 0.02]) - wing
        bulge = (start + end) / 2 + UNIT * np.array([side * 0.07, -0.02])
        pen.stroke(wing, np.array([start, bulge, end]) / UNIT, 0.8 * mood.smile)
