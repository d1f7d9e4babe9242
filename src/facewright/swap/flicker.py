"""Measure how much a swapped face flickers."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.align import cut
from facewright.faces.geometry.topology import five_points
from facewright.faces.templates import fit_template
from facewright.faces.tracking.smoothing import OneEuroFilter
from facewright.faces.tracking.track import TrackedFace
from facewright.swap.mesh.raster import Floats
from facewright.types import Image

_TEMPLATE, _SIDE = "tight", 64
_MOST_APART = 0.2  # seconds between two frames that are compared


@dataclass(frozen=True, slots=True)
class Flicker:
    """The change of aligned faces from frame to frame: mean levels of 255 per pixel."""

    before: float
    """Of the faces as they were."""
    after: float
    """Of the swapped ones."""

    @property
    def score(self) -> float:
        """How much more a swapped face changes than the original."""
        return self.after - self.before


class FlickerMeter:
    """Compares a face with itself in the frame before, as it was and as it was made.

    Faces are aligned by points that are steadied here once more: a face that trembles on its head
    is caught, because the crop does not tremble with it.
    """

    def __init__(self) -> None:
        self._filters: dict[int, OneEuroFilter] = {}
        self._last: dict[int, tuple[float, Floats, Floats]] = {}
        self._before = self._after = 0.0
        self._pairs = 0

    def measure(self, before: Image, after: Image, faces: list[TrackedFace]) -> None:
        """Take the next frame.

        Args:
            before: The frame as it was, (height, width, 3).
            after: The frame with swapped faces, of the same size.
            faces: The swapped faces.
        """
        now = {}
        for one in faces:
            matrix = fit_template(self._steady(one), _TEMPLATE)
            pair = _cut(before, matrix), _cut(after, matrix)
            last = self._last.get(one.number)
            if last is not None and one.time - last[0] <= _MOST_APART:
                self._before += float(np.abs(pair[0] - last[1]).mean())
                self._after += float(np.abs(pair[1] - last[2]).mean())
                self._pairs += 1
            now[one.number] = (one.time, *pair)
        self._last = now
        self._filters = {n: kept for n, kept in self._filters.items() if n in now}

    def read(self) -> Flicker | None:
        """Return the mean over all pairs of frames so far; None before there is any."""
        if not self._pairs:
            return None
        return Flicker(self._before / self._pairs, self._after / self._pairs)

    def _steady(self, one: TrackedFace) -> Floats:
        """Return the five points of a face, (5, 3), steadied."""
        steady = self._filters.setdefault(one.number, OneEuroFilter())
        wide, high = np.maximum(one.box[2:] - one.box[:2], 1)
        size = float(np.sqrt(wide * high))
        return steady.filter(five_points(one.face.points), time=one.time, size=size)


def _cut(image: Image, matrix: NDArray[np.float64]) -> Floats:
    """Return a face in grey, (64, 64)."""
    crop = cut(image, matrix, template=_TEMPLATE, size=_SIDE)
    return np.asarray(cv2.cvtColor(crop.image, cv2.COLOR_RGB2GRAY), np.float32)
