"""Find the faces of successive frames: in whole frames now and then, where they were in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facewright.faces.cuts import CutDetector
from facewright.faces.finder import Finder
from facewright.types import Face, Image


@dataclass(frozen=True, slots=True)
class FollowConfig:
    """How the faces of frames are found."""

    every: int = 8
    """Look at a whole frame so often; between, known faces are followed, which takes a quarter of
    the time. A frame in which one is lost, or which begins a shot, is looked at as a whole too."""
    smallest: float | None = None
    """As `FaceFinder.find` takes it."""
    threshold: float = 0.4
    """Likewise."""


class Follower:
    """Finds the faces of one frame after the other.

    Attributes:
        cut: Whether the last frame began another shot.
    """

    def __init__(self, finder: Finder, config: FollowConfig | None = None) -> None:
        self.cut = False
        self._finder, self._config = finder, config or FollowConfig()
        self._cuts = CutDetector()
        self._known: list[Face] = []
        self._age = 0  # frames since a whole one was looked at

    def look(self, image: Image) -> list[Face]:
        """Return the faces of the next frame, the largest first.

        Args:
            image: (height, width, 3).
        """
        self.cut, self._age = self._cuts.is_cut(image), self._age + 1
        known = self._known
        if known and not self.cut and self._age < self._config.every:
            (found,) = self._finder.follow([image], [known])
            if len(found) == len(known):
                self._known = found
                return found
        self._age = 0
        smallest, threshold = self._config.smallest, self._config.threshold
        (self._known,) = self._finder.find([image], smallest=smallest, threshold=threshold)
        return self._known

    def keep(self, faces: Sequence[Face]) -> None:
        """Say which faces are to be followed into the next frame; the others are let go."""
        self._known = list(faces)
