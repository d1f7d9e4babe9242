"""Swap the faces of one frame after the other: find, follow, choose, swap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from facewright.faces.cuts import CutDetector
from facewright.faces.finder import Finder
from facewright.faces.pose import estimate_pose
from facewright.faces.track import TrackedFace, Tracker, TrackingConfig
from facewright.swap.flicker import FlickerMeter
from facewright.swap.picking import Picker
from facewright.swap.raster import Floats
from facewright.swap.swap import SwapOptions, swap_face
from facewright.swap.warp import Source
from facewright.types import Face, Image


@dataclass(frozen=True, slots=True)
class FrameConfig:
    """How the faces of frames are found."""

    every: int = 8
    """Look at a whole frame so often; between, known faces are followed, which takes a quarter of
    the time. A frame in which one is lost, or which begins a shot, is looked at as a whole too."""
    smallest: float | None = None
    """As `FaceFinder.find` takes it."""
    threshold: float = 0.4
    """Likewise."""
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    """How faces are followed, and how much their points are steadied."""


class FrameSwapper:
    """Swaps faces frame after frame, in memory that does not grow with them.

    Attributes:
        frames: How many frames it has seen.
        swapped: In how many of them it swapped a face.
        missed: How many it passed on as they were, for want of a face.
        latest: How many faces it swapped in the last frame.
        used: How often each source was used.
        flicker: How much swapped faces flicker.
    """

    def __init__(
        self,
        finder: Finder,
        sources: Sequence[Source],
        picker: Picker,
        options: SwapOptions,
        config: FrameConfig | None = None,
    ) -> None:
        """Prepare to swap.

        Args:
            finder: What finds faces.
            sources: Who is pasted, in one or several poses; the one that fits best is taken each
                time that a face appears.
            picker: Says which faces are swapped.
            options: How.
            config: How faces are found.
        """
        self.frames = self.swapped = self.missed = self.latest = 0
        self.used: Counter[int] = Counter()
        self.flicker = FlickerMeter()
        self._finder, self._sources, self._picker = finder, sources, picker
        self._options, self._config = options, config or FrameConfig()
        self._tracker, self._cuts = Tracker(self._config.tracking), CutDetector()
        self._known: list[Face] = []  # to follow into the next frame: the chosen ones, if any
        self._age = 0  # frames since a whole one was looked at
        self._taken: dict[int, int] = {}  # number of a face → source

    def swap(self, image: Image, *, time: float) -> Image:
        """Swap the faces of the next frame.

        Args:
            image: (height, width, 3).
            time: When the frame is shown, in seconds; rises from frame to frame.

        Returns:
            A new picture of the same size, or the frame itself if it shows no face to swap.

        Raises:
            InputError: Several faces are there and none is chosen, or time does not rise.
        """
        tracked = self._tracker.step(self._look(image), time=time)
        chosen = self._picker.pick(image, tracked)
        self._known = [one.face for one in chosen if one.seen] or self._known
        self.frames += 1
        self.latest = len(chosen)
        if not chosen:
            self.missed += 1
            return image
        result = image.copy()
        for one in chosen:
            source = self._sources[self._cast(one)]
            swap_face(source, result, one.face.points, self._options, out=result)
        self.swapped += 1
        self.flicker.measure(image, result, chosen)
        here = {one.number for one in tracked}
        self._taken = {number: n for number, n in self._taken.items() if number in here}
        return result

    def _look(self, image: Image) -> list[Face]:
        """Return the faces of a frame."""
        cut = self._cuts.is_cut(image)
        if cut:
            self._tracker.restart()
        known, self._age = self._known, self._age + 1
        if known and not cut and self._age < self._config.every:
            (found,) = self._finder.follow([image], [known])
            if len(found) == len(known):
                self._known = found
                return found
        self._age = 0
        smallest, threshold = self._config.smallest, self._config.threshold
        (self._known,) = self._finder.find([image], smallest=smallest, threshold=threshold)
        return self._known

    def _cast(self, one: TrackedFace) -> int:
        """Return the number of the source for a face; it stays while the face is there."""
        if one.number not in self._taken:
            self._taken[one.number] = pick_pose(self._sources, one.face.points)
        number = self._taken[one.number]
        self.used[number] += 1
        return number


def pick_pose(sources: Sequence[Source], points: Floats) -> int:
    """Return which source is turned most like a face.

    Args:
        sources: At least one.
        points: (478, 3): the mesh of the face.

    Returns:
        Its place among the sources, the first of equal ones.
    """
    if len(sources) == 1:
        return 0
    wanted = _turn(points)
    gaps = [float(np.linalg.norm(_turn(source.points) - wanted)) for source in sources]
    return int(np.argmin(gaps))


def _turn(points: Floats) -> Floats:
    """Return yaw and pitch in degrees; a roll costs nothing, the warp undoes it."""
    pose = estimate_pose(points)
    return np.array([pose.yaw, pose.pitch], np.float32)
