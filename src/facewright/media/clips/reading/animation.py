"""Read animated GIF, PNG, WebP and AVIF."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, count
from pathlib import Path

import numpy as np
from PIL import Image as Pictures

from facewright.errors import FileError
from facewright.media.clips.reading.truncation import count_missing, describe_flaw
from facewright.media.decode import MAX_PIXELS
from facewright.media.formats import ANIMATIONS
from facewright.types import Clip, Extent, Image

_LOG = logging.getLogger(__name__)
_TICK = Fraction(1, 1000)  # seconds
_TOO_SHORT, _INSTEAD = 10, 100  # milliseconds: browsers show such frames for longer


def read_animation(path: Path, *, lenient: bool = False) -> Clip:
    """Open an animated picture; transparent pixels become white.

    Args:
        path: A GIF, PNG, WebP or AVIF of several frames.
        lenient: As `read_clip` takes it.

    Returns:
        The clip; its frames are decoded on reading.

    Raises:
        FileError: The file is damaged from its first frame on, or too large.
    """
    with _opened(path) as picture:
        size = picture.size
        _check_size(size)
        damage = list[str]()
        lengths = [_find_length(frame) for frame in _iterate(picture, damage)]
        promised = None if picture.format == "GIF" else getattr(picture, "n_frames", None)
    flaw = describe_flaw(path, (len(lengths), promised), count_missing(path), damage)
    if flaw and lenient:
        _LOG.warning(flaw)
    extent = Extent(Fraction(0), flaw="" if lenient else flaw)
    times = list(accumulate(lengths, initial=0))
    rate = Fraction(len(lengths), 1) / (times[-1] * _TICK)
    frames = _read_frames(path, extent, times[-1] * _TICK)
    return Clip(size, rate, frames, len(lengths), None, iter(times[:-1]), _TICK, extent)


def _check_size(size: tuple[int, int]) -> None:
    """Raise if frames are too large for memory."""
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"{size[0]}×{size[1]} pixels are too many")


def _find_length(frame: Pictures.Image) -> int:
    """Return the duration of a frame in milliseconds."""
    length = round(frame.info.get("duration", 0))
    return length if length > _TOO_SHORT else _INSTEAD


def _read_frames(path: Path, extent: Extent, end: Fraction) -> Iterator[Image]:
    """Yield the frames, composed and opaque."""
    with _opened(path) as picture:
        for frame in _iterate(picture, []):
            under = Pictures.new("RGBA", frame.size, "white")
            under.alpha_composite(frame.convert("RGBA"))
            yield np.array(under.convert("RGB"))  # [h w 3]
    extent.end = end


def _iterate(picture: Pictures.Image, damage: list[str]) -> Iterator[Pictures.Image]:
    """Yield a picture, showing one frame after the other as far as they can be decoded."""
    for number in count():
        try:
            picture.seek(number)
            picture.load()
        except EOFError:
            return
        except Exception as error:
            if not number:
                raise
            damage.append(str(error))
            return
        yield picture


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Pictures.Image]:
    """Open an animation; any error becomes a FileError that names the file."""
    try:
        with Pictures.open(path, formats=ANIMATIONS) as picture:
            yield picture
    except Exception as error:
        raise FileError(
            f"{path} cannot be read: {error}",
            hint="if other programs play it, let one save it again",
        ) from error
