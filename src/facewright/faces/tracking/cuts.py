"""Detection of cuts between shots."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.types import Image, check_image

_SIDE = 16  # pixels of the thumbnail in which structure is compared
_SEEN = 64  # pixels in which colours are counted
_LEVELS = 8  # of each colour
_NEIGHBOURS = sum(np.eye(_LEVELS, k=k, dtype=np.float32) * w for k, w in ((-1, 1), (0, 2), (1, 1)))
_EVEN = 2.0  # grey levels of spread below which a thumbnail has no structure


@dataclass(frozen=True, slots=True)
class CutConfig:
    """Thresholds for the detection of cuts."""

    least: float = 0.25
    """The smallest change that may be a cut, 0 to 1."""
    ratio: float = 3.5
    """Smallest ratio of a cut to the median change of the frames before it."""
    memory: int = 12
    """Number of frames in that median."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.least <= 1 or self.ratio < 1 or self.memory < 1:
            raise InputError(
                f"cuts are not found with least {self.least}, ratio {self.ratio} and memory "
                f"{self.memory}",
                hint="least is within 0 and 1, ratio and memory are at least 1",
            )


@dataclass(frozen=True, slots=True)
class Signature:
    """A compact description of a frame."""

    structure: NDArray[np.float32]
    """(16, 16), brightness with mean 0 and norm 1; all 0 for a frame of one brightness."""
    colours: NDArray[np.float32]
    """(512,), histogram of colours, smoothed over neighbouring bins; the sum is 1."""


def describe_frame(image: Image) -> Signature:
    """Describe a frame for comparison with the next.

    Args:
        image: (height, width, 3), of any size.

    Returns:
        The description, whose structure does not depend on brightness and contrast.
    """
    shrunk = cv2.resize(_thin_out(check_image(image)), (_SEEN, _SEEN), interpolation=cv2.INTER_AREA)
    seen = np.asarray(shrunk, np.uint8)  # [64 64 3]
    grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()  # [16 16]
    length = np.linalg.norm(small)
    even = length <= _EVEN * _SIDE
    structure: NDArray[np.float32] = small * np.float32(0 if even else 1 / length)
    return Signature(structure, _count_colours(seen))


def measure_change(before: Signature, after: Signature) -> float:
    """Return the change between two frames, 0 to 1.

    Both structure and colours must differ: a flash, a fade or a moving camera changes only one of
    them much. For a frame of one brightness, colours alone decide.

    Returns:
        The geometric mean of both changes; 0 for equal frames.
    """
    recoloured = float(np.abs(before.colours - after.colours).sum()) / 2
    if not before.structure.any() or not after.structure.any():
        return recoloured
    alike = float((before.structure * after.structure).sum())
    moved = max(0.0, min(1.0, 1 - alike))
    return math.sqrt(moved * recoloured)


class CutDetector:
    """Finds cuts in the frames of a clip, one after the other.

    A cut is a change above `least`, and above `ratio` times the recent ones, so that a shaking
    camera causes none. Cross-fades are not found.

    Example:
        >>> detector = CutDetector()
        >>> left = np.zeros((32, 32, 3), np.uint8)
        >>> left[:, :16] = 255
        >>> top = np.zeros((32, 32, 3), np.uint8)
        >>> top[:8] = (200, 80, 0)
        >>> tuple(detector.is_cut(frame) for frame in (left, left, top, top))
        (False, False, True, False)
    """

    def __init__(self, config: CutConfig | None = None) -> None:
        self.config = config or CutConfig()
        self._before: Signature | None = None
        self._changes: deque[float] = deque(maxlen=self.config.memory)

    def is_cut(self, image: Image) -> bool:
        """Return whether a frame begins another shot than the frame before it.

        Args:
            image: The next frame.

        Returns:
            Never true for the first frame.
        """
        after, before = describe_frame(image), self._before
        self._before = after
        if before is None:
            return False
        change = measure_change(before, after)
        usual = float(np.median(self._changes)) if self._changes else 0.0
        if change > max(self.config.least, self.config.ratio * usual):
            self._changes.clear()
            return True
        self._changes.append(change)
        return False


def _thin_out(image: Image) -> Image:
    """Return a large frame with rows and columns left out, to save time."""
    step = max(1, min(image.shape[:2]) // (2 * _SEEN))
    return np.ascontiguousarray(image[::step, ::step])


def _count_colours(seen: Image) -> NDArray[np.float32]:
    """Return the histogram of colours, (512,).

    It is smoothed over neighbouring bins, so that it changes little with the light.
    """
    counts = cv2.calcHist([seen], [0, 1, 2], None, [_LEVELS] * 3, [0, 256] * 3)  # [8 8 8]
    spread: NDArray[np.float32] = np.asarray(counts, np.float32)
    for axis in range(3):
        mixed = np.tensordot(_NEIGHBOURS, spread, (1, axis)).astype(np.float32)
        spread = np.moveaxis(mixed, 0, axis)
    return (spread / spread.sum()).ravel()
