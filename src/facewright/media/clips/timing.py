"""Exact times of the frames of a clip."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import count

from facewright.errors import InputError
from facewright.types import Clip

_FINEST = Fraction(1, 1_000_000)  # seconds: finer, 30-bit differences would be too short
_USUAL = Fraction(1, 90_000)
LONGEST_STILL = 600
"""Longest duration of a picture in seconds; a later frame is taken to have a wrong time."""

_OUT_OF_ORDER = 1  # second that a frame may be early, and still count as in the wrong order


class Timeline:
    """Converts the times of frames in a file to strictly rising ticks from the first.

    Files with a coarse clock round their times. A frame within one unit of that clock of its time
    at a constant rate gets exactly that time, so that 30000/1001 stays 30000/1001. All others keep
    their times.

    Attributes:
        tick: Seconds per unit of the result of `place`.
        rate: Frames per second, on average.
    """

    def __init__(self, rate: Fraction, base: Fraction, longest: int = LONGEST_STILL) -> None:
        """Set up for a stream.

        Args:
            rate: Frames per second, more than 0.
            base: Seconds per unit of the times in the file, more than 0.
            longest: Longest duration of a picture in seconds.
        """
        self.rate, self._base, self._longest = rate, base, longest
        shared = _find_shared(1 / rate, base)
        self._snaps = shared != base and shared >= _FINEST
        self.tick = next((t for t in (shared, base) if t >= _FINEST), _USUAL)
        self._step = max(1, round(1 / rate / self.tick))
        self._origin: int | None = None
        self._last = 0

    def place(self, pts: int | None) -> int:
        """Return the time of the next frame.

        Args:
            pts: Its time in the file; None or an implausible time puts it one frame after the last.

        Returns:
            Ticks from the first frame.
        """
        if self._origin is None:
            self._origin = pts or 0
            return 0
        ticks = self._last + self._step if pts is None else self._find_ticks(pts - self._origin)
        ahead = (ticks - self._last) * self.tick
        if -_OUT_OF_ORDER <= ahead <= 0:
            ticks = self._last + 1
        elif pts is not None and not 0 < ahead <= self._longest:
            ticks = self._last + self._step
            self._origin = pts - round(ticks * self.tick / self._base)
        self._last = ticks
        return ticks

    def round_length(self, length: Fraction) -> Fraction:
        """Return the duration of a frame in seconds.

        Args:
            length: Its duration in the file; 0 or an implausible one gives the average.
        """
        usual = 1 / self.rate
        close = abs(length - usual) < self._base
        return usual if close or not 0 < length <= self._longest else length

    def _find_ticks(self, units: int) -> int:
        """Turn units of the file's clock into ticks."""
        time = units * self._base
        if self._snaps:
            regular = round(time * self.rate) / self.rate
            time = regular if abs(time - regular) < self._base else time
        return round(time / self.tick)


def find_times(clip: Clip) -> tuple[Iterator[int], Fraction]:
    """Return the times of the frames of a clip.

    Args:
        clip: A clip with times of its own, or with a constant rate.

    Returns:
        Times in ticks, each to be read after its frame, and the seconds per tick.

    Raises:
        InputError: The clip has times without a tick; or, while they are read, too few or such
            that do not rise.
    """
    if clip.times is None:
        return count(), 1 / clip.rate
    if clip.tick is None or clip.tick <= 0:
        raise InputError(f"a clip with times has a tick of some seconds, not {clip.tick}")
    return _check_times(clip.times), clip.tick


def hand_out(times: deque[int]) -> Iterator[int]:
    """Yield times as the reader of the frames records them.

    Args:
        times: Grows by one time per frame, and shrinks here.

    Yields:
        The times in order, each once its frame was read.
    """
    while times:
        yield times.popleft()


def _check_times(times: Iterator[int]) -> Iterator[int]:
    """Pass on times that rise, as long as someone asks for them."""
    last = -1
    for time in times:
        if time <= last:
            raise InputError(f"a frame at {time} ticks after one at {last}")
        yield (last := time)
    raise InputError("a clip with more frames than times")


def _find_shared(a: Fraction, b: Fraction) -> Fraction:
    """Return the greatest length that fits into two lengths a whole number of times."""
    denominator = a.denominator * b.denominator
    return Fraction(math.gcd(a.numerator * b.denominator, b.numerator * a.denominator), denominator)
