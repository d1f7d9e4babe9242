"""Bring the sound of one file into another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, cast

import av

from facewright.errors import FileError

if TYPE_CHECKING:
    from av.audio import AudioStream
    from av.container import InputContainer, OutputContainer

Packets: TypeAlias = "Iterator[tuple[Fraction, av.Packet[AudioStream]]]"
"""Packets of sound, each with its time in seconds."""

_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"}  # what an MP4 can hold
_RATES = {96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025}
_RATES |= {8_000, 7_350}  # what AAC can have
_USUAL_RATE = 48_000
_LAYOUTS = {"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1"}
_BITS = 96_000  # per second and channel of sound that is encoded again


def add_sound(out: OutputContainer, stack: contextlib.ExitStack, path: str) -> Packets:
    """Add the sound of a file to an MP4, where its pictures start at 0.

    Packets are copied unchanged where an MP4 can hold them, and otherwise encoded again as AAC.

    Args:
        out: Where the sound goes; nothing was written to it yet.
        stack: Closes the file that is read.
        path: The file with the sound, and with the pictures that it belongs to.

    Returns:
        The packets in order, to be given to `out`; none where the file has no sound.

    Raises:
        FileError: The sound cannot be read; or, while the packets are asked for, the first damage.
    """
    with _named(path):
        options = {"protocol_whitelist": "file"}
        source = stack.enter_context(av.open(path, options=options, metadata_errors="replace"))
        stream = next((s for s in source.streams.audio if getattr(s, "codec_context", None)), None)
        if stream is None:
            return iter(())
        start = _find_start(source)
        if stream.codec_context.name.removesuffix("float") in _COPIED:
            target = out.add_stream_from_template(stream)
            packets = _copy(source, stream, target, start)
        else:
            packets = _encode(source, stream, _add_aac(out, stream), start)
    return _guard(packets, path)


def _find_start(source: InputContainer) -> Fraction:
    """Return when the pictures of a file start, in seconds."""
    pictures = source.streams.video[0] if source.streams.video else None
    if pictures is None or pictures.start_time is None or pictures.time_base is None:
        return Fraction(0)
    return pictures.start_time * Fraction(pictures.time_base)


def _copy(
    source: InputContainer, stream: AudioStream, target: AudioStream, start: Fraction
) -> Packets:
    """Move packets as they are."""
    base = cast("Fraction", stream.time_base)
    offset = round(start / base)
    for packet in source.demux(stream):
        if packet.dts is None or packet.pts is None:
            continue
        packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
        packet.stream = target
        yield packet.pts * base, packet


def _add_aac(out: OutputContainer, stream: AudioStream) -> AudioStream:
    """Add sound as much like a stream as AAC can be."""
    rate = stream.rate if stream.rate in _RATES else _USUAL_RATE
    target = out.add_stream("aac", rate=rate)
    target.layout = stream.layout.name if stream.layout.name in _LAYOUTS else "stereo"
    target.bit_rate = _BITS * len(target.layout.channels)
    target.codec_context.thread_count = 1
    return target


def _encode(
    source: InputContainer, stream: AudioStream, target: AudioStream, start: Fraction
) -> Packets:
    """Decode sound and encode it again."""
    for frame in source.decode(stream):
        if frame.pts is not None and frame.time_base is not None:
            frame.pts -= round(start / frame.time_base)
        yield from _timed(target.encode(frame))
    yield from _timed(target.encode(None))


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
