"""Decode the pictures of a file, skipping damaged parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import av

from facewright.media.clips.reading.clock import demux
from facewright.media.clips.reading.interlacing import deinterlace

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream
    from av.video.codeccontext import VideoCodecContext

_TRANSPARENT = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # the others leave transparency out


def decode(
    source: InputContainer, stream: VideoStream, damage: list[str]
) -> Iterator[av.VideoFrame]:
    """Decode the pictures of a file from its beginning.

    Args:
        source: The open file.
        stream: Its video stream.
        damage: Receives a reason for every part that could not be decoded.

    Yields:
        Frames with continuous times (`demux`), none of them interlaced.

    Raises:
        FFmpegError: Nothing at all can be read.
    """
    return deinterlace(_decode(source, stream, damage))


def decode_first(source: InputContainer, stream: VideoStream) -> av.VideoFrame | None:
    """Decode the first picture of a file as it is stored; None if there is none.

    Raises:
        FFmpegError: Nothing at all can be read.
    """
    return next(_decode(source, stream, []), None)


def _decode(
    source: InputContainer, stream: VideoStream, damage: list[str]
) -> Iterator[av.VideoFrame]:
    """Decode one packet after the other."""
    decoder, count = _open_decoder(stream), 0
    packets = demux(source, [stream, *source.streams.audio])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            if not count:
                raise
            damage.append(error.strerror or str(error))
            return
        if packet.stream.index != stream.index or (not packet.size and packet.dts is not None):
            continue
        try:
            for frame in decoder.decode(packet if packet.size else None):
                count += 1
                frame.time_base = stream.time_base or frame.time_base  # the last have none
                yield frame
        except (av.FFmpegError, ValueError) as error:
            damage.append(getattr(error, "strerror", None) or str(error))


def _open_decoder(stream: VideoStream) -> VideoCodecContext:
    """Return a decoder of a stream that keeps its transparency."""
    name = _TRANSPARENT.get(stream.codec_context.name)
    said = {key.lower(): value for key, value in stream.metadata.items()}  # a tag is in capitals
    if name in av.codecs_available and said.get("alpha_mode") == "1":
        return cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    stream.thread_type = "AUTO"
    return stream.codec_context
