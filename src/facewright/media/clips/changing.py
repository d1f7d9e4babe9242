"""Make something of every frame of a clip, while others read and write."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from facewright.media.clips.ahead import read_ahead
from facewright.media.clips.timing import hand_out
from facewright.types import Clip, Image

T = TypeVar("T")


def map_stream(
    clip: Clip, change: Callable[[Iterator[tuple[Image, float]]], Iterator[T]]
) -> tuple[Iterator[T], Iterator[int] | None]:
    """Make something of every frame, perhaps only once later ones were seen.

    Frames are read, changed, and used by whoever asks for them at the same time: each in a thread
    of its own, a few frames apart.

    Args:
        clip: Its frames are used up. A camera will do.
        change: Takes all frames, each with the seconds at which it is shown, and yields as many
            things in the same order.

    Returns:
        What was made, in order; and the times of the new frames if the clip has times, each to be
        asked for after its frame.
    """
    times: deque[int] = deque()

    def shown() -> Iterator[tuple[Image, float]]:
        for number, image in enumerate(read_ahead(clip.frames)):
            seconds = number / clip.rate
            if clip.times is not None and clip.tick is not None:
                times.append(next(clip.times))
                seconds = times[-1] * clip.tick
            yield image, float(seconds)

    return read_ahead(change(shown())), clip.times and hand_out(times)
