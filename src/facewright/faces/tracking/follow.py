"""Find the faces of one frame after the other that are to be changed, and follow them."""

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


class FaceFollower:
    """Finds, follows and chooses the faces of frames, in memory that does not grow with them.

    Attributes:
        here: The numbers of all faces that were there in the last frame, chosen or not.
    """

    def __init__(
        self, face_detector: FaceDetector, picker: Picker, config: FrameConfig | None = None
    ) -> None:
        """Prepare to look.

        Args:
            face_detector: What finds faces.
            picker: Says which of them are wanted.
            config: How they are found.
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
        """Return the faces of the next frame that are wanted, steadied.

        Args:
            image: (height, width, 3).
            time: When the frame is shown, in seconds; rises from frame to frame.

        Returns:
            Those that are chosen; of those that are lost only if they were there a moment ago.

        Raises:
            InputError: Several faces are there and none is chosen, or time does not rise.
        """
        tracked = self._tracker.step(self._look(image), time=time)
        chosen = self._picker.pick(image, tracked)
        self._known = [one.face for one in chosen if one.seen] or self._known
        self.here = {one.number for one in tracked}
        return chosen

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture in which no face was found, as `hint_at_face` does."""
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
