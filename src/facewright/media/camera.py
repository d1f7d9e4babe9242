"""Read live frames from a camera, or from a clip in its place."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import av
from av.device import enumerate_input_devices

from facewright.errors import FileError, InputError
from facewright.media.clips.timing import hand_out
from facewright.media.video import decode_frames, find_rate, read_clip
from facewright.types import Clip, Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream

T = TypeVar("T")

PREFIX = "camera:"
"""Prefix of the name of a camera."""

_SYSTEMS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
_WISHES: tuple[dict[str, str], ...] = (
    {"video_size": "1280x720", "framerate": "30"},
    {"framerate": "30"},
)  # tried in this order, then none
_REASONS = {
    errno.ENOENT: "is not there",
    errno.ENODEV: "is not there",
    errno.ENXIO: "is not there",
    errno.EBUSY: "is in use by another program",
    errno.EACCES: "may not be used by this account",
    errno.EPERM: "may not be used by this account",
}
_HINTS = {
    errno.EBUSY: "close the program that shows it (a call, a browser tab)",
    errno.EACCES: "let the account use cameras (on Linux: group `video`; elsewhere: privacy)",
    errno.EPERM: "let the account use cameras (on Linux: group `video`; elsewhere: privacy)",
}
_TICK = Fraction(1, 1000)  # seconds
_MOST_TIMES = 1000  # kept for whoever looks ahead: who never asks for them must not fill the memory
_STAND_IN = "camera:clip.mp4 lets a clip stand in for it"


def open_camera(
    name: str,
    *,
    loop: bool = True,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Clip:
    """Open a camera. Reading a frame gives the latest one; earlier ones are dropped.

    A clip can take the place of a camera: it is played in real time, and late frames are dropped.

    Args:
        name: "camera:0" for the first camera, or "camera:clip.mp4".
        loop: Whether to repeat a clip endlessly.
        now: Returns the time in seconds, for a clip.
        sleep: Waits for a number of seconds, for a clip.

    Returns:
        A clip without end, or up to the end of the clip. `rate` is what the camera claims, `times`
        are in milliseconds from the first frame, and there is no sound. Closing `frames` releases
        the camera.

    Raises:
        InputError: The name is not that of a camera, or the camera is missing, busy or forbidden.
        FileError: The clip is missing or cannot be read.
    """
    what = name.removeprefix(PREFIX)
    if what == name or not what:
        raise InputError(
            f"{name} names no camera", hint="camera:0 is the first camera, camera:1 the second"
        )
    if found := re.fullmatch(r"(?:/dev/video)?(\d{1,3})", what):
        return _watch(found[1], now)
    if not Path(what).is_file():
        raise FileError(
            f"{what} is neither the number of a camera nor a clip",
            hint=f"camera:0 is the first camera; {_STAND_IN}",
        )
    return _play(Path(what), loop=loop, now=now, sleep=sleep)


def _play(
    path: Path, *, loop: bool, now: Callable[[], float], sleep: Callable[[float], None]
) -> Clip:
    """Play a clip in real time."""
    clip = read_clip(path)
    rounds = ((read_clip(path) if number else clip) for number in (count() if loop else range(1)))
    return _stamp(clip.size, clip.rate, _pace(rounds, now, sleep), now)


def _pace(
    rounds: Iterator[Clip], now: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Image]:
    """Yield each frame at its time, and drop late ones.

    A repetition lasts at least as long as one frame, and at least its first frame is yielded.
    """
    begin = now()
    for clip in rounds:
        end = 0.0
        for number, image in enumerate(clip.frames):
            start = float(next(clip.times) * clip.tick) if clip.times and clip.tick else 0.0
            end = start + float(1 / clip.rate)
            if number and now() > begin + end:
                continue
            sleep(max(0.0, begin + start - now()))
            yield image
        begin += end
        if now() > begin + end:  # far behind: the next round begins now
            begin = now()


def _watch(number: str, now: Callable[[], float]) -> Clip:
    """Open a camera and read it in the background."""
    with _told(number):
        source = _connect(int(number))
        stream = source.streams.video[0]
        rate = find_rate(stream)
        images = latest(_read(source, stream))
        first = next(images, None)
        if first is None:
            raise OSError(errno.EIO, "it ended at once")

    def frames() -> Iterator[Image]:
        with _told(number), contextlib.closing(images):
            yield first
            yield from images

    return _stamp((first.shape[1], first.shape[0]), rate, frames(), now)


def _read(source: InputContainer, stream: VideoStream) -> Generator[Image, None, None]:
    """Read a camera, and free it at the end, in the same thread."""
    with source:
        for image, _ in decode_frames(source, stream):
            yield image


def _connect(number: int) -> InputContainer:
    """Open a camera with the first of the preferred settings that it accepts."""
    system = _SYSTEMS.get(sys.platform, "v4l2")
    place = _find_place(system, number)
    for wish in _WISHES:
        try:
            return av.open(place, "r", format=system, options=wish)
        except (OSError, av.FFmpegError) as error:
            if error.errno in _REASONS:
                raise
    return av.open(place, "r", format=system)


def _find_place(system: str, number: int) -> str:
    """Return the system's name of a camera."""
    if system == "v4l2":
        return f"/dev/video{number}"
    if system == "avfoundation":
        return f"{number}:none"
    found = [d for d in enumerate_input_devices(system) if "video" in d.media_types]
    if number >= len(found):
        raise OSError(errno.ENODEV, "no such device")
    return f"video={found[number].name}"


@contextlib.contextmanager
def _told(number: str) -> Iterator[None]:
    """Convert the errors of a camera to an InputError."""
    try:
        yield
    except (OSError, av.FFmpegError, IndexError) as error:
        code = getattr(error, "errno", None) or 0
        reason = _REASONS.get(code, f"gives no pictures: {getattr(error, 'strerror', error)}")
        hints = [hint for hint in (_HINTS.get(code), _STAND_IN) if hint]
        raise InputError(f"camera {number} {reason}", hint="; ".join(hints)) from error


def latest(items: Generator[T, None, None]) -> Generator[T, None, None]:
    """Read items in the background, and yield only the latest.

    Args:
        items: The items, read in a thread of their own.

    Yields:
        Items in order, each at most once. Errors of the background thread are raised here.
    """
    there = threading.Condition()
    box: list[T] = []
    ended: list[BaseException | None] = []

    def read() -> None:
        failure: BaseException | None = None
        try:
            with contextlib.closing(items):
                for item in items:
                    with there:
                        if ended:
                            return
                        box[:] = [item]
                        there.notify()
        except Exception as error:  # noqa: BLE001 - raised where the items are used
            failure = error
        with there:
            ended.append(failure)
            there.notify()

    thread = threading.Thread(target=read, name="camera", daemon=True)
    thread.start()
    try:
        while True:
            with there:
                there.wait_for(lambda: box or ended)
                if not box:
                    break
                item = box.pop()
            yield item
        if ended[0] is not None:
            raise ended[0]
    finally:
        with there:
            ended.append(None)
        thread.join(timeout=2)


def _stamp(
    size: tuple[int, int], rate: Fraction, frames: Iterator[Image], now: Callable[[], float]
) -> Clip:
    """Return a clip whose frames have the times at which they are yielded."""
    times: deque[int] = deque(maxlen=_MOST_TIMES)

    def stamped() -> Iterator[Image]:
        start, last = None, -1
        for image in frames:
            start = now() if start is None else start
            last = max(last + 1, round((now() - start) / _TICK))
            times.append(last)
            yield image

    return Clip(size, rate, stamped(), times=hand_out(times), tick=_TICK)
