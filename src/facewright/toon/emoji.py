"""Draw emoji of a face, one per expression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from facewright.errors import InputError
from facewright.faces.geometry.resample import ZERO, resample
from facewright.toon.colours import Colours, find_colours, pick_colour
from facewright.toon.features.eyes import draw_eyes
from facewright.toon.features.layout import Layout, lay_out
from facewright.toon.features.lines import draw_lines
from facewright.toon.features.moods import BLINK, MOODS, Mood, blend
from facewright.toon.features.mouth import draw_mouth
from facewright.toon.heads.crown import crown_head, is_tight
from facewright.toon.heads.cutout import cut_head
from facewright.toon.heads.upright import SIDE, UNIT, Frame, Head, check_whole, turn_upright
from facewright.toon.paint import draw_edge, paint_head
from facewright.toon.shapes import Floats, lay
from facewright.types import HairStyle, Image

EXPRESSIONS = tuple(MOODS)
"""Names of the expressions."""

Window: TypeAlias = tuple[float, float, float]
"""The middle x and y of a square, and its width, in pixels."""

_COLUMNS = 4  # of a sheet
_MARGIN = 0.04  # around a head, in parts of its width
_PLUMP = 0.93  # heads are so much lower than in life, and rounder
_STEPS = 6  # from neutral to an expression
_STEP, _BEFORE, _HELD = 0.04, 0.4, 0.96  # seconds: of a step, of neutral, of the expression
_BLINK_STEPS, _OPEN, _SHUT = 2, 1.4, 0.08  # likewise, of a blink


@dataclass(frozen=True, slots=True)
class EmojiHead:
    """A person whose emoji are drawn: everything that does not depend on the expression."""

    head: Head
    painted: Floats
    """(SIDE, SIDE, 3): the head without features."""
    colours: Colours
    layout: Layout


def prepare_head(
    image: Image, points: Floats, *, style: HairStyle = "auto", generated: bool = False
) -> EmojiHead:
    """Prepare a person for drawing emoji.

    Args:
        image: (height, width, 3).
        points: (478, 3), the mesh of the face in pixels.
        style: "auto" cuts the hair out of the picture, or draws it if the picture cuts it off;
            "short" and "long" always draw it.
        generated: Whether the picture is generated: such pictures may end at the chin.

    Raises:
        InputError: The border of the picture cuts through the face, or the face is in profile.
    """
    picture = turn_upright(image, points)
    if not generated:
        check_whole(points, (image.shape[1], image.shape[0]))
    drawn = style != "auto" or is_tight(picture)
    head = crown_head(picture, style) if drawn else cut_head(picture)
    hair = pick_colour(head.image, (head.hair > 0.8) & (head.alpha > 0.95), 0.3, 0.7)
    colours = find_colours(picture.image, head.points, hair, detail=head.detail)
    return EmojiHead(head, paint_head(head), colours, lay_out(head.points))


def draw_emoji(drawable: EmojiHead, expression: str, share: float = 1.0) -> Image:
    """Draw an emoji.

    Args:
        drawable: The prepared person.
        expression: One of `EXPRESSIONS`.
        share: Intensity of the expression, from 0, neutral, to 1.

    Returns:
        (SIDE, SIDE, 4), RGBA; `trim` cuts it to size.

    Raises:
        InputError: There is no such expression.
    """
    if expression not in MOODS:
        raise InputError(f"no emoji shows `{expression}`", hint=f"one of: {', '.join(EXPRESSIONS)}")
    return _draw_mood(drawable, blend(MOODS[expression], share))


def draw_blink(drawable: EmojiHead, share: float) -> Image:
    """Draw a neutral emoji with eyes closed to a share, 0 to 1, as `draw_emoji` does."""
    return _draw_mood(drawable, blend(BLINK, share))


def _draw_mood(drawable: EmojiHead, mood: Mood) -> Image:
    """Draw a face with a mood."""
    layout, colours = drawable.layout, drawable.colours
    places = _drop_jaw(layout, mood)
    canvas, alpha = _move(drawable.painted, places), _move(drawable.head.alpha, places)
    _tint(canvas, drawable.head, mood)
    draw_edge(canvas, alpha)
    bare = _move(drawable.head.skin * (1 - drawable.head.hair), places)
    draw_lines(canvas, layout, mood, colours, bare)
    draw_mouth(canvas, layout, mood, colours)
    draw_eyes(canvas, layout, mood, colours)
    return np.dstack([np.clip(np.rint(canvas), 0, 255), np.rint(255 * alpha)]).astype(np.uint8)


def time_expression(*, blink: bool = False) -> list[tuple[float, float]]:
    """Return the course of an animated expression: for each frame its share, 0 to 1, and seconds.

    The movement eases in and out, and the last frame leads to the first.

    Args:
        blink: Whether it is a blink, which is quicker.
    """
    count, before, held = (_BLINK_STEPS, _OPEN, _SHUT) if blink else (_STEPS, _BEFORE, _HELD)
    times = np.arange(1, count) / count
    shares = [float(t * t * (3 - 2 * t)) for t in times]
    way = [(share, _STEP) for share in shares]
    return [(0.0, before), *way, (1.0, held), *way[::-1]]


def outline(emoji: Image, *, width: float = 0.09) -> Image:
    """Add a white rim around an emoji, as on stickers.

    Args:
        emoji: (height, width, 4), from `draw_emoji`.
        width: Width of the rim, relative to the distance of the eyes.

    Returns:
        (height, width, 4).
    """
    alpha = emoji[..., 3].astype(np.float32) / np.float32(255)
    side = int(2 * width * UNIT) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    wide = cv2.GaussianBlur(cv2.dilate((alpha > 0.5).astype(np.float32), disc), (0, 0), 3)
    wide = np.clip((wide - 0.5) * 5 + 0.5, 0, 1)
    canvas = np.full((*alpha.shape, 3), 255, np.float32)
    lay(canvas, alpha, emoji[..., :3].astype(np.float32))
    whole = np.rint(255 * np.maximum(wide, alpha))
    return np.dstack([np.rint(canvas), whole]).astype(np.uint8)


def find_window(emojis: Sequence[Image], *, height: float = _PLUMP) -> Window:
    """Return the centred square that contains all emoji of a pack.

    Args:
        emojis: (height, width, 4) each, all of one size.
        height: Factor on heights, as `trim` takes it.

    Returns:
        The middle x and y, and the width, in pixels.
    """
    seen = np.maximum.reduce([emoji[..., 3] for emoji in emojis]) > 8
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    middle = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
    width = max(columns[-1] - columns[0], height * (rows[-1] - rows[0])) + 1
    return float(middle[0]), float(middle[1]), float(width) * (1 + 2 * _MARGIN)


def trim(emoji: Image, window: Window, size: int, *, height: float = _PLUMP) -> Image:
    """Crop and resize an emoji to a square, antialiased.

    Colours are weighted by alpha, so that hidden ones of transparent pixels do not mix in.

    Args:
        emoji: (height, width, 4).
        window: From `find_window`.
        size: Side of the result in pixels.
        height: Factor on heights; below 1 makes heads rounder.

    Returns:
        (size, size, 4).
    """
    x, y, width = window
    scale = size / width
    matrix = np.array([[scale, 0, -scale * x], [0, height * scale, -height * scale * y]])
    matrix[:, 2] += (size - 1) / 2
    share = emoji[..., 3:].astype(np.float32) / 255
    mixed = np.dstack([emoji[..., :3] * share, share]).astype(np.float32)
    small = resample(mixed, matrix, (size, size), border=ZERO)
    alpha = np.clip(small[..., 3:], 0, 1)
    colours = small[..., :3] / np.maximum(alpha, 1 / 512)
    colours = np.clip(np.rint(colours), 0, 255) * (alpha > 1 / 512)
    return np.dstack([colours, np.rint(255 * alpha)]).astype(np.uint8)


def lay_sheet(emojis: Sequence[Image]) -> Image:
    """Arrange emoji in a sheet, four in a row.

    Args:
        emojis: (size, size, 4) each.

    Returns:
        (rows * size, columns * size, 4), transparent where there is none.
    """
    size = len(emojis[0])
    columns = min(_COLUMNS, len(emojis))
    rows = -(-len(emojis) // columns)
    sheet = np.zeros((rows * size, columns * size, 4), np.uint8)
    for number, emoji in enumerate(emojis):
        top, left = size * (number // columns), size * (number % columns)
        sheet[top : top + size, left : left + size] = emoji
    return sheet


def _drop_jaw(layout: Layout, mood: Mood) -> Floats:
    """Return the source position of each pixel when the chin moves down, (SIDE, SIDE, 2)."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    start = layout.mouth[1] - 0.1 * UNIT
    down = np.clip((rows - start) / max(float(layout.chin[1] - start), 1.0), 0, 1)
    aside = np.exp(-(((columns - layout.mouth[0]) / (1.1 * UNIT)) ** 4))
    rows = rows - mood.jaw * UNIT * down**1.3 * aside
    return np.stack([columns, rows], -1).astype(np.float32)


def _move(field: Floats, places: Floats) -> Floats:
    """Sample a field at positions between its pixels."""
    # OpenCV takes None where both coordinates are in one map; its types do not say so.
    moved = cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, np.float32)


def _tint(canvas: Floats, head: Head, mood: Mood) -> None:
    """Tint a part of the face, in place."""
    if not mood.tint:
        return
    frame = Frame(head.points)
    bare = head.skin * (1 - head.hair)
    bare *= np.asarray(cv2.GaussianBlur(bare, (0, 0), 0.12 * UNIT), np.float32) ** 2
    if mood.tint_from == "top":
        where = np.clip(0.55 - 0.9 * frame.y, 0, 1) * np.clip(2.2 + 1.6 * frame.y, 0, 1)
    elif mood.tint_from == "bottom":
        where = np.clip(0.2 + 0.9 * frame.y, 0, 1)
    else:
        x = (np.abs(frame.x) - 0.62) / 0.3
        where = np.exp(-(x**2) - ((frame.y - 0.52) / 0.22) ** 2)
    lay(canvas, (bare * where * mood.tint).astype(np.float32), mood.tint_colour)
