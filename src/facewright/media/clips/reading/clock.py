"""Continuous times for files whose clock restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import av

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

Packet: TypeAlias = "av.Packet[Stream]"

_BACK = Fraction(1, 10)  # second that a clock may go back without beginning anew
_AHEAD = 600  # seconds that a picture may stand
_AHEAD_IN_STREAM = 10  # likewise where clocks jump: what is broadcast has no index
_AHEAD_BY_INDEX = 43_200  # likewise where an index has the times: a slide may stand for hours
_FOREVER = 2**40  # seconds
_STREAMED, _INDEXED = frozenset({"mpegts", "mpeg"}), frozenset({"mp4", "matroska"})


def demux(
    source: InputContainer, timed: Sequence[Stream], others: Sequence[Stream] = ()
) -> Iterator[Packet]:
    """Read the packets of a file with continuous, rising times.

    Joined recordings of broadcasts, discs and camcorders have a clock for each part. Where the time
    of a stream goes back, or all streams jump far ahead, the rest of the file is shifted to the end
    of the part before it. The times of a file are the same at every reading.

    Args:
        source: An open file.
        timed: Streams that define the time: pictures and sound.
        others: Streams that follow them, such as subtitles.

    Yields:
        Packets in the order of the file; empty ones at the end, one for each stream.
    """
    clock = _Clock(find_longest(source))
    known = {stream.index for stream in timed}
    for packet in source.demux(*timed, *others):
        clock.set(packet, leads=packet.stream.index in known)
        yield packet


def find_longest(source: InputContainer) -> int:
    """Return the longest plausible duration of a picture in a file, in seconds."""
    names = set(source.format.name.split(","))
    if names & _STREAMED:
        return _AHEAD_IN_STREAM
    return _AHEAD_BY_INDEX if names & _INDEXED else _AHEAD


class _Clock:
    """The current shift of packets in time."""

    def __init__(self, ahead: int) -> None:
        self._ahead, self._offset = ahead, Fraction(0)
        self._last: dict[int, Fraction] = {}
        self._end = -Fraction(_FOREVER)  # of all that was shown and heard so far

    def set(self, packet: Packet, *, leads: bool) -> None:
        """Shift a packet; one that leads may start a new part."""
        base = packet.time_base
        if not packet.size or base is None:
            return
        late = packet.pts is not None and packet.dts is not None and packet.pts - packet.dts
        if late and late * base > self._ahead:  # of a later part: FFmpeg's guess at a join
            packet.pts = None
        if leads and packet.dts is not None:
            self._follow(packet, packet.dts * base)
        if self._offset:
            units = round(self._offset / base)
            packet.pts = None if packet.pts is None else packet.pts + units
            packet.dts = None if packet.dts is None else packet.dts + units

    def _follow(self, packet: Packet, time: Fraction) -> None:
        """Record the decoding time of a packet, in seconds on the clock of the file."""
        base, last = packet.time_base or Fraction(0), self._last.get(packet.stream.index)
        shown = time if packet.pts is None else packet.pts * base
        new = time + self._offset
        if last is not None and (new < last - _BACK or new > self._end + self._ahead):
            self._offset = self._end - shown
        self._last[packet.stream.index] = time + self._offset
        end = shown + self._offset + (packet.duration or 0) * base
        self._end = max(self._end, end)
