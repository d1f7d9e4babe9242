"""Read clips frame by frame, their sound remembered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.video.reformatter import Interpolation

from facewright.errors import FileError
from facewright.media.decode import MAX_PIXELS, read_image
from facewright.types import Clip, Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream

STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
"""Files that are read as clips of one frame."""

EXACT = int(
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND  # without it, greens come back 1.4 levels darker
    | Interpolation.BITEXACT
)
"""How colours are converted: to the nearest level, and alike on every processor."""

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,ogg,flv,asf"
_SAFE = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}  # no playlists, no network
_DAMAGE = (av.FFmpegError, OSError, ValueError, ArithmeticError, AttributeError)
# the last is what a stream without a codec raises
_LONGEST_FREEZE = 60  # seconds that one frame is repeated for: a forged time must not fill a disk


def read_clip(path: Path) -> Clip:
    """Open a clip. Frames are decoded one at a time, when they are asked for.

    Frames come at a constant rate: where a camera's varies, they are repeated or left out so that
    the clip keeps its length and stays with its sound. Rotation flags are applied.

    Args:
        path: MP4, MOV, WebM, MKV, AVI, GIF, ...; or a picture, which is a clip of one frame.

    Returns:
        The clip. Its frames can be read once; `count` is what the file claims.

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures; or, while the frames
            are read, the first damage that is met.
    """
    if path.suffix.lower() in STILLS:
        image = read_image(path)
        return Clip((image.shape[1], image.shape[0]), Fraction(1), iter([image]), count=1)
    with _opened(path) as (source, stream):
        rate = _find_rate(stream)
        first: Image | None = next(_decode(source, stream, rate), None)
        if first is None:
            raise FileError(f"{path} has no frame that can be read")
        sound = str(path) if source.streams.audio else None
        count = stream.frames or None
    return Clip((first.shape[1], first.shape[0]), rate, _read_frames(path), count, sound)


def read_clip_metadata(path: Path) -> dict[str, str]:
    """Read the texts that a clip carries beside its pictures.

    Args:
        path: A file that `read_clip` reads, but no still.

    Returns:
        Texts by name; the name of what Facewright writes is "comment".

    Raises:
        FileError: The file is missing, empty, damaged, or has no pictures.
    """
    with _opened(path) as (source, _):
        return {key.lower(): value for key, value in source.metadata.items()}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the pictures of a clip; whatever goes wrong becomes a FileError that names the file."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise FileError(f"{path} is empty")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        with av.open(str(path.resolve()), "r", options=_SAFE, metadata_errors="replace") as source:
            if not source.streams.video:
                raise FileError(f"{path} has no pictures in it")
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            if stream.width * stream.height > MAX_PIXELS:
                raise FileError(f"{path} is too large: {stream.width} by {stream.height} pixels")
            yield source, stream
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} is damaged, or not a clip that can be read: {reason}") from error


def _read_frames(path: Path) -> Iterator[Image]:
    """Read the frames of a file from its beginning."""
    with _opened(path) as (source, stream):
        yield from _decode(source, stream, _find_rate(stream))


def _find_rate(stream: VideoStream) -> Fraction:
    """Return the frames per second of a stream, exactly."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return Fraction(rate)


def _decode(source: InputContainer, stream: VideoStream, rate: Fraction) -> Iterator[Image]:
    """Yield upright frames, each as often as the constant rate needs it."""
    start: Fraction | None = None
    shown = 0
    for frame in source.decode(stream):
        repeats = 1
        if frame.pts is not None and frame.time_base is not None:
            time = frame.pts * Fraction(frame.time_base)
            start = time if start is None else start
            target = round((time - start) * rate)
            repeats = min(target + 1 - shown, int(_LONGEST_FREEZE * rate) + 1)
            shown = max(shown, target + 1)
        if repeats > 0:
            image = _to_image(frame)
            yield from (image for _ in range(repeats))


def _to_image(frame: av.VideoFrame) -> Image:
    """Turn a frame into an upright picture."""
    image = cast("Image", frame.to_ndarray(format="rgb24", interpolation=EXACT))
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90)))
