"""Draw shares as bars on panels beside boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from facewright.media.drawing.marks import Colour
from facewright.types import Image, check_image

_Box = tuple[float, float, float, float]  # left, top, right, bottom

_GROUND: Colour = (18, 18, 22)
_OPACITY = 0.68  # of the ground, which lets the picture through
_BRIGHT, _DIM, _TRACK = (250, 250, 250), (196, 196, 202), (72, 72, 78)
_NARROWEST, _WIDEST = 132, 360  # pixels of a panel
_READABLE = 60  # pixels: panels of a picture that holds only narrower ones are left out
_ROW = 0.105  # height of a row, in parts of the panel's width
_SMALLEST_TEXT = 8  # pixels
_NAME, _NUMBER = 0.34, 0.15  # of the width: names, and numbers
_FAR = 0.15  # how much a place costs that is not the best side, in parts of the panel


@dataclass(frozen=True, slots=True)
class Panel:
    """Shares, and the box that they belong to."""

    box: NDArray[np.float32]
    """Left, top, right, bottom, in pixels: the panel goes beside it."""
    shares: Mapping[str, float]
    """Name → 0 to 1; the largest is written brighter."""
    colours: Mapping[str, Colour]
    """Name → colour of its bar."""


def draw_panels(image: Image, panels: Sequence[Panel], *, widen: bool = False) -> Image:
    """Draw panels on a copy of a picture, each beside its box, where it hides least.

    Args:
        image: (height, width, 3).
        panels: The panels; the first ones are placed first. None are drawn in a picture that is too
            small for letters.
        widen: Whether the picture may be extended to the right if there is no room in it.

    Returns:
        (height, width, 3), a new picture.
    """
    canvas = check_image(image).copy()
    sizes = [_measure(panel, canvas.shape) for panel in panels]
    panels = panels if min(sizes, default=(0, 0))[0] >= _READABLE else ()
    sizes = sizes[: len(panels)]
    width = canvas.shape[1]
    if widen:
        canvas = _widen(canvas, panels, sizes)
    widened = canvas.shape[1] > width
    taken = [_to_box(panel.box) for panel in panels]
    for panel, size in zip(panels, sizes, strict=True):
        place = _choose_place(panel.box, size, canvas.shape, taken)
        if widened and place[0] + size[0] > width:  # onto the strip, not over its edge
            place = max(place[0], width + (canvas.shape[1] - width - size[0]) // 2), place[1]
        taken.append((place[0], place[1], place[0] + size[0], place[1] + size[1]))
        _draw_panel(canvas, panel, place, size)
    return canvas


def draw_strip(image: Image, panels: Sequence[Panel], strip: int) -> Image:
    """Draw panels one below the other on a strip that is added at the right of a picture.

    Args:
        image: (height, width, 3).
        panels: The panels; those that do not fit into the strip are left out.
        strip: The width of the strip in pixels.

    Returns:
        (height, width + strip, 3), a new picture.
    """
    height, width = check_image(image).shape[:2]
    canvas = np.concatenate([image, np.full((height, strip, 3), _GROUND, np.uint8)], axis=1)
    edge = max(2, strip // 24)
    wide, top = strip - 2 * edge, edge
    for panel in panels if wide >= _READABLE else ():
        tall = int(wide * _ROW * (len(panel.shares) + 1))
        if top + tall > height:
            break
        _draw_panel(canvas, panel, (width + edge, top), (wide, tall))
        top += tall + edge
    return canvas


def _measure(panel: Panel, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the width and height of a panel, by its box and the size of the picture."""
    rows = len(panel.shares)
    wide = min(max(float(panel.box[2] - panel.box[0]) * 0.95, _NARROWEST), _WIDEST)
    wide = min(max(wide, shape[1] / 6), shape[1], shape[0] / (_ROW * (rows + 1)))
    return int(wide), int(wide * _ROW * (rows + 1))


def _widen(canvas: Image, panels: Sequence[Panel], sizes: Sequence[tuple[int, int]]) -> Image:
    """Return a picture with room at its right, if a panel would cover much of its own box."""
    height, width = canvas.shape[:2]
    cramped = [
        size[0]
        for panel, size in zip(panels, sizes, strict=True)
        if width - float(panel.box[2]) < size[0] and float(panel.box[0]) < size[0]
    ]
    if not cramped:
        return canvas
    more = max(cramped) + max(6, max(cramped) // 16)
    return np.concatenate([canvas, np.full((height, more, 3), _GROUND, np.uint8)], axis=1)


def _choose_place(
    box: NDArray[np.float32],
    size: tuple[int, int],
    shape: tuple[int, ...],
    taken: Sequence[_Box],
) -> tuple[int, int]:
    """Return left and top of the position that overlaps least with boxes and other panels."""
    left, top, right, bottom = _to_box(box)
    (wide, tall), (height, width) = size, shape[:2]
    gap = max(2.0, wide * 0.04)
    level = min(max(top, 0), height - tall)
    middle = min(max((left + right - wide) / 2, 0), width - wide)
    candidates = (
        *((right + gap, level), (left - gap - wide, level)),
        *((middle, bottom + gap), (middle, top - gap - tall)),
        *((width - wide, level), (0.0, level), (middle, float(height - tall)), (middle, 0.0)),
    )
    costs = []
    for order, (x, y) in enumerate(candidates):
        inside_x, inside_y = min(max(x, 0), width - wide), min(max(y, 0), height - tall)
        mine = (inside_x, inside_y, inside_x + wide, inside_y + tall)
        covered = sum(_overlap(mine, other) for other in taken) / (wide * tall)
        costs.append((covered + _FAR * (order > 1), order, inside_x, inside_y))
    _, _, x, y = min(costs)
    return int(x), int(y)


def _draw_panel(canvas: Image, panel: Panel, place: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw one panel."""
    (x, y), (wide, tall) = place, size
    part = canvas[y : y + tall, x : x + wide]
    ground = np.array(_GROUND, np.float32) * _OPACITY
    sheet = Pictures.fromarray((part * np.float32(1 - _OPACITY) + ground).astype(np.uint8))
    draw = ImageDraw.Draw(sheet)
    pitch = tall / (len(panel.shares) + 1)
    font = ImageFont.load_default(max(_SMALLEST_TEXT, round(pitch * 0.72)))
    best = max(panel.shares, key=lambda name: panel.shares[name], default="")
    begin, end = wide * _NAME, wide * (1 - _NUMBER)
    for row, (name, share) in enumerate(panel.shares.items()):
        middle = pitch * (row + 1)
        ink = _BRIGHT if name == best else _DIM
        draw.text((begin - pitch * 0.3, middle), name, ink, font, anchor="rm")
        low, high = middle - pitch * 0.28, middle + pitch * 0.28
        draw.rectangle((begin, low, end - pitch * 0.25, high), _TRACK)
        length = (end - pitch * 0.25 - begin) * min(max(share, 0.0), 1.0)
        if length >= 1:
            draw.rectangle((begin, low, begin + length, high), panel.colours[name])
        draw.text((wide - pitch * 0.4, middle), f"{share * 100:.0f}", ink, font, anchor="rm")
    canvas[y : y + tall, x : x + wide] = np.asarray(sheet)


def _to_box(box: NDArray[np.float32]) -> _Box:
    """Return four numbers, not far from any picture."""
    left, top, right, bottom = (float(value) for value in np.clip(box, -1e5, 1e5))
    return left, top, right, bottom


def _overlap(a: _Box, b: _Box) -> float:
    """Return how many pixels two boxes share."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)
