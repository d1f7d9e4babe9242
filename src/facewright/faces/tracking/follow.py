"""Find and follow the chosen faces in successive frames."""

from __future__ import annotations

from dataclasses import dataclass, field

from facewright.faces.detection.doubts import hint_at_face
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.tracking.cuts import CutDetector
from facewright.faces.tracking.picking import Picker
from facewright.faces.tracking.track import TrackedFace, Tracker, TrackingConfig
from facewright.types import Face, Image


@dataclass(frozen=True, slots=True)
class FrameConfig:
    """Options of detection and tracking."""

    every: int = 8
    """Interval in frames of searches of the whole frame; in between, known faces are followed,
    which takes a quarter of the time. A frame in which one is lost, or that begins a shot, is
    searched too."""
    smallest: float | None = None
    """Size in pixels of the smallest face to find, as `FaceDetector.find` takes it."""
    threshold: float = 0.4
    """Lowest score of a face, 0 to 1."""
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    """Options of tracking and smoothing."""


class FaceFollower:
    """Finds, follows and chooses the faces of successive frames, in constant memory.

    Attributes:
        here: Numbers of all faces in the last frame, chosen or not.
    """

    def __init__(
        self, face_detector: FaceDetector, picker: Picker, config: FrameConfig | None = None
    ) -> None:
        """Set up; nothing is searched yet.

        Args:
            face_detector: The face detector.
            picker: Chooses among them.
            config: Options; None uses the defaults.
        """
        self.here: set[int] = set()
        self._face_detector, self._picker, self._config = (
            face_detector,
            picker,
            config or FrameConfig(),
        )
        self._tracker, self._cuts = Tracker(self._config.tracking), CutDetector()
        self._known: list[Face] = []  # to follow into the next frame: the chosen ones, if any
        self._age = 0  # frames since a whole one was looked at

    def follow(self, image: Image, *, time: float) -> list[TrackedFace]:
        """Return the chosen faces of the next frame, smoothed over time.

        Args:
            image: (height, width, 3).
            time: Time of the frame in seconds, above that of the frame before.

        Returns:
            The chosen faces; a lost one is included for a moment after it was last seen.

        Raises:
            InputError: There are several faces and no choice, or time does not rise.
        """
        tracked = self._tracker.step(self._look(image), time=time)
        chosen = self._picker.pick(image, tracked)
        self._known = [one.face for one in chosen if one.seen] or self._known
        self.here = {one.number for one in tracked}
        return chosen

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `hint_at_face` does."""
        smallest, threshold = self._config.smallest, self._config.threshold
        return hint_at_face(
            self._face_detector, image, otherwise, smallest=smallest, threshold=threshold
        )

    def _look(self, image: Image) -> list[Face]:
        """Return the faces of a frame."""
        cut = self._cuts.is_cut(image)
        if cut:
            self._tracker.restart()
        known, self._age = self._known, self._age + 1
        if known and not cut and self._age < self._config.every:
            (found,) = self._face_detector.follow([image], [known])
            if len(found) == len(known):
                self._known = found
                return found
        self._age = 0
        smallest, threshold = self._config.smallest, self._config.threshold
        (self._known,) = self._face_detector.find([image], smallest=smallest, threshold=threshold)
        return self._known
