"""Make whole pictures of interlaced frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
from av.filter import Graph

_FILTER = "bwdif"  # of FFmpeg: what moves is interpolated, what stands still keeps all of its lines
_OPTIONS = "mode=send_frame:parity=auto:deint=interlaced"


def deinterlace(frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Give each frame that has the lines of two moments those of its first one.

    Args:
        frames: As they were decoded; those that do not say they are interlaced stay as they are.

    Yields:
        As many frames with the same times, none of them marked as interlaced.
    """
    fields: _Fields | None = None
    for frame in frames:
        if fields is not None and not fields.fits(frame):
            yield from fields.end()
            fields = None
        if fields is None and frame.interlaced_frame:
            fields = _Fields(frame)
        if fields is None:
            yield frame
        else:
            yield from fields.push(frame)
    if fields is not None:
        yield from fields.end()


class _Fields:
    """The filter, for frames of one size and format; it is one frame late."""

    def __init__(self, frame: av.VideoFrame) -> None:
        self._kind = _find_kind(frame)
        base = frame.time_base or Fraction(1, 25)
        self._graph = Graph()
        width, height, form = self._kind
        self._source = self._graph.add(
            "buffer", f"video_size={width}x{height}:pix_fmt={form}:time_base={base}"
        )
        look = self._graph.add(_FILTER, _OPTIONS)
        self._sink = self._graph.add("buffersink")
        self._source.link_to(look)
        look.link_to(self._sink)
        self._graph.configure()

    def fits(self, frame: av.VideoFrame) -> bool:
        """Tell whether a frame has the size and format that the filter was made for."""
        return _find_kind(frame) == self._kind

    def push(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Take a frame, and yield what is ready."""
        self._source.push(frame)
        return self._pull()

    def end(self) -> Iterator[av.VideoFrame]:
        """Yield what is left."""
        self._source.push(None)
        return self._pull()

    def _pull(self) -> Iterator[av.VideoFrame]:
        """Yield what the filter has ready."""
        while True:
            try:
                yield cast("av.VideoFrame", self._sink.pull())
            except (av.BlockingIOError, av.EOFError):
                return


def _find_kind(frame: av.VideoFrame) -> tuple[int, int, str]:
    """Return what must not change within a filter."""
    return frame.width, frame.height, frame.format.name
