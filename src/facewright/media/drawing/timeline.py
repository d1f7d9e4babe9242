"""Draw how shares change over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.media.drawing.marks import Colour
from facewright.types import Image

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_WIDTH, _LANE, _EDGE = 1200, 132, 28  # pixels: of the area, of each lane, around all
_TITLE, _LEGEND, _AXIS, _BETWEEN = 30, 36, 30, 12  # pixels
_TEXT = 15  # height of letters
_PAPER, _INK, _FAINT, _EMPTY = (255, 255, 255), (60, 60, 64), (150, 150, 156), (240, 240, 242)
_TICKS = 8  # at most so many
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between ticks
_REACH = 1.5  # frames over which a column looks for a value


@dataclass(frozen=True, slots=True)
class Lane:
    """The shares of one thing over time."""

    title: str
    times: NDArray[np.float64]
    """(n,), seconds, rising; times without data are missing."""
    shares: NDArray[np.float32]
    """(n, k), 0 to 1; the sum of each row is 1."""


def draw_timeline(
    lanes: Sequence[Lane], colours: Mapping[str, Colour], *, seconds: float, empty: str = ""
) -> Image:
    """Draw lanes of stacked shares one below the other, with a time axis and a legend.

    Args:
        lanes: The lanes; without any, one empty lane is drawn.
        colours: Name of each share → its colour, in the order of the columns.
        seconds: Length of the time axis.
        empty: Text in an empty lane.

    Returns:
        (height, 1256, 3).

    Raises:
        InputError: The length is not positive, or shares and names are not as many.
    """
    if not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"a timeline of {seconds} s cannot be drawn")
    if any(lane.shares.shape != (len(lane.times), len(colours)) for lane in lanes):
        raise InputError("shares, times and names of a timeline are not as many")
    count = max(len(lanes), 1)
    pitch = _TITLE + _LANE + _BETWEEN
    height = _EDGE + _LEGEND + count * pitch + _AXIS + _EDGE // 2
    sheet = Pictures.new("RGB", (_WIDTH + 2 * _EDGE, height), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_TEXT)
    _draw_legend(draw, colours, font)
    palette = np.array(list(colours.values()), np.uint8)
    for number in range(count):
        top = _EDGE + _LEGEND + number * pitch
        if number < len(lanes):
            lane = lanes[number]
            draw.text((_EDGE, top + _TITLE / 2 + 4), lane.title, _INK, font, anchor="lm")
            area = _stack(lane, palette, seconds)
        else:
            area = np.full((_LANE, _WIDTH, 3), _EMPTY, np.uint8)
        sheet.paste(Pictures.fromarray(area), (_EDGE, top + _TITLE))
    if not lanes and empty:
        middle = (_EDGE + _WIDTH / 2, _EDGE + _LEGEND + _TITLE + _LANE / 2)
        draw.text(middle, empty, _FAINT, font, anchor="mm")
    _draw_axis(draw, _EDGE + _LEGEND + count * pitch - _BETWEEN, seconds, font)
    return np.array(sheet)  # [h w 3]


def _stack(lane: Lane, palette: NDArray[np.uint8], seconds: float) -> Image:
    """Return the area of a lane: in each column shares as heights, nothing where there are none."""
    area = np.full((_LANE, _WIDTH, 3), _EMPTY, np.uint8)
    if not len(lane.times):
        return area
    usual = float(np.median(np.diff(lane.times))) if len(lane.times) > 1 else seconds
    at = (np.arange(_WIDTH) + 0.5) / _WIDTH * seconds
    after = np.searchsorted(lane.times, at).clip(1, max(len(lane.times) - 1, 1))
    after = np.minimum(after, len(lane.times) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(lane.times[before] - at) <= np.abs(lane.times[after] - at)
    nearest = np.where(closer, before, after)
    there = np.abs(lane.times[nearest] - at) <= max(_REACH * usual, seconds / _WIDTH)
    ends = np.cumsum(lane.shares[nearest], axis=1)  # [width k], from the bottom
    heights = 1 - (np.arange(_LANE) + 0.5) / _LANE  # [lane]
    which = (heights[:, None, None] > ends[None]).sum(axis=2).clip(0, len(palette) - 1)
    area[:, there] = palette[which[:, there]]
    return area


def _draw_legend(draw: ImageDraw.ImageDraw, colours: Mapping[str, Colour], font: _Font) -> None:
    """Write which colour is what, in one line."""
    x = float(_EDGE)
    for name, colour in colours.items():
        draw.rectangle((x, _EDGE, x + _TEXT, _EDGE + _TEXT), colour)
        draw.text((x + _TEXT + 7, _EDGE + _TEXT / 2), name, _INK, font, anchor="lm")
        x += _TEXT + 7 + font.getlength(name) + 24


def _draw_axis(draw: ImageDraw.ImageDraw, top: int, seconds: float, font: _Font) -> None:
    """Draw ticks with their seconds."""
    step = next((step for step in _STEPS if seconds / step <= _TICKS), _STEPS[-1])
    if seconds < 2:
        step = seconds / 4  # type: ignore[assignment]
    for number in range(math.floor(seconds / step + 1e-6) + 1):
        x = _EDGE + _WIDTH * number * step / seconds
        draw.line((x, top + 2, x, top + 8), _FAINT)
        text = f"{number * step:.2g} s" if seconds < 2 else f"{number * step:g} s"
        draw.text((x, top + 12), text, _INK, font, anchor="ra" if x > _WIDTH else "ma")
