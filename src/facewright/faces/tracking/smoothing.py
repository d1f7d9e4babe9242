"""Smoothing of points over time, with little lag."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError

Points32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SmoothingConfig:
    """Strength of the smoothing, independent of the size of the face and the frame rate."""

    still: float = 1.5
    """Cutoff frequency for a face at rest, Hz; lower is smoother."""
    eager: float = 12.0
    """Rise of the cutoff with speed, Hz per face width per second; higher is less lag."""
    speed: float = 2.0
    """Cutoff frequency of the speed itself, Hz."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not (self.still > 0 and self.eager >= 0 and self.speed > 0):
            raise InputError(
                f"cutoffs are positive frequencies, not {self.still}, {self.eager}, {self.speed}"
            )


class OneEuroFilter:
    """Smooths a set of points: slow motion strongly, fast motion weakly.

    The One Euro filter (Casiez, Roussel and Vogel 2012): an exponential filter whose cutoff
    frequency rises with the speed of what it filters. Every point has a speed of its own, so that
    lips follow while the forehead rests.

    Example:
        >>> steady = OneEuroFilter()
        >>> at_rest = np.zeros((1, 3), np.float32)
        >>> _ = steady.filter(at_rest, time=0.0, size=100.0)
        >>> bool(steady.filter(at_rest + 1, time=0.04, size=100.0).max() < 0.5)
        True
    """

    def __init__(self, config: SmoothingConfig | None = None) -> None:
        self.config = config or SmoothingConfig()
        self._points: NDArray[np.float64] | None = None
        self._speeds = np.zeros(0)  # [k 3], pixels per second
        self._time = 0.0

    def filter(self, points: Points32, *, time: float, size: float) -> Points32:
        """Return the smoothed points.

        Args:
            points: (k, 3), pixels; k stays the same.
            time: Seconds, of any origin, above that of the call before.
            size: Width of the face in pixels.

        Returns:
            (k, 3), pixels; on the first call the points themselves.

        Raises:
            InputError: Time does not rise, the size is not positive, or k has changed.
        """
        if not (size > 0 and math.isfinite(time)):
            raise InputError(f"a face has a size and a time, not {size} pixels at {time} s")
        if self._points is None:
            self._points, self._speeds = points.astype(np.float64), np.zeros(points.shape)
            self._time = time
            return points.copy()
        if points.shape != self._points.shape:
            raise InputError(f"{len(self._points)} points became {len(points)}")
        step = time - self._time
        if step <= 0:
            raise InputError(f"time runs forwards, not from {self._time} to {time} s")
        speeds = (points - self._points) / step  # [k 3]
        self._speeds += _weigh(self.config.speed, step) * (speeds - self._speeds)
        pace = np.linalg.norm(self._speeds[:, :2], axis=1, keepdims=True) / size  # [k 1]
        weights = _weigh(self.config.still + self.config.eager * pace, step)
        self._points = self._points + weights * (points - self._points)
        self._time = time
        return self._points.astype(np.float32)

    def restart(self) -> None:
        """Reset the filter, as after a cut."""
        self._points = None


def _weigh(cutoff: NDArray[np.float64] | float, step: float) -> NDArray[np.float64]:
    """Return the weight of the newest value in an exponential filter.

    Args:
        cutoff: Hz.
        step: Seconds since the previous value.
    """
    turns = 2 * math.pi * np.asarray(cutoff) * step
    return turns / (turns + 1)
