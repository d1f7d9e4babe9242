"""Draw boxes, points and meshes on a picture, each with its label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.errors import InputError
from facewright.types import Image, check_image

Colour: TypeAlias = tuple[int, int, int]
_Floats: TypeAlias = NDArray[np.float32]
_Stroke: TypeAlias = tuple[float, float, Colour]  # width in pixels, opacity 0 to 1, colour

PALETTE: tuple[Colour, ...] = (
    *((255, 196, 0), (0, 200, 255), (255, 96, 160), (120, 230, 70)),
    *((190, 140, 255), (255, 130, 50), (60, 230, 190), (240, 240, 240)),
)
"""Colours that are easy to distinguish from one another and from skin."""

_SHADOW: Colour = (16, 16, 20)
_DARK_INK, _LIGHT_INK = (16, 16, 20), (250, 250, 250)
_FINE = 4  # strokes are drawn so many times larger, and shrunk
_MOST_FINE = 4_000_000  # pixels of that; above, strokes are wide enough to be drawn coarser
_SHIFT = 4  # bits of OpenCV's coordinates that are a fraction
_SMALLEST_TEXT, _LARGEST_TEXT = 10, 64  # pixels
_FAR = 16  # sides of the picture: what lies further out is not drawn


@dataclass(frozen=True, slots=True)
class Mark:
    """What to draw for one object, in pixels; (0, 0) is the centre of the top-left pixel."""

    box: _Floats
    """(4,): left, top, right, bottom; its size sets the width of strokes."""
    label: str = ""
    """Written above the box; empty for none."""
    colour: Colour = PALETTE[0]
    frame: bool = True
    """Whether to draw the box."""
    points: _Floats | None = None
    """(k, 2 or more): a dot at each x, y."""
    lines: _Floats | None = None
    """(m, 2, 2): a thin line each from x, y to x, y."""


def draw_marks(image: Image, marks: Sequence[Mark]) -> Image:
    """Draw marks on a copy of a picture.

    Strokes are antialiased, and their width depends on the box; boxes and dots have a dark edge and
    labels a filled background, to be visible on any picture. Labels stay within the picture.

    Args:
        image: (height, width, 3).
        marks: The marks, the first uppermost, clipped to the picture.

    Returns:
        (height, width, 3), a new picture.

    Raises:
        InputError: An array has another shape, or holds numbers that are not finite.
    """
    canvas = check_image(image).copy()
    for mark in marks:
        _check_mark(mark)
    for mark in reversed(marks):
        _draw_strokes(canvas, mark)
    named = [mark for mark in marks if mark.label]
    return _write_labels(canvas, named) if named else canvas


def pick_colour(number: int) -> Colour:
    """Return the colour of a number, from 1; the palette repeats."""
    return PALETTE[(number - 1) % len(PALETTE)]


def list_edges(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """List the edges of triangles, each once.

    Args:
        triangles: (n, 3), indices of points.

    Returns:
        (m, 2), the lower index first, in order.

    >>> list_edges(np.array([[0, 1, 2], [2, 1, 3]], np.int32)).tolist()
    [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
    """
    pairs = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)  # [3n 2]
    edges: NDArray[np.int32] = np.unique(np.sort(pairs, axis=1), axis=0)  # [m 2]
    return edges


def _check_mark(mark: Mark) -> None:
    """Raise unless every array of a mark is what it should be."""
    box, points, lines = mark.box, mark.points, mark.lines
    fits = box.shape == (4,)
    fits &= points is None or (points.ndim == 2 and points.shape[1] >= 2)
    fits &= lines is None or (lines.ndim == 3 and lines.shape[1:] == (2, 2))
    if not fits:
        shapes = [None if array is None else array.shape for array in (box, points, lines)]
        raise InputError(
            f"a mark has a box (4,), points (k, 2) and lines (m, 2, 2), not {shapes[0]}, "
            f"{shapes[1]} and {shapes[2]}"
        )
    if not all(np.isfinite(array).all() for array in (box, points, lines) if array is not None):
        raise InputError("a mark has coordinates that are not finite")


def _draw_strokes(canvas: Image, mark: Mark) -> None:
    """Draw the lines, the dots and the box of one mark."""
    side = math.sqrt(max(_width(mark.box) * _height(mark.box), 1))
    side = min(side, 2 * max(canvas.shape[:2]))
    if mark.lines is not None:
        width = min(max(side / 350, 0.35), 3)
        _blend_segments(canvas, mark.lines, (width, min(0.38 + side / 800, 0.85), mark.colour))
    if mark.points is not None and len(mark.points):
        many = len(mark.points) > 32
        radius = max(side / (220 if many else 60), 0.5 if many else 1)
        dots = np.repeat(mark.points[:, None, :2], 2, axis=1)  # [k 2 2], lines without length
        if not many:
            _blend_segments(canvas, dots, (2 * radius + max(1.0, radius / 2), 0.7, _SHADOW))
        _blend_segments(canvas, dots, (2 * radius, 1, mark.colour))
    if mark.frame:
        width = min(max(side / 90, 1.5), max(canvas.shape[:2]) / 200 + 2)
        corners = mark.box[[[0, 1], [2, 1], [2, 3], [0, 3]]]  # [4 2]
        sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)  # [4 2 2]
        for stroke in ((width + max(1.0, width / 2), 0.6, _SHADOW), (width, 1, mark.colour)):
            for side_line in sides:  # one by one: a large box has much inside
                _blend_segments(canvas, side_line[None], stroke)


def _blend_segments(canvas: Image, segments: _Floats, stroke: _Stroke) -> None:
    """Blend strokes with round ends onto the canvas, antialiased."""
    width, opacity, colour = stroke
    height, across = canvas.shape[:2]
    far = _FAR * max(height, across)
    segments = segments[(np.abs(segments) < far).all(axis=(1, 2))]
    if not len(segments):
        return
    edge = math.ceil(width / 2) + 1
    low = np.maximum(np.floor(segments.min(axis=(0, 1))).astype(int) - edge, 0)
    high = np.minimum(np.ceil(segments.max(axis=(0, 1))).astype(int) + edge + 1, (across, height))
    if (high <= low).any():
        return
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    cover = _cover(segments - low.astype(np.float32), (right - left, bottom - top), width)
    part = canvas[top:bottom, left:right]
    hit = cover > 0
    share = (cover[hit] * np.float32(opacity / 255))[:, None]  # [n 1]
    before = part[hit].astype(np.float32)  # [n 3]
    part[hit] = np.rint(before + (np.array(colour, np.float32) - before) * share).astype(np.uint8)


def _cover(segments: _Floats, size: tuple[int, int], width: float) -> NDArray[np.uint8]:
    """Return the coverage of each pixel by strokes, (height, width), 0 to 255."""
    fine = _FINE
    while fine > 1 and size[0] * size[1] * fine * fine > _MOST_FINE:
        fine //= 2
    drawn = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    places = (segments + 0.5) * fine - 0.5  # halves of pixels count: (0, 0) is a centre
    fixed = np.rint(places * (1 << _SHIFT)).astype(np.int32)  # [m 2 2]
    thick = width * fine
    drawn_width = max(1, round(thick))
    cv2.polylines(drawn, list(fixed), False, 255, drawn_width, cv2.LINE_AA, _SHIFT)
    shrunk = drawn if fine == 1 else cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    if thick >= drawn_width:
        return np.asarray(shrunk, np.uint8)
    return np.asarray(shrunk * (thick / drawn_width), np.uint8)


def _write_labels(canvas: Image, marks: Sequence[Mark]) -> Image:
    """Write the label of each mark on a ground of its colour."""
    sheet = Pictures.fromarray(canvas)
    draw = ImageDraw.Draw(sheet)
    for mark in reversed(marks):
        size = _pick_text_size(canvas, mark)
        font = ImageFont.load_default(size)
        pad = max(2, size // 4)
        wide, tall = math.ceil(font.getlength(mark.label)) + 2 * pad, size + 2 * pad
        left, top = _place_label(canvas, mark.box, (wide, tall))
        draw.rectangle((left, top, left + wide - 1, top + tall - 1), mark.colour)
        ink = _DARK_INK if _luma(mark.colour) > 128 else _LIGHT_INK
        draw.text((left + pad, top + tall / 2), mark.label, ink, font, anchor="lm")
    return np.array(sheet)  # [h w 3]


def _pick_text_size(canvas: Image, mark: Mark) -> int:
    """Return a height of letters between what the picture and what the box suggest."""
    wanted = min(_width(mark.box) / 7, max(canvas.shape[:2]) / 25)
    return round(min(max(wanted, _SMALLEST_TEXT, max(canvas.shape[:2]) / 110), _LARGEST_TEXT))


def _place_label(canvas: Image, box: _Floats, size: tuple[int, int]) -> tuple[int, int]:
    """Return left and top of a label: above the box, below it, or else inside, never cut off."""
    height, across = canvas.shape[:2]
    wide, tall = size
    left, top, _, bottom = (round(float(value)) for value in np.clip(box, -1e6, 1e6))
    if top - tall >= 0:
        row = top - tall
    elif bottom + tall < height:
        row = bottom + 1
    else:
        row = top
    return max(0, min(left, across - wide)), max(0, min(row, height - tall))


def _width(box: _Floats) -> float:
    """Return the width of a box in pixels."""
    return float(box[2] - box[0])


def _height(box: _Floats) -> float:
    """Return the height of a box in pixels."""
    return float(box[3] - box[1])


def _luma(colour: Colour) -> float:
    """Return how bright a colour is, 0 to 255."""
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
