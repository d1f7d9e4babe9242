"""Read clips frame by frame, with their times and a reference to their sound."""

from __future__ import annotations

import contextlib
import logging
import math
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from facewright.errors import BrokenClipError, FileError
from facewright.media.clips.pixels import open_reader
from facewright.media.clips.reading.animation import read_animation
from facewright.media.clips.reading.clock import find_longest
from facewright.media.clips.reading.decoder import decode, decode_first
from facewright.media.clips.reading.opening import DAMAGE, find_pictures, open_container
from facewright.media.clips.reading.truncation import count_missing, describe_flaw
from facewright.media.clips.timing import LONGEST_STILL, Timeline, hand_out
from facewright.media.decode import MAX_PIXELS, read_image, read_metadata
from facewright.media.formats import find_kind, is_animated
from facewright.types import Clip, Extent, Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream

_LOG = logging.getLogger(__name__)
_USUAL_RATE = Fraction(25)


def read_clip(path: Path, *, lenient: bool = False) -> Clip:
    """Open a clip. Frames are decoded one at a time, on reading.

    Each frame keeps its time in the file, so that pictures and sound stay in step at varying frame
    rates; if the clock of a file restarts, its parts follow one another. Pictures are upright, with
    square pixels, in sRGB (high dynamic range is compressed), deinterlaced, and white where
    transparent.

    Args:
        path: MP4, MOV, WebM, MKV, AVI, MTS, WMV, GIF, ..., of any name; or a picture, which is a
            clip of one frame.
        lenient: Whether to log a warning for a truncated or damaged file; otherwise
            `check_complete` raises after its frames were read.

    Returns:
        The clip. Its frames can be read once; `count` is the number that the file declares. A
        truncated file is read up to its end.

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures.
    """
    if find_kind(path) == "picture":
        image = read_image(path)
        return Clip((image.shape[1], image.shape[0]), Fraction(1), iter([image]), count=1)
    if is_animated(path):
        return read_animation(path, lenient=lenient)
    with _opened(path) as (source, stream):
        rate, size = find_rate(stream), _find_size(stream)
        longest = max(find_longest(source), LONGEST_STILL)
        timeline = Timeline(rate, Fraction(stream.time_base or 1 / rate), longest)
        frame = decode_first(source, stream)
        if frame is None:
            raise FileError(f"{path} has no frame that can be read")
        first = open_reader(*size)(frame)
        sound = str(path) if source.streams.audio or source.streams.subtitles else None
        count = stream.frames or None
    missing = count_missing(path)
    flaw = describe_flaw(path, None, missing, []) if missing and not lenient else ""
    times, extent = deque[int](), Extent(_find_time(frame) or Fraction(0), flaw=flaw)
    frames = _read_frames(_Source(path, timeline, extent, count, lenient), times)
    size = (first.shape[1], first.shape[0])
    return Clip(size, rate, frames, count, sound, hand_out(times), timeline.tick, extent)


def read_clip_metadata(path: Path) -> dict[str, str]:
    """Read the texts in the metadata of a clip.

    Args:
        path: A file that `read_clip` reads, but not a still picture.

    Returns:
        Texts by name; Facewright writes "comment".

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures.
    """
    if is_animated(path):
        return read_metadata(path)
    with _opened(path) as (source, _):
        return {key.lower(): value for key, value in source.metadata.items()}


def check_complete(clip: Clip) -> None:
    """Raise if the file of a clip is incomplete, as far as its frames were read.

    Args:
        clip: A clip, best after all its frames were read.

    Raises:
        BrokenClipError: It is incomplete, and was not read leniently.
    """
    if clip.extent and clip.extent.flaw:
        raise BrokenClipError(
            f"{clip.extent.flaw}",
            hint="what is there was used; copy or fetch it again; --lenient takes what is there",
        )


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
    """Decode the frames of a camera from now on.

    Args:
        source: An open camera.
        stream: Its video stream.

    Yields:
        Upright pictures of one size, each with its time in units of the stream, where it has one.
    """
    read = open_reader(*_find_size(stream))
    for frame in source.decode(stream):
        yield read(frame), frame.pts


@dataclass(frozen=True, slots=True)
class _Source:
    """A file whose frames are read."""

    path: Path
    timeline: Timeline
    extent: Extent
    count: int | None
    """Number of frames that it declares."""
    lenient: bool


def _read_frames(file: _Source, times: deque[int]) -> Iterator[Image]:
    """Read the frames of a file from its beginning, put down their times, and how it ends."""
    damage, count, last, length = list[str](), 0, 0, Fraction(0)
    timeline, extent = file.timeline, file.extent
    with _opened(file.path) as (source, stream):
        read = open_reader(*_find_size(stream))
        base = Fraction(stream.time_base or 1 / timeline.rate)
        for frame in decode(source, stream, damage):
            time = _find_time(frame)
            last = timeline.place(None if time is None else round(time / base))
            length = (frame.duration or 0) * Fraction(frame.time_base or 0)
            count += 1
            times.append(last)
            yield read(frame)
        missing = count_missing(file.path)
        start = last * timeline.tick
        length = timeline.round_length(length)
        if not missing:  # only then does the file know when it ends
            promised = _find_promised_end(source, stream) - extent.begin - start
            longer = promised > length + 1 / timeline.rate / 2
            length = timeline.round_length(promised) if longer else length
    extent.end = extent.begin + start + length
    extent.flaw = describe_flaw(file.path, (count, file.count), missing, damage)
    if extent.flaw and file.lenient:
        _LOG.warning(extent.flaw)
        extent.flaw = ""


def _find_time(frame: av.VideoFrame) -> Fraction | None:
    """Return when a frame is shown, in seconds."""
    return None if frame.pts is None else frame.pts * Fraction(frame.time_base or 0)


def _find_promised_end(source: InputContainer, stream: VideoStream) -> Fraction:
    """Return the end of the pictures that an MP4 or Matroska declares, in seconds; otherwise 0.

    A frame of an MP4 lasts as long as it takes to the next one that is decoded, which is another
    than the next that is shown. Matroska says nothing of the last frame.
    """
    said = re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", stream.metadata.get("DURATION", ""))
    if said:
        return int(said[1]) * 3600 + int(said[2]) * 60 + Fraction(said[3])
    if "matroska" in source.format.name:
        return Fraction(source.duration or 0, 1_000_000)
    if "mp4" in source.format.name and stream.duration and stream.start_time is not None:
        return (stream.start_time + stream.duration) * Fraction(stream.time_base or 0)
    return Fraction(0)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the video stream of a clip; any error becomes a FileError that names the file."""
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if not size:
        raise FileError(f"{path} is empty", hint="copy or fetch it again")
    try:
        with open_container(path) as source:
            stream = find_pictures(source, path)
            if math.prod(_find_size(stream)) > MAX_PIXELS:
                raise FileError(f"{path} is too large: {stream.width} by {stream.height} pixels")
            yield source, stream
    except DAMAGE as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            f"{path} is damaged, or not a clip that can be read: {reason}",
            hint="if other programs play it, let one save it again as MP4",
        ) from error


def _find_size(stream: VideoStream) -> tuple[int, int]:
    """Return width and height with square pixels; other frames are stretched."""
    shape: Fraction = stream.sample_aspect_ratio or Fraction(1)
    if not Fraction(1, 4) <= shape <= 4:
        return stream.width, stream.height
    wider, higher = max(shape, Fraction(1)), 1 / min(shape, Fraction(1))
    return round(stream.width * wider), round(stream.height * higher)
