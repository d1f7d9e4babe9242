"""Draw labels and contact sheets."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image, check_image

Colour: TypeAlias = tuple[int, int, int]
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Labels: TypeAlias = tuple[Sequence[str], Sequence[str], Sequence[str]]  # captions, rows, columns

WHITE: Colour = (255, 255, 255)
_DARK_INK, _LIGHT_INK = (60, 60, 64), (216, 216, 220)
_SMALLEST_TEXT = 9  # pixels; below, letters are not readable


@dataclass(frozen=True, slots=True)
class SheetStyle:
    """Layout and colours of a contact sheet."""

    gap: int | None = None
    """Pixels between pictures and around them; None picks a share of their width."""
    background: Colour = WHITE
    """RGB; captions are dark on a light one, light on a dark one."""
    text_size: int | None = None
    """Height of the letters in pixels; None picks a share of the pictures' width."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """The layout of a sheet, in pixels."""

    columns: int
    rows: int
    cell: tuple[int, int]
    """Width and height of a picture."""
    gap: int
    text: int
    """Height of the letters."""
    left: int
    """Width of the row labels."""
    top: int
    """Height of the column labels."""
    below: int
    """Height of a caption."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        x, y = self.corner(self.rows, self.columns)
        return x, y

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Return x and y of the top left corner of a picture."""
        x = self.gap + self.left + column * (self.cell[0] + self.gap)
        return x, self.gap + self.top + row * (self.cell[1] + self.below + self.gap)


def contact_sheet(
    images: Sequence[Image],
    *,
    columns: int | None = None,
    labels: Sequence[str] = (),
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    style: SheetStyle | None = None,
) -> Image:
    """Lay pictures out on one sheet, row by row, with even gaps.

    Args:
        images: At least one; all of one size.
        columns: Number of columns; None chooses about as many as rows, with few empty cells.
        labels: A caption below each picture, or none at all.
        row_labels: A label to the left of each row, or none at all.
        column_labels: A label above each column, or none at all.
        style: Gaps, background and letters.

    Returns:
        The sheet, (height, width, 3).

    Raises:
        InputError: There are no pictures, their sizes differ, or the labels are not as many as
            what they label.
    """
    _check_images(images)
    columns = columns or _pick_columns(len(images))
    if columns < 1:
        raise InputError(f"a sheet has at least one column, not {columns}")
    rows = math.ceil(len(images) / columns)
    _check_labels((labels, row_labels, column_labels), (len(images), rows, columns))
    style = style or SheetStyle()
    grid = _plan(images[0], (columns, rows), (labels, row_labels, column_labels), style)
    sheet = Pictures.new("RGB", grid.size, style.background)
    for number, image in enumerate(images):
        sheet.paste(Pictures.fromarray(image), grid.corner(*divmod(number, columns)))
    _write_labels(sheet, grid, (labels, row_labels, column_labels), _pick_ink(style.background))
    return np.array(sheet)  # [h w 3]


def _check_images(images: Sequence[Image]) -> None:
    """Raise unless there are pictures, all of one size."""
    if not images:
        raise InputError("a contact sheet needs at least one picture")
    shapes = {check_image(image).shape for image in images}
    if len(shapes) > 1:
        found = ", ".join(f"{width} by {height}" for height, width, _ in sorted(shapes))
        raise InputError(f"the pictures of a contact sheet have one size, not {found}")


def _check_labels(labels: _Labels, wanted: tuple[int, int, int]) -> None:
    """Raise unless there are as many labels of each kind as needed, or none."""
    kinds = ("labels", "row labels", "column labels")
    for kind, given, count in zip(kinds, labels, wanted, strict=True):
        if given and len(given) != count:
            raise InputError(f"{len(given)} {kind} do not fit; {count} are needed")


def _pick_columns(count: int) -> int:
    """Return a number of columns for a sheet that is square or somewhat wide.

    >>> [_pick_columns(n) for n in (1, 2, 3, 6, 8, 10, 12, 64)]
    [1, 2, 3, 3, 4, 5, 4, 8]
    """
    fewest = math.ceil(math.sqrt(count))
    candidates = range(fewest, max(fewest, round(1.75 * math.sqrt(count))) + 1)
    return min(candidates, key=lambda columns: (-count % columns, columns))


def _plan(
    image: Image,
    cells: tuple[int, int],
    labels: _Labels,
    style: SheetStyle,
) -> _Grid:
    """Work out where everything goes."""
    height, width = image.shape[:2]
    captions, row_labels, column_labels = labels
    text = style.text_size or _pick_text_size(width)
    font = _load_font(text)
    longest = max((font.getlength(label) for label in row_labels), default=0)
    return _Grid(
        *cells,
        cell=(width, height),
        gap=max(4, width // 20) if style.gap is None else style.gap,
        text=text,
        left=math.ceil(longest) + text if row_labels else 0,
        top=math.ceil(1.5 * text) if column_labels else 0,
        below=math.ceil(1.6 * text) if captions else 0,
    )


def _write_labels(
    sheet: Pictures.Image,
    grid: _Grid,
    labels: _Labels,
    ink: Colour,
) -> None:
    """Write the captions, the row labels and the column labels."""
    draw, font = ImageDraw.Draw(sheet), _load_font(grid.text)
    captions, row_labels, column_labels = labels
    width, height = grid.cell
    for number, label in enumerate(captions):
        x, y = grid.corner(*divmod(number, grid.columns))
        place = (x + width / 2, y + height + grid.below / 2)
        draw.text(place, _fit(label, font, width), ink, font, anchor="mm")
    for row, label in enumerate(row_labels):
        x, y = grid.corner(row, 0)
        draw.text((x - grid.text / 2, y + height / 2), label, ink, font, anchor="rm")
    for column, label in enumerate(column_labels):
        x, y = grid.corner(0, column)
        place = (x + width / 2, y - grid.text * 0.9)
        draw.text(place, _fit(label, font, width), ink, font, anchor="mm")


def _fit(text: str, font: _Font, width: float) -> str:
    """Return a line of text, cut with an ellipsis where it is too wide.

    The font has no accents: they are left out.
    """
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = " ".join("".join(letters).split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _pick_text_size(width: int) -> int:
    """Return a height of letters that suits pictures of some width."""
    return max(_SMALLEST_TEXT, min(28, width // 9))


def _load_font(size: int) -> _Font:
    """Return the font that comes with Pillow."""
    return ImageFont.load_default(size)


def _pick_ink(background: Colour) -> Colour:
    """Return a colour of text that stands out."""
    red, green, blue = background
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _DARK_INK if luma > 128 else _LIGHT_INK
