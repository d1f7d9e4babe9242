"""Convert between the frames of a codec and upright pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, Colorspace, Interpolation, VideoReformatter

from facewright.media.clips.reading.colour import find_space, open_converter
from facewright.media.stills.light import ColourSpace
from facewright.types import Image

if TYPE_CHECKING:
    from av.buffer import Buffer

EXACT = int(
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND  # without it, greens come back 1.4 levels darker
    | Interpolation.BITEXACT
)
"""Flags of the conversion of colours: rounded, and equal on every processor."""

_UNSAID = 2  # the colour space of a file that names none
_SMALL = 300_000  # pixels: below, handing out the work takes longer than the work
_OPAQUE = np.uint8(255)
_HIGH = 720  # rows from which players take such a file for BT.709


def open_reader(width: int, height: int) -> Callable[[av.VideoFrame], Image]:
    """Return a converter from the frames of one stream to pictures.

    Args:
        width: Width in pixels that frames are scaled to, before rotation; usually their own.
        height: Height in pixels, likewise.

    Returns:
        A function from a frame to an upright picture in sRGB, white where it is transparent. The
        rotation and reflection of the frame's display matrix are applied, in quarter turns.
    """
    reformatters: dict[str, VideoReformatter] = {}
    converters: dict[ColourSpace, Callable[[av.VideoFrame], av.VideoFrame]] = {}

    def unpack(frame: av.VideoFrame, form: str) -> av.VideoFrame:
        return reformatters.setdefault(form, VideoReformatter()).reformat(
            frame,
            width,
            height,
            form,
            src_colorspace=_find_matrix(frame),
            interpolation=EXACT,
            threads=_count_threads(frame.width, frame.height),
        )

    def convert(frame: av.VideoFrame, space: ColourSpace) -> Image:
        if space not in converters:
            converters[space] = open_converter(space)
        converted = converters[space](unpack(frame, "rgb48le"))
        return cast("Image", converted.reformat(format="rgb24", interpolation=EXACT).to_ndarray())

    def read(frame: av.VideoFrame) -> Image:
        space = find_space(frame)
        seen_through = _has_alpha(frame.format.name)
        if space is None:
            packed = unpack(frame, "rgba" if seen_through else "rgb24").to_ndarray()
            image = cast("Image", packed[..., :3])
        else:
            image = convert(frame, space)
        if seen_through:
            opaque = cast("Image", unpack(frame, "rgba").to_ndarray()[..., 3:])
            image = _lay_on_white(image, opaque)
        return np.ascontiguousarray(_turn(image, frame))

    return read


def open_writer() -> Callable[[Image], av.VideoFrame]:
    """Return a converter from the pictures of one clip to frames.

    Returns:
        A function from an RGB picture to a frame in yuv420p with the colours of BT.709. Odd sides
        grow by a repeated row or column.
    """
    reformatter = VideoReformatter()

    def write(image: Image) -> av.VideoFrame:
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        return reformatter.reformat(
            av.VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range="JPEG",
            dst_color_range="MPEG",
            interpolation=EXACT,
            threads=_count_threads(width, height),
        )

    return write


def _count_threads(width: int, height: int) -> int:
    """Return the number of threads for a frame; 0 is one per core."""
    return 1 if width * height < _SMALL else 0


def _find_matrix(frame: av.VideoFrame) -> Colorspace | None:
    """Return the colour matrix of a frame that does not declare one."""
    if frame.colorspace != _UNSAID:
        return None
    if frame.color_primaries == ColorPrimaries.BT2020:
        return Colorspace.BT2020
    return Colorspace.ITU709 if frame.height >= _HIGH else None


@lru_cache
def _has_alpha(form: str) -> bool:
    """Return whether a pixel format has transparency; a palette may have some."""
    found = av.VideoFormat(form)
    return found.has_palette or any(part.is_alpha for part in found.components)


def _lay_on_white(image: Image, alpha: Image) -> Image:
    """Return a picture on white, given its alpha, (height, width, 1)."""
    if alpha.min() == _OPAQUE:
        return image
    missing = cv2.multiply(_OPAQUE - image, np.repeat(alpha, 3, axis=2), scale=1 / _OPAQUE)
    return cast("Image", _OPAQUE - missing)


def _turn(image: Image, frame: av.VideoFrame) -> Image:
    """Apply the display matrix of a frame to its picture."""
    data = cast("Buffer | None", frame.side_data.get("DISPLAYMATRIX"))
    if data is None:
        return image
    (a, b), (c, d) = np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2].tolist()
    # shown at x' = a x + c y, y' = b x + d y
    if abs(a) + abs(d) < abs(b) + abs(c):
        image, a, d = image.swapaxes(0, 1), c, b
    return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
