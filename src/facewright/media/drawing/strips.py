"""Lay strips of pictures out on one sheet, each below its title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image, check_image

_Strip: TypeAlias = tuple[str, Pictures.Image]

_WIDTH, _GAP, _TEXT, _TALLEST = 1280, 16, 20, 720  # pixels
_INK, _PAPER = (60, 60, 64), (255, 255, 255)


def draw_strips(strips: Sequence[tuple[str, Sequence[Image]]]) -> Image:
    """Lay strips out: the first over the whole width, the others in pairs below; none is enlarged.

    Args:
        strips: The title of each, and its pictures, which lie side by side.

    Returns:
        (height, 1280, 3); as tall as it takes.

    Raises:
        InputError: There are no strips, or one has no pictures.
    """
    if not strips or not all(images for _, images in strips):
        raise InputError("a sheet of strips needs pictures in each of them")
    joined = [(title, _join(images)) for title, images in strips]
    rows = [joined[:1], *(joined[i : i + 2] for i in range(1, len(joined), 2))]
    rows = [_fill(row) for row in rows]
    above = _GAP + 2 * _TEXT
    height = sum(max(picture.height for _, picture in row) + above for row in rows)
    sheet = Pictures.new("RGB", (_WIDTH, height + _GAP), _PAPER)
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(_TEXT), 0
    for row in rows:
        x = _GAP
        for title, picture in row:
            draw.text((x, top + _GAP + _TEXT), title, _INK, font, anchor="lm")
            sheet.paste(picture, (x, top + above))
            x += picture.width + _GAP
        top += above + max(picture.height for _, picture in row)
    return np.array(sheet)


def _join(images: Sequence[Image]) -> Pictures.Image:
    """Return pictures side by side, of the height of the lowest."""
    height = min(check_image(image).shape[0] for image in images)
    pictures = [_scale(Pictures.fromarray(image), height) for image in images]
    gap = _GAP // 2
    width = sum(one.width + gap for one in pictures) - gap
    strip, x = Pictures.new("RGB", (width, height), _PAPER), 0
    for one in pictures:
        strip.paste(one, (x, 0))
        x += one.width + gap
    return strip


def _fill(row: Sequence[_Strip]) -> list[_Strip]:
    """Return the strips of a row at the height at which they fill it, or at that of the lowest."""
    free = _WIDTH - _GAP * (len(row) + 1)
    height = free / sum(picture.width / picture.height for _, picture in row)
    height = min(height, *(picture.height for _, picture in row), _TALLEST)
    return [(title, _scale(picture, max(int(height), 1))) for title, picture in row]


def _scale(picture: Pictures.Image, height: int) -> Pictures.Image:
    """Return a picture at some height."""
    width = max(round(picture.width * height / picture.height), 1)
    return picture.resize((width, height), Pictures.Resampling.LANCZOS)
