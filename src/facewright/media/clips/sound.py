"""Copy the sound of one file into another."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import av
import numpy as np

from facewright.errors import FileError
from facewright.media.clips.reading.clock import Packet, demux
from facewright.media.clips.reading.opening import open_container

if TYPE_CHECKING:
    from av.audio import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

Packets: TypeAlias = "Iterator[tuple[Fraction, av.Packet[Any]]]"
"""Packets of sound, each with its time in seconds."""

_LOG = logging.getLogger(__name__)
_PRIMING = Fraction(1, 20)  # second: encoders begin with up to so much that is not to be heard
_LEAST_GAP = Fraction(1, 25)  # second of silence that is worth filling
_SILENCE = 48_000  # samples that are filled at once
_SUBTITLES = "mov_text"

_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"}  # what an MP4 can hold
_RATES = {96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025}
_RATES |= {8_000, 7_350}  # what AAC can have
_USUAL_RATE = 48_000
_LAYOUTS = {"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1"}
_BITS = 96_000  # per second and channel of sound that is encoded again


def add_sound(
    out: OutputContainer, stack: contextlib.ExitStack, path: str, begin: Fraction | None = None
) -> tuple[Packets, Fraction]:
    """Add all sound tracks of a file to an MP4, and the subtitles that an MP4 can hold.

    Sound is copied unchanged if an MP4 can hold its format, and otherwise encoded as AAC.

    Args:
        out: The MP4, to which nothing was written yet.
        stack: Closes the file with the sound.
        path: The file with the sound and its pictures.
        begin: Time of its first picture in seconds, by its own clock; None is what it declares.

    Returns:
        The packets in order, to be written to `out`, none if there is no sound; and the seconds of
        sound before the first picture, by which the pictures have to start later.

    Raises:
        FileError: The sound cannot be read; or, while reading packets, it is damaged.
    """
    with _named(path):
        source = stack.enter_context(open_container(Path(path)))
        pictures = source.streams.video[0] if source.streams.video else None
        sounds = [s for s in source.streams.audio if getattr(s, "codec_context", None)]
        begin = _find_start(pictures) if begin is None else begin
        lead = begin - min((_find_start(stream) for stream in sounds), default=begin)
        lead = lead if lead > _PRIMING else Fraction(0)
        tracks: dict[int, _Track] = {s.index: _add_track(out, s) for s in sounds}
        texts = _add_subtitles(out, source, path)
        tracks |= texts
        timed = [*([pictures] if pictures else []), *source.streams.audio]
        others = [stream for stream in source.streams.subtitles if stream.index in texts]
        packets = demux(source, timed, others)
    return _guard(_carry(packets, tracks, begin - lead), path), lead


class _Track(Protocol):
    """A stream that is copied into another file."""

    def take(self, packet: Packet, start: Fraction) -> Packets:
        """Yield the new packets of a packet, with `start` as time 0; an empty packet is the end."""
        ...


class _Copied:
    """A stream that is copied unchanged."""

    def __init__(self, target: Stream) -> None:
        self._target = target
        self._last: int | None = None

    def take(self, packet: Packet, start: Fraction) -> Packets:
        """Yield the packet with its new time, unless it overlaps the one before."""
        if packet.dts is None or packet.pts is None or packet.time_base is None:
            return
        base = Fraction(packet.time_base)
        offset = round(start / base)
        packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
        if self._last is None or packet.dts > self._last:
            self._last = packet.dts
            packet.stream = self._target
            yield packet.pts * base, packet


class _Encoded:
    """Sound that is encoded as AAC, with silence in its gaps."""

    def __init__(self, source: AudioStream, target: AudioStream) -> None:
        self._source, self._target = source, target
        self._next: int | None = None  # sample, from the new 0

    def take(self, packet: Packet, start: Fraction) -> Packets:
        """Decode a packet and encode it again."""
        for frame in self._source.codec_context.decode(packet if packet.size else None):
            for part in self._place(frame, start):
                yield from _timed(self._target.encode(part))
        if not packet.size:
            yield from _timed(self._target.encode(None))

    def _place(self, frame: av.AudioFrame, start: Fraction) -> Iterator[av.AudioFrame]:
        """Yield a frame at its time, after silence where there is a gap before it."""
        rate, at = frame.sample_rate, self._next
        if frame.pts is not None and frame.time_base is not None:
            at = round((frame.pts * frame.time_base - start) * rate)
        at = at or 0
        if self._next is None:
            self._next = at
        if at + frame.samples <= self._next - _LEAST_GAP * rate:  # was heard already
            return
        while at - self._next > _LEAST_GAP * rate:
            silence = _make_silence(frame, min(at - self._next, _SILENCE))
            yield self._stamp(silence)
        yield self._stamp(frame)

    def _stamp(self, frame: av.AudioFrame) -> av.AudioFrame:
        """Let a frame follow the one before."""
        frame.pts, frame.time_base = self._next, Fraction(1, frame.sample_rate)
        self._next = (self._next or 0) + frame.samples
        return frame


def _carry(packets: Iterator[Packet], tracks: dict[int, _Track], start: Fraction) -> Packets:
    """Give every packet to its track."""
    for packet in packets:
        track = tracks.get(packet.stream.index)
        if track is not None:
            yield from track.take(packet, start)


def _find_start(stream: Stream | None) -> Fraction:
    """Return when a stream claims to start, in seconds."""
    if stream is None or stream.start_time is None or stream.time_base is None:
        return Fraction(0)
    return stream.start_time * Fraction(stream.time_base)


def _add_track(out: OutputContainer, stream: AudioStream) -> _Track:
    """Add a sound track like one of the source."""
    if stream.codec_context.name.removesuffix("float") in _COPIED:
        target = out.add_stream_from_template(stream)
        track: _Track = _Copied(target)
    else:
        target = _add_aac(out, stream)
        track = _Encoded(stream, target)
    _copy_language(stream, target)
    return track


def _add_subtitles(out: OutputContainer, source: InputContainer, path: str) -> dict[int, _Track]:
    """Add the subtitles that an MP4 can hold as they are, and say which are left out."""
    tracks: dict[int, _Track] = {}
    left = list[str]()
    for stream in source.streams.subtitles:
        context = getattr(stream, "codec_context", None)
        if context is not None and context.name == _SUBTITLES:
            target = out.add_stream_from_template(stream)
            _copy_language(stream, target)
            tracks[stream.index] = _Copied(target)
        else:
            left.append(stream.language or (context.name if context else "unknown"))
    if left:
        _LOG.warning(
            "%s: subtitles are left out (%s): an MP4 holds them in another form",
            path,
            ", ".join(left),
        )
    return tracks


def _copy_language(source: Stream, target: Stream) -> None:
    """Keep the language of a track."""
    if source.language:
        target.metadata["language"] = source.language


def _add_aac(out: OutputContainer, stream: AudioStream) -> AudioStream:
    """Add sound as much like a stream as AAC can be."""
    rate = stream.rate if stream.rate in _RATES else _USUAL_RATE
    target = out.add_stream("aac", rate=rate)
    target.layout = stream.layout.name if stream.layout.name in _LAYOUTS else "stereo"
    target.bit_rate = _BITS * len(target.layout.channels)
    target.codec_context.thread_count = 1
    return target


def _make_silence(like: av.AudioFrame, samples: int) -> av.AudioFrame:
    """Return silence in the form of a frame."""
    shape = like.to_ndarray().shape
    width = samples * (shape[1] // like.samples)
    level = 128 if like.format.name.startswith("u8") else 0
    data = np.full((shape[0], width), level, like.to_ndarray().dtype)
    silence = av.AudioFrame.from_ndarray(data, format=like.format.name, layout=like.layout.name)
    silence.sample_rate = like.sample_rate
    return silence


def _timed(packets: list[av.Packet[AudioStream]]) -> Packets:
    """Say when each packet is heard."""
    return ((Fraction(p.pts or 0) * Fraction(p.time_base), p) for p in packets)


def _guard(packets: Packets, path: str) -> Packets:
    """Name the file where its sound turns out to be damaged."""
    with _named(path):
        yield from packets


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn what goes wrong with a file into an error that names it."""
    try:
        yield
    except (OSError, av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            f"the sound of {path} cannot be read: {reason}", hint="leave the sound out"
        ) from error
