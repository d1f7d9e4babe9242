"""Process the frames of a clip in parallel with reading and writing."""

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
    """Apply a function to the stream of frames of a clip.

    Reading, the function and the consumer run at the same time, each in a thread of its own, a few
    frames apart.

    Args:
        clip: A clip or camera; its frames are consumed.
        change: Takes all frames, each with its time in seconds, and yields as many results in the
            same order; it may look ahead.

    Returns:
        The results in order; and, if the clip has times, those of the results, each to be read
        after its result.
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
