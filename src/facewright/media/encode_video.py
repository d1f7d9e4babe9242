"""Write clips. Imported by `provenance` alone, like `encode`."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import av

from facewright.errors import FileError, InputError
from facewright.files import HINT, replacing
from facewright.media.clips.gif import SHORTEST, TICK, lay_out, write_gif
from facewright.media.clips.pixels import open_writer
from facewright.media.clips.sound import Packets, add_sound
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
_MOST_CRF = 63  # of VP9

WEBM_RATE = 25
"""Frames per second of a WebM."""


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """A condition under which a clip ends before its last frame."""

    wanted: Callable[[], bool]
    """Called before each frame but the first; the file ends there once it returns True."""
    text: Callable[[int], str]
    """Returns the comment of the file in that case, ASCII, given the number of frames."""


def write_clip(
    clip: Clip,
    path: Path,
    form: ClipFormat,
    *,
    text: str,
    stop: EarlyStop | None = None,
    finish: Callable[[Path, int | None], None] | None = None,
) -> int:
    """Write a clip frame by frame, atomically, in constant memory.

    An interruption (an error in the frames, Ctrl-C) writes no file and leaves an existing one as it
    was, unless `stop` ends the clip. Equal frames give equal bytes. MP4 is H.264
    (yuv420p, BT.709, CRF 18, playable while it downloads); odd sizes grow by a repeated row or
    column, and all tracks of the sound of `clip.sound` go along, copied or, where an MP4 cannot
    hold them, as AAC: whole where all frames of the file are there, otherwise up to the last of
    them. GIF has 256 colours per frame and no sound.

    Args:
        clip: The clip; its frames are consumed, and keep their times.
        path: The file; an existing one is replaced. Missing folders are made.
        form: "mp4" or "gif".
        text: Comment of the file, ASCII.
        stop: Condition under which the clip ends early; None writes all frames.
        finish: Processes the complete file before it is moved to `path`, such as signing it; called
            with the number of frames if it was ended early, and None otherwise.

    Returns:
        Number of frames written.

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
            if finish:
                finish(unfinished, count if frames.stopped else None)
            return count
    except (OSError, av.FFmpegError) as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error


def encode_webm(
    frames: Sequence[Image], seconds: Sequence[float], *, text: str, quality: int = 95
) -> bytes:
    """Encode frames as a WebM (VP9) with transparency, without sound.

    Equal arguments give equal bytes. Frames are repeated `WEBM_RATE` times a second.

    Args:
        frames: (height, width, 4), uint8, RGBA, of one size with even sides.
        seconds: Duration of each frame.
        text: Comment of the file.
        quality: 1 to 100.

    Returns:
        The whole file.

    Raises:
        InputError: There are no frames, or they have another shape.
    """
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1 or any(s[2:] != (4,) or s[0] % 2 or s[1] % 2 for s in shapes):
        raise InputError("a WebM has RGBA frames of one size with even sides")
    crf = round(_MOST_CRF * (1 - quality / 100))
    options = {"crf": str(crf), "b": "0", "auto-alt-ref": "0", "cpu-used": "4"}
    target = BytesIO()
    with av.open(target, "w", format="webm", options={"fflags": "+bitexact"}) as out:
        out.metadata["comment"] = text
        video = out.add_stream("libvpx-vp9", rate=WEBM_RATE, options=options)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt, video.thread_count = "yuva420p", 1
        count = 0
        for image, each in zip(frames, seconds, strict=True):
            for _ in range(max(1, round(each * WEBM_RATE))):
                frame = av.VideoFrame.from_ndarray(image, format="rgba")
                frame = frame.reformat(format="yuva420p")
                frame.pts, frame.time_base = count, Fraction(1, WEBM_RATE)
                out.mux(video.encode(frame))
                count += 1
        out.mux(video.encode(None))
    return target.getvalue()


class _Frames:
    """The frames of a clip, checked, up to their end or an early stop.

    Attributes:
        stopped: Whether they were ended early.
    """

    def __init__(self, clip: Clip, stop: EarlyStop | None) -> None:
        """Prepare to read the frames of a clip."""
        self.stopped = False
        self._clip, self._stop = clip, stop
        self._count = 0

    @property
    def are_whole(self) -> bool:
        """Whether these were all frames of the file that they come from."""
        extent = self._clip.extent
        return not self.stopped and extent is not None and extent.end is not None

    def find_end(self, tick: Fraction) -> Callable[[int], int]:
        """Return a function from the time of the last frame to its end, in ticks."""

        def find(start: int) -> int:
            extent, usual = self._clip.extent, max(1, round(1 / self._clip.rate / tick))
            if not self.are_whole or extent is None or extent.end is None:
                return start + usual
            return max(start + 1, round((extent.end - extent.begin) / tick))

        return find

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


