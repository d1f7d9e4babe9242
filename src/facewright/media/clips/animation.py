"""Read GIF, PNG and WebP that move."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from PIL import ImageSequence

from facewright.errors import FileError
from facewright.media.decode import MAX_PIXELS
from facewright.types import Clip, Image

_TICK = Fraction(1, 1000)  # seconds
_TOO_SHORT, _INSTEAD = 10, 100  # milliseconds: browsers show such frames for longer


def read_animation(path: Path) -> Clip:
    """Open a picture that moves. What is transparent in a frame is white.

    Args:
        path: A GIF, PNG or WebP of several frames.

    Returns:
        The clip; its frames are decoded when they are asked for.

    Raises:
        FileError: The file is damaged or too large; or, while the frames are read, the first damage
            that is met.
    """
    with _opened(path) as picture:
        size = picture.size
        _check_size(size)
        lengths = [_find_length(frame) for frame in ImageSequence.Iterator(picture)]
    times = list(accumulate(lengths, initial=0))
    rate = Fraction(len(lengths), 1) / (times[-1] * _TICK)
    return Clip(size, rate, _read_frames(path), len(lengths), times=iter(times[:-1]), tick=_TICK)


def _check_size(size: tuple[int, int]) -> None:
    """Raise if frames would fill the memory."""
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"{size[0]}×{size[1]} pixels are too many")


def _find_length(frame: Pictures.Image) -> int:
    """Return for how many milliseconds a frame is shown."""
    frame.load()  # of a WebP, only then it is known
    length = round(frame.info.get("duration", 0))
    return length if length > _TOO_SHORT else _INSTEAD


def _read_frames(path: Path) -> Iterator[Image]:
    """Yield the frames as people see them."""
    with _opened(path) as picture:
        for frame in ImageSequence.Iterator(picture):
            under = Pictures.new("RGBA", frame.size, "white")
            under.alpha_composite(frame.convert("RGBA"))
            yield np.array(under.convert("RGB"))  # [h w 3]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Pictures.Image]:
    """Open an animation; whatever goes wrong becomes a FileError that names the file."""
    try:
        with Pictures.open(path, formats=("GIF", "PNG", "WEBP")) as picture:
            yield picture
    except Exception as error:
        raise FileError(
            f"{path} cannot be read: {error}",
            hint="if other programs play it, let one save it again",
        ) from error
