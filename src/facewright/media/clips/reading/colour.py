"""Convert the colours of high dynamic range and wide gamut clips to sRGB."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorPrimaries, ColorTrc
from numpy.typing import NDArray

from facewright.media.stills.light import (
    HLG_PEAK,
    PQ_PEAK,
    PRIMARIES,
    USUAL_PEAK,
    WHITE,
    ColourSpace,
    build_table,
)

if TYPE_CHECKING:
    from av.buffer import Buffer

_LEVEL = 8  # of the table: its sides have 8² nodes


def find_space(frame: av.VideoFrame) -> ColourSpace | None:
    """Return the colour space that a frame has to be converted from.

    Args:
        frame: A decoded frame.

    Returns:
        The colour space; None for an ordinary frame, which needs no conversion.
    """
    primaries, transfer = frame.color_primaries, frame.color_trc
    hdr = transfer in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
    known = primaries in PRIMARIES and primaries != ColorPrimaries.BT709
    if not known and not hdr:
        return None
    usual = ColorPrimaries.BT2020 if hdr and primaries not in PRIMARIES else primaries
    if transfer == ColorTrc.UNSPECIFIED and primaries == ColorPrimaries.SMPTE432:
        transfer = ColorTrc.IEC61966_2_1  # of Display P3
    return ColourSpace(usual, transfer, _find_peak(frame) if hdr else USUAL_PEAK)


def open_converter(space: ColourSpace) -> Callable[[av.VideoFrame], av.VideoFrame]:
    """Return a converter of frames to sRGB.

    Args:
        space: Colour space of the frames.

    Returns:
        A function from a frame in rgb48le to one of the same size and format.
    """
    look_up: _LookUp | None = None

    def convert(frame: av.VideoFrame) -> av.VideoFrame:
        nonlocal look_up
        if look_up is None or look_up.size != (frame.width, frame.height):
            look_up = _LookUp((frame.width, frame.height), build_table(space, _LEVEL**2))
        return look_up.read(frame)

    return convert


def _find_peak(frame: av.VideoFrame) -> float:
    """Return the peak luminance that a frame declares, in cd/m²."""
    if frame.color_trc == ColorTrc.ARIB_STD_B67:
        return HLG_PEAK
    said = []
    light = cast("Buffer | None", frame.side_data.get("CONTENT_LIGHT_LEVEL"))
    if light is not None and (most := struct.unpack_from("=I", bytes(light))[0]):
        said.append(float(most))
    display = cast("Buffer | None", frame.side_data.get("MASTERING_DISPLAY_METADATA"))
    if display is not None:  # AVMasteringDisplayMetadata: the luminance follows 9 rationals
        *_, over, under, _, known = struct.unpack_from("=22i", bytes(display))
        said += [over / under] if known and over > 0 and under > 0 else []
    return min(max(min(said, default=USUAL_PEAK), WHITE), PQ_PEAK)


def _lay_out(table: NDArray[np.float32]) -> av.VideoFrame:
    """Return a table as the picture that FFmpeg's filter `haldclut` takes."""
    side = round(table.size / 3) ** 0.5
    levels = (table * 65_535).round().astype(np.uint16).reshape(round(side), round(side), 3)
    frame = av.VideoFrame.from_ndarray(levels, format="rgb48le")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return frame


class _LookUp:
    """FFmpeg's filter `haldclut`, which converts pixels by a lookup table.

    Attributes:
        size: Width and height of its frames.
    """

    def __init__(self, size: tuple[int, int], table: NDArray[np.float32]) -> None:
        self.size = size
        clut = _lay_out(table)
        self._graph, self._count = Graph(), 0
        form = "video_size={}x{}:pix_fmt=rgb48le:time_base=1/25"
        sizes = (size, (clut.width, clut.height))
        self._source, tables = (self._graph.add("buffer", form.format(*one)) for one in sizes)
        look_up = self._graph.add("haldclut", "interp=tetrahedral:clut=first")
        self._sink = self._graph.add("buffersink")
        self._source.link_to(look_up, 0, 0)
        tables.link_to(look_up, 0, 1)
        look_up.link_to(self._sink)
        self._graph.configure()
        tables.push(clut)
        tables.push(None)

    def read(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the converted frame."""
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        self._count += 1
        self._source.push(frame)
        return cast("av.VideoFrame", self._sink.pull())
