"""Keep every n-th frame of a clip."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from facewright.errors import InputError
from facewright.media.clips.timing import hand_out
from facewright.types import Clip, Image


def thin_clip(clip: Clip, every: int) -> Clip:
    """Return a clip of every n-th frame, with unchanged times and sound.

    Args:
        clip: The clip; its frames are consumed.
        every: n: 1 keeps all, 10 the first, the eleventh, and so on.

    Raises:
        InputError: `every` is less than 1.
    """
    if every < 1:
        raise InputError(f"every frame is 1, every tenth 10; {every} is neither", hint="--every 1")
    if every == 1:
        return clip
    times: deque[int] = deque()

    def frames() -> Iterator[Image]:
        for number, image in enumerate(clip.frames):
            time = None if clip.times is None else next(clip.times)
            if number % every:
                continue
            if time is not None:
                times.append(time)
            yield image

    count = None if clip.count is None else -(-clip.count // every)
    kept = None if clip.times is None else hand_out(times)
    return replace(clip, rate=clip.rate / every, frames=frames(), times=kept, count=count)
