"""Tracking of faces from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.tracking.cuts import CutConfig, CutDetector
from facewright.faces.tracking.matching import match_pairs
from facewright.faces.tracking.smoothing import OneEuroFilter, SmoothingConfig
from facewright.types import Face, Image

_SPEED_MEMORY = 0.12  # seconds over which the speed of a face is averaged
_COAST = 0.3  # seconds after which a lost face is taken to have stopped
_OVERLAP_WEIGHT, _SIZE_WEIGHT = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """Options of tracking, in units of the face and of seconds."""

    patience: float = 0.5
    """Longest time in seconds that a lost face keeps its number."""
    reach: float = 0.5
    """Largest distance of a face from its predicted position, relative to its size."""
    hurry: float = 1.5
    """Growth of that distance while it is lost, relative to its size, per second."""
    smoothing: SmoothingConfig | None = field(default_factory=SmoothingConfig)
    """Smoothing of points and boxes; None leaves them as detected."""
    cuts: CutConfig = field(default_factory=CutConfig)
    """Thresholds for the detection of cuts."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not (self.patience >= 0 and self.reach > 0 and self.hurry >= 0):
            raise InputError(
                f"faces are not followed with patience {self.patience}, reach {self.reach} and "
                f"hurry {self.hurry}",
                hint="reach is positive, patience and hurry are not negative",
            )


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face in a frame, with the number of its track."""

    number: int
    """Number of the track, from 1 in the order of appearance; never reused."""
    face: Face
    """The face, smoothed; at its predicted position while it is lost."""
    time: float
    """Time of the frame in seconds."""
    seen: bool = True
    """Whether it was detected in this frame; False while it is lost."""

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,): left, top, right, bottom in pixels."""
        return self.face.box


class Tracker:
    """Assigns lasting numbers to the faces of successive frames, and smooths their points.

    Positions are predicted from motion, which distinguishes faces that pass each other; detected
    faces are assigned to predicted ones at the least total distance and change of size. Faces are
    distinguished by position alone: one that was lost for longer than the patience, or reappears
    after a cut, gets a new number. `similarity.identity` compares faces by appearance.

    Example:
        >>> tracker = Tracker()
        >>> face = Face(np.float32([10, 10, 50, 60]), np.full((5, 3), 30, np.float32), 0.9)
        >>> tuple(tracker.step([face], time=t / 25)[0].number for t in range(3))
        (1, 1, 1)
        >>> tracker.step([], time=0.12)[0].seen
        False
    """

    def __init__(self, config: TrackingConfig | None = None) -> None:
        self.config = config or TrackingConfig()
        self._tracks: list[_Track] = []
        self._cuts = CutDetector(self.config.cuts)
        self._time = -math.inf
        self._count = 0

    def step(
        self, faces: Sequence[Face], *, time: float, image: Image | None = None
    ) -> list[TrackedFace]:
        """Update the tracks with the faces of the next frame.

        Args:
            faces: As detected, in any order; all with the same number of points.
            time: Time of the frame in seconds, of any origin, above that of the frame before.
            image: The frame, for the detection of cuts; None detects none.

        Returns:
            The detected faces by number, then the lost ones within the patience, by number.

        Raises:
            InputError: Time does not rise.
        """
        if not (math.isfinite(time) and time > self._time):
            raise InputError(f"time runs forwards, not from {self._time} to {time} s")
        self._time = time
        if image is not None and self._cuts.is_cut(image):
            self.restart()
        patient = [t for t in self._tracks if time - t.time <= self.config.patience + 1e-9]
        pairs = match_pairs(self._compare(patient, faces, time))
        for row, column in pairs:
            patient[row].meet(faces[column], time)
        known = {column for _, column in pairs}
        fresh = [face for column, face in enumerate(faces) if column not in known]
        self._tracks = patient + [self._begin(face, time) for face in fresh]
        shown = sorted(self._tracks, key=lambda t: (t.time < time, t.number))
        return [t.show(time) for t in shown]

    def restart(self) -> None:
        """End all tracks, as at a cut; new tracks get new numbers."""
        self._tracks = []

    def _begin(self, face: Face, time: float) -> _Track:
        """Return a new track of a face."""
        self._count += 1
        return _Track(self._count, face, time, self.config.smoothing)

    def _compare(
        self, tracks: Sequence[_Track], faces: Sequence[Face], time: float
    ) -> NDArray[np.float64]:
        """Return the costs of assigning each detected face to each track, [tracks faces]."""
        costs = np.full((len(tracks), len(faces)), np.inf)
        for row, track in enumerate(tracks):
            expected = track.expect(time)
            lost = max(time - track.time - track.step, 0)
            limit = self.config.reach + self.config.hurry * lost
            for column, face in enumerate(faces):
                gap = _measure_gap(expected, face)
                if gap <= limit:
                    costs[row, column] = gap + _compare_boxes(expected, face)
        return costs


