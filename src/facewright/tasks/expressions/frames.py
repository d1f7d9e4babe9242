"""Read the expressions in every frame of a clip, and draw them onto it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from facewright.expressions.reader import ExpressionReader, NamedFace
from facewright.media.clips.ahead import read_ahead
from facewright.media.clips.timing import hand_out
from facewright.tasks.expressions.drawing import label_picture
from facewright.types import Clip, Image

CALIBRATING = "look neutral"
"""What a frame says while the neutral face is learned."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What was read in a frame."""

    number: int
    """From 0 on."""
    seconds: float
    faces: list[NamedFace]
    """Those that are lost for a moment come last."""


def label_frame(reader: ExpressionReader, image: Image, seconds: float) -> tuple[Image, int]:
    """Read a frame and draw bars onto it: what `tasks.live.watch_live` takes.

    Args:
        reader: What reads; frames come in order.
        image: (height, width, 3).
        seconds: When it is shown.

    Returns:
        A new picture, and how many faces it shows.
    """
    faces = reader.read(image, time=seconds)
    return _draw(reader, image, faces), sum(face.seen for face in faces)


def label_frames(
    reader: ExpressionReader,
    clip: Clip,
    *,
    tell: Callable[[Frame], None] | None = None,
    limit: int | None = None,
) -> Clip:
    """Return a clip on whose frames bars are drawn, when they are asked for.

    Frames are decoded, read, and used by whoever asks for them at the same time: each in a thread
    of its own, a few frames apart.

    Args:
        reader: What reads; it is used for this clip alone.
        clip: Its frames are used up. A camera will do.
        tell: Is told what was read in each frame, in order.
        limit: End after so many frames.

    Returns:
        As many frames with the same times and sound.
    """
    times: deque[int] = deque()

    def frames() -> Iterator[Image]:
        for image, frame in read_ahead(_read(reader, clip, times, limit)):
            if tell:
                tell(frame)
            yield image

    return replace(clip, frames=frames(), times=clip.times and hand_out(times))


def _read(
    reader: ExpressionReader, clip: Clip, times: deque[int], limit: int | None
) -> Iterator[tuple[Image, Frame]]:
    """Read frame after frame, and put down their times."""
    for number, image in enumerate(read_ahead(islice(clip.frames, limit))):
        seconds = number / clip.rate
        if clip.times is not None and clip.tick is not None:
            times.append(next(clip.times))
            seconds = times[-1] * clip.tick
        faces = reader.read(image, time=float(seconds))
        yield _draw(reader, image, faces), Frame(number, float(seconds), faces)


def _draw(reader: ExpressionReader, image: Image, faces: list[NamedFace]) -> Image:
    """Draw what was read."""
    return label_picture(image, faces, note=CALIBRATING if reader.calibrating else "")