def _write_mp4(clip: Clip, frames: _Frames, path: Path, text: str) -> int:
    """Write H.264 and, where there is sound, its packets between the pictures."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    times, tick = find_times(clip)
    write, count = open_writer(), 0
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(av.open(str(path), "w", format="mp4", options=options))
        out.metadata["comment"] = text
        video = _add_video(out, clip, tick)
        sound, lead = _add_sound(out, stack, clip)
        upcoming, shift, last = next(sound, None), round(lead / tick), _LastPacket(out)
        for frame, start, end in _time(map(write, frames), times, frames.find_end(tick)):
            while upcoming is not None and upcoming[0] < (shift + end) * tick:
                out.mux(upcoming[1])
                upcoming = next(sound, None)
            frame.pts, frame.duration, frame.time_base = shift + start, end - start, tick
            last.mux(video.encode(frame))
            count += 1
        if count:
            last.mux(video.encode(None))
            longer = end - start > round(1 / clip.rate / tick) + 1
            last.end(end if longer else None)
        while upcoming is not None and frames.are_whole:
            out.mux(upcoming[1])
            upcoming = next(sound, None)
    return count


class _LastPacket:
    """Delays each packet of pictures by one, so that the last one can end with the clip.

    In an MP4, a packet lasts up to the next one that is decoded; after the last of them, that is
    whatever makes the sum right.
    """

    def __init__(self, out: OutputContainer) -> None:
        self._out = out
        self._held: av.Packet[VideoStream] | None = None
        self._first = self._shown = 0  # when the first packet is decoded, and shown

    def mux(self, packets: list[av.Packet[VideoStream]]) -> None:
        """Write packets, all but the last."""
        for packet in packets:
            if self._held is None:
                self._first, self._shown = packet.dts or 0, packet.pts or 0
            else:
                self._out.mux(self._held)
            self._held = packet

    def end(self, ticks: int | None) -> None:
        """Write the last packet; it lasts up to the end of the clip if that is given, in ticks."""
        packet = self._held
        if packet is None:
            return
        if ticks is not None and packet.dts is not None and packet.pts is not None:
            packet.duration = ticks - min(packet.dts - self._first, packet.pts - self._shown)
        self._out.mux(packet)


def _add_sound(
    out: OutputContainer, stack: contextlib.ExitStack, clip: Clip
) -> tuple[Packets, Fraction]:
    """Add the sound of a clip, if it has some; see `add_sound`."""
    if not clip.sound:
        return iter(()), Fraction(0)
    return add_sound(out, stack, clip.sound, clip.extent.begin if clip.extent else None)


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


def _write_gif(clip: Clip, frames: _Frames, path: Path, text: str) -> int:
    """Write a GIF if its rate is one that a GIF can have."""
    most = 1 / (SHORTEST * TICK)
    if clip.rate > most:
        raise InputError(
            f"a GIF shows at most {most} frames per second, not {float(clip.rate):g}",
            hint="lower the rate, or write an MP4",
        )
    times, tick = find_times(clip)
    timed = _time(frames, times, frames.find_end(tick))
    shots = ((image, start * tick, end * tick) for image, start, end in timed)
    return write_gif(shots, path, clip.size, text=text)


def _time(
    items: Iterator[T], times: Iterator[int], find_end: Callable[[int], int]
) -> Iterator[tuple[T, int, int]]:
    """Yield each item with begin and end of its display, in ticks."""
    item = next(items, None)
    if item is None:
        return
    start = next(times)
    for following in items:
        end = next(times)
        yield item, start, end
        item, start = following, end
    yield item, start, find_end(start)


def _replace_text(path: Path, form: ClipFormat, old: str, new: str) -> None:
    """Put one text in place of another of the same length."""
    lay = lay_out if form == "gif" else str.encode
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        place = data.find(lay(old))
        data[place : place + len(lay(new))] = lay(new)


_WRITERS: dict[str, Callable[[Clip, _Frames, Path, str], int]] = {
    "mp4": _write_mp4,
    "gif": _write_gif,
}
