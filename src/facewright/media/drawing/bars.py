"""Draw counts as bars."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image

_WIDTH, _LABEL, _NUMBER = 720, 220, 80  # pixels: of all, of the names, of the numbers
_ROW, _TITLE, _EDGE = 24, 40, 20  # pixels
_TEXT, _TITLE_TEXT = 14, 18  # height of letters
_MOST_ROWS = 400  # a picture of more would be taller than people look at
_PAPER, _INK, _FAINT, _BAR = (255, 255, 255), (60, 60, 64), (236, 236, 238), (72, 112, 168)


def draw_bars(groups: Mapping[str, Mapping[str, int]]) -> Image:
    """Draw a horizontal bar for every count, group by group.

    Args:
        groups: Title → name → count, 0 or more. Bars are as long as their share of the largest
            count in the group.

    Returns:
        (height, 720, 3); as tall as it takes. Rows beyond 400 are left out.

    Raises:
        InputError: There is nothing to draw.
    """
    rows = [(title, name, count) for title, g in groups.items() for name, count in g.items()]
    if not rows:
        raise InputError("there is nothing to draw bars of")
    rows = rows[:_MOST_ROWS]
    titles = dict.fromkeys(title for title, _, _ in rows)
    height = 2 * _EDGE + _TITLE * len(titles) + _ROW * len(rows)
    sheet = Pictures.new("RGB", (_WIDTH, height), _PAPER)
    draw, y = ImageDraw.Draw(sheet), _EDGE
    for title in titles:
        large = ImageFont.load_default(_TITLE_TEXT)
        draw.text((_EDGE, y + _TITLE / 2), _clean(title, 60), _INK, large, anchor="lm")
        y += _TITLE
        mine = [(name, count) for t, name, count in rows if t == title]
        most = max(1, *(count for _, count in mine))
        for name, count in mine:
            _draw_row(draw, y, _clean(name or "(none)", 28), count, count / most)
            y += _ROW
    return np.array(sheet)  # [h w 3]


def _draw_row(draw: ImageDraw.ImageDraw, y: int, name: str, count: int, share: float) -> None:
    """Draw one name, its bar and its number."""
    font = ImageFont.load_default(_TEXT)
    left, right = _EDGE + _LABEL, _WIDTH - _EDGE - _NUMBER
    middle, length = y + _ROW / 2, (right - left) * share
    draw.text((left - 10, middle), name, _INK, font, anchor="rm")
    draw.rectangle((left, y + 4, right, y + _ROW - 4), _FAINT)
    if count:
        draw.rectangle((left, y + 4, left + max(length, 1), y + _ROW - 4), _BAR)
    draw.text((right + 10, middle), f"{count:,}", _INK, font, anchor="lm")


def _clean(text: str, most: int) -> str:
    """Return a line that fits."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
