"""Lay out a table of pictures whose first row and column are its headers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image, check_image

_PAPER, _BAND, _INK = (255, 255, 255), (232, 234, 238), (60, 60, 64)
_SMALLEST_TEXT = 9  # pixels; below, letters are not readable


def header_grid(
    rows: Sequence[Image],
    columns: Sequence[Image],
    cells: Sequence[Image],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> Image:
    """Lay out pictures as a table: headers on a tinted band, set apart from the cells.

    Args:
        rows: One picture per row, left of it.
        columns: One picture per column, above it.
        cells: Row by row. All pictures are squares of one size.
        row_labels: Below the picture of each row; or none.
        column_labels: Below the picture of each column; or none.

    Returns:
        The sheet, (height, width, 3).

    Raises:
        InputError: The numbers of pictures or labels do not fit, or sizes differ.
    """
    _check(rows, columns, cells)
    for labels, headed in ((row_labels, rows), (column_labels, columns)):
        if labels and len(labels) != len(headed):
            raise InputError(f"{len(labels)} labels do not fit {len(headed)} headers")
    side = rows[0].shape[0]
    gap, line = max(2, side // 24), round(1.7 * _text_height(side))
    pitch = (side + gap, side + gap + (line if row_labels else 0))
    band = (side + 2 * gap, side + 2 * gap + (line if column_labels else 0))
    start = (band[0] + 2 * gap, band[1] + 2 * gap)
    size = [
        first + step * count + gap
        for first, step, count in zip(start, pitch, (len(columns), len(rows)), strict=True)
    ]
    sheet = Pictures.new("RGB", (size[0], size[1]), _PAPER)
    sheet.paste(_BAND, (0, 0, size[0], band[1]))
    sheet.paste(_BAND, (0, 0, band[0], size[1]))
    places = [(start[0] + n * pitch[0], gap) for n in range(len(columns))]
    _place(sheet, columns, places, column_labels)
    places = [(gap, start[1] + n * pitch[1]) for n in range(len(rows))]
    _place(sheet, rows, places, row_labels)
    corners = (divmod(n, len(columns)) for n in range(len(cells)))
    places = [(start[0] + x * pitch[0], start[1] + y * pitch[1]) for y, x in corners]
    _place(sheet, cells, places)
    return np.array(sheet)  # [h w 3]


def _place(
    sheet: Pictures.Image,
    images: Sequence[Image],
    places: Sequence[tuple[int, int]],
    labels: Sequence[str] = (),
) -> None:
    """Put pictures onto a sheet, each with its label below."""
    draw, side = ImageDraw.Draw(sheet), images[0].shape[0]
    text = _text_height(side)
    font = ImageFont.load_default(text)
    for image, (x, y) in zip(images, places, strict=True):
        sheet.paste(Pictures.fromarray(image), (x, y))
    for label, (x, y) in zip(labels, places, strict=bool(labels)):
        draw.text((x + side / 2, y + side + 0.85 * text), label, _INK, font, anchor="mm")


def _text_height(side: int) -> int:
    """Return a height of letters in pixels that suits pictures of some size."""
    return max(_SMALLEST_TEXT, min(26, side // 10))


def _check(rows: Sequence[Image], columns: Sequence[Image], cells: Sequence[Image]) -> None:
    """Raise unless there is one cell per row and column, and all pictures have one square size."""
    if not rows or not columns or len(cells) != len(rows) * len(columns):
        raise InputError(
            f"{len(rows)} rows and {len(columns)} columns do not have {len(cells)} cells"
        )
    shapes = {check_image(image).shape for image in (*rows, *columns, *cells)}
    height, width, _ = rows[0].shape
    if len(shapes) > 1 or height != width:
        raise InputError(f"the pictures of a table are squares of one size, not {sorted(shapes)}")
