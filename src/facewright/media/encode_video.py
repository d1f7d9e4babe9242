"""Turn clips into files. Imported by `provenance` alone, like `encode`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import av
import numpy as np
from PIL import Image as Pictures

from facewright.errors import FileError, InputError
from facewright.files import replacing
from facewright.media.video import EXACT
from facewright.types import Clip, Image, check_image

if TYPE_CHECKING:
    from av.audio import AudioStream
    from av.container import OutputContainer
    from av.video import VideoStream

ClipFormat: TypeAlias = Literal["mp4", "gif"]

_THREADS = 4  # fixed: the bytes that x264 writes depend on it
_SAME_BYTES = "cpu-independent=1"  # x264's AVX-512 code for mbtree reads memory that nobody wrote
_CRF = 18  # visually lossless
_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"}  # sound that an MP4 can hold
_GIF_TICK = Fraction(1, 100)  # seconds
_MOST_GIF_RATE = 50  # browsers slow down anything faster


def write_clip(clip: Clip, path: Path, form: ClipFormat, *, text: str) -> int:
    """Write a clip frame by frame, whole or not at all.

    An interrupted run (an error in the frames, Ctrl-C) leaves no file and an existing one as it
    was. Equal frames give equal bytes. MP4 is H.264 (yuv420p, BT.709, CRF 18, playable while it
    downloads) in constant memory; odd sizes grow by a repeated row or column, and sound is copied
    from `clip.sound` up to the end of the pictures. GIF has 256 colours per frame and no sound, and
    holds its packed frames in memory.

    Args:
        clip: What to write; its frames are used up.
        path: The file; an existing one is replaced. Missing folders are made.
        form: "mp4" or "gif".
        text: What the file carries as its comment, ASCII.

    Returns:
        How many frames were written.

    Raises:
        InputError: The clip has no frames, one of another size, or a rate that cannot be written.
        FileError: The file cannot be written, or the sound cannot be read or copied.
    """
    if clip.rate <= 0:
        raise InputError(f"a clip has frames per second, not {clip.rate}")
    try:
        with replacing(path) as unfinished:
            return _WRITERS[form](clip, unfinished, text)
    except (OSError, av.FFmpegError) as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def _write_mp4(clip: Clip, path: Path, text: str) -> int:
    """Write H.264 and, where there is sound, its packets between the pictures."""
    frames = _checked_frames(clip)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    count = 0
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(av.open(str(path), "w", format="mp4", options=options))
        out.metadata["comment"] = text
        video = _add_video(out, clip)
        sound = _copy_sound(out, stack, clip.sound) if clip.sound else iter(())
        upcoming = next(sound, None)
        for image in frames:
            end = (count + 1) / clip.rate
            while upcoming is not None and upcoming[0] < end:
                out.mux(upcoming[1])
                upcoming = next(sound, None)
            out.mux(video.encode(_to_frame(image, count, clip.rate)))
            count += 1
        out.mux(video.encode(None))
    return count


def _add_video(out: OutputContainer, clip: Clip) -> VideoStream:
    """Add an H.264 stream whose sides are even, as yuv420p demands."""
    options = {"preset": "veryfast", "crf": str(_CRF), "x264-params": _SAME_BYTES}
    video = out.add_stream("libx264", rate=clip.rate, options=options)
    video.width, video.height = (side + side % 2 for side in clip.size)
    video.pix_fmt = "yuv420p"
    video.thread_count = _THREADS
    context = video.codec_context
    context.time_base = 1 / clip.rate
    context.color_range, context.colorspace = 1, 1  # limited, BT.709
    context.color_primaries, context.color_trc = 1, 1
    return video


def _to_frame(image: Image, number: int, rate: Fraction) -> av.VideoFrame:
    """Turn a picture into an even-sized frame in the colours of BT.709."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    frame = frame.reformat(
        format="yuv420p",
        dst_colorspace="ITU709",
        src_color_range="JPEG",
        dst_color_range="MPEG",
        interpolation=EXACT,
    )
    frame.pts, frame.time_base = number, 1 / rate
    return frame


def _copy_sound(
    out: OutputContainer, stack: contextlib.ExitStack, path: str
) -> Iterator[tuple[Fraction, av.Packet[AudioStream]]]:
    """Add the sound stream of a file and return its packets, each with its time in seconds."""
    try:
        source = stack.enter_context(av.open(path, options={"protocol_whitelist": "file"}))
    except (OSError, av.FFmpegError) as error:
        raise FileError(f"the sound of {path} cannot be read: {error}") from error
    if not source.streams.audio:
        return iter(())
    stream = source.streams.audio[0]
    if stream.codec_context.name.removesuffix("float") not in _COPIED:
        raise FileError(
            f"the sound of {path} is {stream.codec_context.name}, which an MP4 cannot hold",
            hint="convert it to AAC first, or leave the sound out",
        )
    pictures = source.streams.video[0] if source.streams.video else None
    start = (pictures.start_time or 0) * cast("Fraction", pictures.time_base) if pictures else 0
    target = out.add_stream_from_template(stream)
    return _timed_packets(source.demux(stream), stream, target, Fraction(start))


def _timed_packets(
    packets: Iterator[av.Packet[AudioStream]],
    stream: AudioStream,
    target: AudioStream,
    start: Fraction,
) -> Iterator[tuple[Fraction, av.Packet[AudioStream]]]:
    """Move packets of sound into another file, where the pictures start at 0."""
    base = cast("Fraction", stream.time_base)
    offset = round(start / base)
    for packet in packets:
        if packet.dts is None or packet.pts is None:
            continue
        packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
        packet.stream = target
        yield packet.pts * base, packet


def _write_gif(clip: Clip, path: Path, text: str) -> int:
    """Write an endless GIF, each frame with its own palette."""
    if clip.rate > _MOST_GIF_RATE:
        raise InputError(
            f"a GIF shows at most {_MOST_GIF_RATE} frames per second, not {float(clip.rate):g}",
            hint="lower the rate, or write an MP4",
        )
    frames = [Pictures.fromarray(image).quantize(256) for image in _checked_frames(clip)]
    ticks = [round(number / clip.rate / _GIF_TICK) for number in range(len(frames) + 1)]
    frames[0].save(
        path,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[10 * (after - before) for before, after in itertools.pairwise(ticks)],
        loop=0,
        comment=text.encode("ascii"),
        disposal=1,
    )
    return len(frames)


def _checked_frames(clip: Clip) -> Iterator[Image]:
    """Return the frames of a clip, of which there is at least one, and check the size of each."""
    first = next(clip.frames, None)
    if first is None:
        raise InputError("a clip without frames cannot be written")
    return (_check_frame(image, clip.size) for image in itertools.chain([first], clip.frames))


def _check_frame(image: Image, size: tuple[int, int]) -> Image:
    """Return a frame if it has the size of its clip."""
    height, width = check_image(image).shape[:2]
    if (width, height) != size:
        raise InputError(f"a frame of {width} by {height} in a clip of {size[0]} by {size[1]}")
    return image


_WRITERS: dict[str, Callable[[Clip, Path, str], int]] = {"mp4": _write_mp4, "gif": _write_gif}
