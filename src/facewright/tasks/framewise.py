"""Change a clip frame by frame: in time, with its sound, and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from facewright.errors import FacewrightError
from facewright.hub.store import Progress
from facewright.media.clips.changing import map_stream
from facewright.types import Clip, Image

StreamEffect: TypeAlias = Callable[[Iterator[tuple[Image, float]]], Iterator[tuple[Image, int]]]
"""Makes one frame out of another, and says how many faces it changed; it may look at later frames
before it makes one."""


@dataclass(slots=True)
class Tally:
    """What was counted in a clip as its frames come out."""

    frames: int = 0
    changed: int = 0
    """In how many of them a face was changed."""
    latest: int = 0
    """How many faces were changed in the last one."""


def change_stream(
    clip: Clip,
    effect: StreamEffect,
    tally: Tally,
    miss: Callable[[], FacewrightError],
    progress: Progress | None = None,
) -> Clip:
    """Return a clip in which every frame is changed, when it is asked for.

    Frames are read, changed, and used by whoever asks for them at the same time: each in a thread
    of its own, a few frames apart.

    Args:
        clip: Its frames are used up. A camera will do.
        effect: What to make of all frames, in order.
        tally: Counts the frames that come out.
        miss: Returns what is raised at the end if nothing was changed.
        progress: Called with how many frames are done, and of how many.

    Returns:
        As many frames with the same times and sound.
    """
    changed, times = map_stream(clip, effect)

    def frames() -> Iterator[Image]:
        for image, faces in changed:
            tally.frames, tally.latest = tally.frames + 1, faces
            tally.changed += faces > 0
            yield image
            if progress:
                progress(tally.frames, max(tally.frames, clip.count or 0))
        if not tally.changed:
            raise miss()

    return replace(clip, frames=frames(), times=times)
