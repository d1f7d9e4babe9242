"""Turn clips into files. Imported by `provenance` alone, like `encode`."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import av

from facewright.errors import FileError, InputError
from facewright.files import HINT, replacing
from facewright.media.clips.gif import SHORTEST, TICK, lay_out, write_gif
from facewright.media.clips.pixels import open_writer
from facewright.media.clips.sound import add_sound
from facewright.media.clips.timing import find_times
from facewright.types import Clip, Image, check_image

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video import VideoStream

ClipFormat: TypeAlias = Literal["mp4", "gif"]

T = TypeVar("T")

_THREADS = 4  # fixed: the bytes that x264 writes depend on it
_SAME_BYTES = "cpu-independent=1"  # x264's AVX-512 code for mbtree reads memory that nobody wrote
_CRF = 18  # visually lossless
_EVERY_DURATION = 1 << 8  # AV_CODEC_FLAG_FRAME_DURATION: packets last as long as their frames
_MOST_FRAMES = 2**31


@dataclass(frozen=True, slots=True)
class Stop:
    """How a clip may end before its frames do."""

    wanted: Callable[[], bool]
    """Asked before each frame but the first; once it says yes, the file ends there."""
    text: Callable[[int], str]
    """What the file carries as its comment then, ASCII, given how many frames it has."""


def write_clip(
    clip: Clip, path: Path, form: ClipFormat, *, text: str, stop: Stop | None = None
) -> int:
    """Write a clip frame by frame, whole or not at all, in memory that does not grow with it.

    An interrupted run (an error in the frames, Ctrl-C) leaves no file and an existing one as it
    was, unless `stop` ends the clip in good order. Equal frames give equal bytes. MP4 is H.264
    (yuv420p, BT.709, CRF 18, playable while it downloads); odd sizes grow by a repeated row or
    column, and the sound of `clip.sound` goes along up to the end of the pictures, copied or, where
    an MP4 cannot hold it, as AAC. GIF has 256 colours per frame and no sound.

    Args:
        clip: What to write; its frames are used up, and shown at the times that they have.
        path: The file; an existing one is replaced. Missing folders are made.
        form: "mp4" or "gif".
        text: What the file carries as its comment, ASCII.
        stop: How the clip may end early.

    Returns:
        How many frames were written.

    Raises:
        InputError: The clip has no frames, one of another size, or a rate or times that cannot be
            written.
        FileError: The file cannot be written, or the sound cannot be read.
    """
    if clip.rate <= 0:
        raise InputError(f"a clip has frames per second, not {clip.rate}")
    frames = _Frames(clip, stop)
    room = len(stop.text(_MOST_FRAMES)) if stop else 0
    text = text.ljust(room)  # a later text takes the place of this one
    try:
        with replacing(path) as unfinished:
            count = _WRITERS[form](clip, frames, unfinished, text)
            if not count:
                raise InputError("a clip without frames cannot be written")
            if stop and frames.stopped:
                _replace_text(unfinished, form, text, stop.text(count).ljust(len(text)))
            return count
    except (OSError, av.FFmpegError) as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error


class _Frames:
    """The frames of a clip, checked, up to their end or to where someone wants it.

    Attributes:
        stopped: Whether they were ended early.
    """

    def __init__(self, clip: Clip, stop: Stop | None) -> None:
        """Prepare to read the frames of a clip."""
        self.stopped = False
        self._clip, self._stop = clip, stop
        self._count = 0

    def __iter__(self) -> Iterator[Image]:
        """Return itself: the frames are there once."""
        return self

    def __next__(self) -> Image:
        """Return the next frame."""
        if self._stop and 0 < self._count != self._clip.count and self._stop.wanted():
            self.stopped = True
            raise StopIteration
        image = next(self._clip.frames, None)
        if image is None:
            ended = self._clip.count is not None and 0 < self._count < self._clip.count
            self.stopped = bool(self._stop and ended and self._stop.wanted())
            raise StopIteration
        height, width = check_image(image).shape[:2]
        if (width, height) != self._clip.size:
            wanted = "{} by {}".format(*self._clip.size)
            raise InputError(f"a frame of {width} by {height} in a clip of {wanted}")
        self._count += 1
        return image


def _write_mp4(clip: Clip, frames: Iterator[Image], path: Path, text: str) -> int:
    """Write H.264 and, where there is sound, its packets between the pictures."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    times, tick = find_times(clip)
    write, count = open_writer(), 0
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(av.open(str(path), "w", format="mp4", options=options))
        out.metadata["comment"] = text
        video = _add_video(out, clip, tick)
        sound = add_sound(out, stack, clip.sound) if clip.sound else iter(())
        upcoming = next(sound, None)
        for frame, start, end in _time(map(write, frames), times, 1 / clip.rate / tick):
            while upcoming is not None and upcoming[0] < end * tick:
                out.mux(upcoming[1])
                upcoming = next(sound, None)
            frame.pts, frame.duration, frame.time_base = start, end - start, tick
            out.mux(video.encode(frame))
            count += 1
        if count:
            out.mux(video.encode(None))
    return count


def _add_video(out: OutputContainer, clip: Clip, tick: Fraction) -> VideoStream:
    """Add an H.264 stream whose sides are even, as yuv420p demands."""
    options = {"preset": "veryfast", "crf": str(_CRF), "x264-params": _SAME_BYTES}
    video = out.add_stream("libx264", rate=clip.rate, options=options)
    video.width, video.height = (side + side % 2 for side in clip.size)
    video.pix_fmt = "yuv420p"
    video.thread_count = _THREADS
    context = video.codec_context
    context.time_base = tick
    context.flags |= _EVERY_DURATION
    context.color_range, context.colorspace = 1, 1  # limited, BT.709
    context.color_primaries, context.color_trc = 1, 1
    return video


def _write_gif(clip: Clip, frames: Iterator[Image], path: Path, text: str) -> int:
    """Write a GIF if its rate is one that a GIF can have."""
    most = 1 / (SHORTEST * TICK)
    if clip.rate > most:
        raise InputError(
            f"a GIF shows at most {most} frames per second, not {float(clip.rate):g}",
            hint="lower the rate, or write an MP4",
        )
    times, tick = find_times(clip)
    timed = _time(frames, times, 1 / clip.rate / tick)
    shots = ((image, start * tick, end * tick) for image, start, end in timed)
    return write_gif(shots, path, clip.size, text=text)


def _time(items: Iterator[T], times: Iterator[int], last: Fraction) -> Iterator[tuple[T, int, int]]:
    """Say from when to when each item is shown, in ticks: up to the next, the last one for long."""
    item = next(items, None)
    if item is None:
        return
    start = next(times)
    for following in items:
        end = next(times)
        yield item, start, end
        item, start = following, end
    yield item, start, start + max(1, round(last))


def _replace_text(path: Path, form: ClipFormat, old: str, new: str) -> None:
    """Put one text in place of another of the same length."""
    lay = lay_out if form == "gif" else str.encode
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        place = data.find(lay(old))
        data[place : place + len(lay(new))] = lay(new)


_WRITERS: dict[str, Callable[[Clip, Iterator[Image], Path, str], int]] = {
    "mp4": _write_mp4,
    "gif": _write_gif,
}
