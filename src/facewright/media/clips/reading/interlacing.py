"""Deinterlacing of frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Literal, TypeAlias, cast

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

Order: TypeAlias = Literal["tff", "bff", "progressive"]
"""Field order: which lines of a frame are earlier, top or bottom field first; or neither."""

_FILTER = "bwdif"  # of FFmpeg: what moves is interpolated, what stands still keeps all of its lines
_SAID, _SEEN = "parity=auto:deint=interlaced", "parity={}:deint=all"
_LOOK, _LOOK_BYTES = 24, 1 << 26  # frames that are held to look at, and bytes of them at most
_MOST_LOOKS = 20  # where nothing moves
_LEAST = 3  # frames that have to look interlaced, and thrice as many as look whole
_CLEARLY, _NO_COMB = 1.15, 1.5  # how much rougher the wrong order of lines has to be
_STEP = 4  # of the columns, every fourth is looked at


def deinterlace(frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Deinterlace frames: keep the earlier of the two fields of each.

    Args:
        frames: Decoded frames. If one is marked as interlaced, the marked ones are filtered;
            otherwise all of them, if the first ones with motion appear interlaced.

    Yields:
        As many frames with the same times, none of them marked as interlaced.
    """
    order, held = None, list[av.VideoFrame]()
    for _ in range(_MOST_LOOKS):
        yield from held
        held = _hold(frames)
        marked = any(frame.interlaced_frame for frame in held)
        order = "progressive" if marked or not held else find_order(held)
        if order:
            break
    unmarked = order in ("tff", "bff")
    options = _SEEN.format(order) if unmarked else _SAID
    yield from _filter(_chain(held, frames), options, everything=unmarked)


def find_order(frames: Sequence[av.VideoFrame]) -> Order | None:
    """Detect the field order of frames from motion.

    The lines of the next frame fit better between the lines of one field than of the other, and
    better than the neighbouring lines of the frame itself (the measure of FFmpeg's filter idet).

    Args:
        frames: Successive frames, at least three.

    Returns:
        The order; None if there is too little motion.
    """
    if len({_find_kind(frame) for frame in frames}) != 1:
        return "progressive"
    lines = [_read_lines(frame) for frame in frames]
    votes = Counter(map(_classify, lines, lines[1:], lines[2:]))
    order: Order = "tff" if votes["tff"] >= votes["bff"] else "bff"
    if votes[order] >= _LEAST and votes[order] > 3 * (sum(votes.values()) - votes[None]) / 4:
        return order
    return "progressive" if votes["progressive"] >= _LEAST else None


def _hold(frames: Iterator[av.VideoFrame]) -> list[av.VideoFrame]:
    """Read as many frames as may be kept in memory for the detection."""
    held = list(islice(frames, 1))
    if held:
        size = sum(plane.buffer_size for plane in held[0].planes)
        held += islice(frames, min(_LOOK, max(_LOOK_BYTES // max(size, 1), _LEAST + 2)) - 1)
    return held


def _chain(held: list[av.VideoFrame], frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Yield the kept frames, releasing them, then the rest."""
    while held:
        yield held.pop(0)
    yield from frames


def _read_lines(frame: av.VideoFrame) -> NDArray[np.int32]:
    """Return the brightness of a frame, every fourth column: (height, width / 4)."""
    return frame.to_ndarray(format="gray")[:, ::_STEP].astype(np.int32)


def _classify(
    before: NDArray[np.int32], now: NDArray[np.int32], after: NDArray[np.int32]
) -> Order | None:
    """Return the field order of one frame, by its neighbours."""
    around = now[:-2] + now[2:]
    own = np.abs(around - 2 * now[1:-1]).sum(axis=1)
    past = np.abs(around - 2 * before[1:-1]).sum(axis=1)
    future = np.abs(around - 2 * after[1:-1]).sum(axis=1)
    first = int(past[0::2].sum() + future[1::2].sum())  # lines 1, 3, ... before; 2, 4, ... after
    second = int(past[1::2].sum() + future[0::2].sum())
    if first > _CLEARLY * second:
        return "bff"
    if second > _CLEARLY * first:
        return "tff"
    return "progressive" if second > _NO_COMB * int(own.sum()) else None


def _filter(
    frames: Iterator[av.VideoFrame], options: str, *, everything: bool
) -> Iterator[av.VideoFrame]:
    """Filter the frames, from the first that needs it."""
    fields: _Fields | None = None
    for frame in frames:
        if fields is not None and not fields.fits(frame):
            yield from fields.end()
            fields = None
        if fields is None and (everything or frame.interlaced_frame):
            fields = _Fields(frame, options)
        if fields is None:
            yield frame
        else:
            yield from fields.push(frame)
    if fields is not None:
        yield from fields.end()


class _Fields:
    """The filter, for frames of one size and format; it is one frame late."""

    def __init__(self, frame: av.VideoFrame, options: str) -> None:
        self._kind = _find_kind(frame)
        base = frame.time_base or Fraction(1, 25)
        self._graph = Graph()
        width, height, form = self._kind
        self._source = self._graph.add(
            "buffer", f"video_size={width}x{height}:pix_fmt={form}:time_base={base}"
        )
        look = self._graph.add(_FILTER, f"mode=send_frame:{options}")
        self._sink = self._graph.add("buffersink")
        self._source.link_to(look)
        look.link_to(self._sink)
        self._graph.configure()

    def fits(self, frame: av.VideoFrame) -> bool:
        """Return whether a frame has the size and format that the filter was made for."""
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
