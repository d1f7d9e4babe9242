"""Read the expressions in every frame of a clip, and draw them onto it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

from facewright.expressions.drawing import label_picture
from facewright.expressions.reader import ExpressionReader, NamedFace
from facewright.media.clips.changing import map_frames
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


def label_frames(
    reader: ExpressionReader,
    clip: Clip,
    *,
    tell: Callable[[Frame], None] | None = None,
    limit: int | None = None,
    strip: int = 0,
) -> Clip:
    """Return a clip on whose frames bars are drawn, when they are asked for.

    Frames are decoded, read, and used by whoever asks for them at the same time: each in a thread
    of its own, a few frames apart.

    Args:
        reader: What reads; it is used for this clip alone.
        clip: Its frames are used up. A camera will do.
        tell: Called with what was read in each frame, in order.
        limit: End after so many frames.
        strip: As `label_picture` takes it.

    Returns:
        As many frames with the same times and sound.
    """
    number = count()

    def read(image: Image, seconds: float) -> tuple[Image, Frame]:
        faces = reader.read(image, time=seconds)
        return _draw(reader, image, faces, strip), Frame(next(number), seconds, faces)

    shorter = replace(clip, frames=islice(clip.frames, limit))
    made, times = map_frames(shorter, read)

    def frames() -> Iterator[Image]:
        for image, frame in made:
            if tell:
                tell(frame)
            yield image

    width, height = clip.size
    return replace(shorter, size=(width + strip, height), frames=frames(), times=times)


def _draw(reader: ExpressionReader, image: Image, faces: list[NamedFace], strip: int = 0) -> Image:
    """Draw what was read."""
    note = CALIBRATING if reader.calibrating else ""
    return label_picture(image, faces, note=note, strip=strip)
