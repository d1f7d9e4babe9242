"""Read clips frame by frame, their times and their sound remembered."""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from facewright.errors import FileError
from facewright.media.clips.reading.animation import read_animation
from facewright.media.clips.pixels import open_reader
from facewright.media.clips.timing import Timeline, hand_out
from facewright.media.decode import MAX_PIXELS, read_image, read_metadata
from facewright.media.formats import HEAD_BYTES, find_kind, identify, is_animated
from facewright.types import Clip, Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,mxf"
_SOUND_ONLY = "mp3,aac,wav,flac,aiff"  # opened to say what is wrong with them
_SAFE = {  # no playlists, no network
    "protocol_whitelist": "file",
    "format_whitelist": f"{_CONTAINERS},{_SOUND_ONLY}",
}
_DEMUXERS = {
    "MPEG transport stream": "mpegts",
    "MPEG program stream": "mpeg",
    "MPEG video": "mpegvideo",
}  # where names mislead: elsewhere, the bytes are clear enough
_DAMAGE = (av.FFmpegError, OSError, ValueError, ArithmeticError, AttributeError)
# the last is what a stream without a codec raises
_USUAL_RATE = Fraction(25)


def read_clip(path: Path) -> Clip:
    """Open a clip. Frames are decoded one at a time, when they are asked for.

    Each frame comes once, with the time that it has in the file, so that the clip stays with its
    sound where a camera's rate varies. Rotations, reflections and the shape of the pixels are
    applied: pictures are upright, their pixels square.

    Args:
        path: MP4, MOV, WebM, MKV, AVI, MTS, WMV, GIF, ..., whatever it is called; or a picture,
            which is a clip of one frame.

    Returns:
        The clip. Its frames can be read once; `count` is what the file claims.

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures; or, while the frames
            are read, the first damage that is met.
    """
    if find_kind(path) == "picture":
        image = read_image(path)
        return Clip((image.shape[1], image.shape[0]), Fraction(1), iter([image]), count=1)
    if is_animated(path):
        return read_animation(path)
    with _opened(path) as (source, stream):
        rate = find_rate(stream)
        timeline = Timeline(rate, _find_base(stream, rate))
        first = next((image for image, _ in decode_frames(source, stream)), None)
        if first is None:
            raise FileError(f"{path} has no frame that can be read")
        sound = str(path) if source.streams.audio else None
        count = stream.frames or None
    times: deque[int] = deque()
    return Clip(
        (first.shape[1], first.shape[0]),
        rate,
        _read_frames(path, timeline, times),
        count,
        sound,
        hand_out(times),
        timeline.tick,
    )


def read_clip_metadata(path: Path) -> dict[str, str]:
    """Read the texts that a clip carries beside its pictures.

    Args:
        path: A file that `read_clip` reads, but no still.

    Returns:
        Texts by name; the name of what Facewright writes is "comment".

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures.
    """
    if is_animated(path):
        return read_metadata(path)
    with _opened(path) as (source, _):
        return {key.lower(): value for key, value in source.metadata.items()}


def find_rate(stream: VideoStream) -> Fraction:
    """Return the frames per second of a stream, exactly, on average.

    Args:
        stream: The pictures of a clip or camera.

    Returns:
        The rate, more than 0.
    """
    rate = Fraction(stream.average_rate or stream.guessed_rate or _USUAL_RATE)
    return rate if rate > 0 else _USUAL_RATE


def decode_frames(
    source: InputContainer, stream: VideoStream
) -> Iterator[tuple[Image, int | None]]:
    """Decode a stream from where it is.

    Args:
        source: An open file or camera.
        stream: Its pictures.

    Yields:
        Upright pictures of one size, each with its time in units of the stream, where it has one.
    """
    read = open_reader(*_find_size(stream))
    for frame in source.decode(stream):
        yield read(frame), frame.pts


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the pictures of a clip; whatever goes wrong becomes a FileError that names the file."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if not head:
        raise FileError(f"{path} is empty", hint="copy or fetch it again")
    found = identify(head)
    form = _DEMUXERS.get(found.name) if found else None
    try:
        name, lenient = str(path.resolve()), "replace"
        with av.open(name, "r", form, options=_SAFE, metadata_errors=lenient) as source:
            stream = _find_pictures(source, path)
            stream.thread_type = "AUTO"
            if math.prod(_find_size(stream)) > MAX_PIXELS:
                raise FileError(f"{path} is too large: {stream.width} by {stream.height} pixels")
            yield source, stream
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            f"{path} is damaged, or not a clip that can be read: {reason}",
            hint="if other programs play it, let one save it again as MP4",
        ) from error


def _find_pictures(source: InputContainer, path: Path) -> VideoStream:
    """Return the stream that moves; the cover of a song does not."""
    cover = av.stream.Disposition.attached_pic
    for stream in source.streams.video:
        if not stream.disposition & cover:
            return stream
    if source.streams.audio:
        raise FileError(
            f"{path} has no pictures in it, only sound", hint="name a clip that shows something"
        )
    raise FileError(f"{path} has no pictures in it", hint="name a clip that shows something")


def _find_size(stream: VideoStream) -> tuple[int, int]:
    """Return width and height with square pixels: what is not gets wider or higher."""
    shape: Fraction = stream.sample_aspect_ratio or Fraction(1)
    if not Fraction(1, 4) <= shape <= 4:
        return stream.width, stream.height
    wider, higher = max(shape, Fraction(1)), 1 / min(shape, Fraction(1))
    return round(stream.width * wider), round(stream.height * higher)


def _find_base(stream: VideoStream, rate: Fraction) -> Fraction:
    """Return the seconds per unit of the times of a stream."""
    return Fraction(stream.time_base or 1 / rate)


def _read_frames(path: Path, timeline: Timeline, times: deque[int]) -> Iterator[Image]:
    """Read the frames of a file from its beginning, and put down their times."""
    with _opened(path) as (source, stream):
        for image, pts in decode_frames(source, stream):
            times.append(timeline.place(pts))
            yield image