class _Track:
    """The track of one face."""

    def __init__(
        self, number: int, face: Face, time: float, smoothing: SmoothingConfig | None
    ) -> None:
        self.number, self.time = number, time
        self.step = 0.0  # seconds between the last two frames in which it was seen
        self._face = self._shown = face
        self._filter = OneEuroFilter(smoothing) if smoothing else None
        self._speed = np.zeros(2)  # pixels per second
        self._steady(face, time)

    def expect(self, time: float) -> Face:
        """Return the predicted face: it moves on, and slows down while it is lost."""
        return _move(self._face, self._speed * self._coast(time))

    def meet(self, face: Face, time: float) -> None:
        """Add a detected face to the track."""
        self.step = time - self.time
        speed = (_middle(face) - _middle(self._face)) / self.step
        self._speed += (speed - self._speed) * (1 - math.exp(-self.step / _SPEED_MEMORY))
        self._face, self.time = face, time
        self._steady(face, time)

    def show(self, time: float) -> TrackedFace:
        """Return the face at a time, which is not before it was last seen."""
        if time == self.time:
            return TrackedFace(self.number, self._shown, time)
        moved = _move(self._shown, self._speed * self._coast(time))
        return TrackedFace(self.number, moved, time, seen=False)

    def _coast(self, time: float) -> float:
        """Return the time in seconds for which the face moves on at its last speed."""
        return _COAST * (1 - math.exp(-(time - self.time) / _COAST))

    def _steady(self, face: Face, time: float) -> None:
        """Filter the points and, as two more points, the corners of the box."""
        if self._filter is None:
            self._shown = face
            return
        corners = np.zeros((2, 3), np.float32)
        corners[:, :2] = face.box.reshape(2, 2)
        together = np.concatenate([corners, face.points])  # [2+k 3]
        steady = self._filter.filter(together, time=time, size=_size(face))
        self._shown = Face(steady[:2, :2].reshape(4), steady[2:], face.score)


def _measure_gap(one: Face, other: Face) -> float:
    """Return the mean distance of the points of two faces, relative to their size."""
    a, b = one.points[:, :2], other.points[:, :2]
    apart = a - b if len(a) == len(b) else _middle(one)[None] - _middle(other)
    return float(np.linalg.norm(apart, axis=1).mean()) / ((_size(one) + _size(other)) / 2)


def _compare_boxes(one: Face, other: Face) -> float:
    """Return the difference of two boxes: in overlap (IoU) and in size."""
    low, high = np.maximum(one.box[:2], other.box[:2]), np.minimum(one.box[2:], other.box[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    both = _size(one) ** 2 + _size(other) ** 2 - shared
    apart = 1 - max(0.0, min(1.0, shared / both))
    return _OVERLAP_WEIGHT * apart + _SIZE_WEIGHT * abs(math.log(_size(one) / _size(other)))


def _size(face: Face) -> float:
    """Return the square root of the area of the box, at least 1 pixel."""
    wide, high = np.maximum(face.box[2:] - face.box[:2], 1)
    return math.sqrt(float(wide) * float(high))


def _middle(face: Face) -> NDArray[np.float64]:
    """Return the middle of the points of a face, (2,)."""
    return face.points[:, :2].mean(0, dtype=np.float64)


def _move(face: Face, way: NDArray[np.float64]) -> Face:
    """Return a face shifted by a vector (2,) in pixels."""
    box = face.box + np.tile(way, 2).astype(np.float32)
    points = face.points + np.append(way, 0).astype(np.float32)
    return Face(box, points, face.score)
