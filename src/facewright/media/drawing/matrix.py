"""Draw a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image

_CELL, _GAP, _EDGE = 78, 2, 24  # pixels
_TITLE, _HEAD, _LEFT = 44, 30, 96  # pixels: above all, above columns, left of rows
_TEXT, _SMALL, _TITLE_TEXT = 17, 12, 18  # height of letters
_PAPER, _INK, _FAINT = (255, 255, 255), (60, 60, 64), (130, 130, 136)
_LIGHT, _DARK = np.array([238, 241, 246]), np.array([28, 66, 120])


def draw_matrix(
    counts: NDArray[np.int64],
    names: Sequence[str],
    *,
    title: str = "",
    axes: tuple[str, str] = ("labelled", "named"),
) -> Image:
    """Draw a confusion matrix, shaded by the share of each cell in its row.

    Args:
        counts: (n, n), rows by columns.
        names: n names of rows and columns.
        title: A line above the matrix.
        axes: Names of rows and columns.

    Returns:
        (height, width, 3).

    Raises:
        InputError: The names are not as many as rows and columns.
    """
    side = len(names)
    if counts.shape != (side, side) or not side:
        raise InputError(f"{side} names do not fit a table of {counts.shape}")
    pitch = _CELL + _GAP
    left, top = _EDGE + _LEFT, _EDGE + (_TITLE if title else 0) + _HEAD
    size = (left + side * pitch + _EDGE, top + side * pitch + _HEAD + _EDGE)
    sheet = Pictures.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((_EDGE, _EDGE), title, _INK, ImageFont.load_default(_TITLE_TEXT))
    small, font = ImageFont.load_default(_SMALL), ImageFont.load_default(_TEXT - 3)
    middles = [number * pitch + _CELL / 2 for number in range(side)]
    for name, middle in zip(names, middles, strict=True):
        draw.text((left + middle, top - 10), name, _INK, font, anchor="ms")
        draw.text((left - 10, top + middle), name, _INK, font, anchor="rm")
    said = f"rows: {axes[0]}; columns: {axes[1]}; shares of each row, below how many"
    draw.text((_EDGE, top + side * pitch + 10), said, _FAINT, small)
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            corner = (left + column * pitch, top + row * pitch)
            _draw_cell(draw, corner, int(count), int(count) / max(int(line.sum()), 1))
    return np.array(sheet)  # [h w 3]


def _draw_cell(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], count: int, share: float
) -> None:
    """Draw one cell: darker where its share is larger."""
    x, y = corner
    shade = np.rint(_LIGHT + (_DARK - _LIGHT) * min(share * 1.15, 1.0)).astype(int)
    red, green, blue = shade.tolist()
    draw.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), (red, green, blue))
    ink = (255, 255, 255) if share > 0.4 else _INK
    middle = x + _CELL / 2
    large, small = ImageFont.load_default(_TEXT), ImageFont.load_default(_SMALL)
    draw.text((middle, y + _CELL * 0.42), f"{share:.0%}", ink, large, anchor="mm")
    draw.text((middle, y + _CELL * 0.74), f"{count:,}", ink, small, anchor="mm")
