"""Read the expressions of successive frames, smoothed over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from facewright.errors import InputError
from facewright.expressions.classifier import (
    EXPRESSIONS,
    Classifier,
    Scores,
    score_faces,
    to_probabilities,
)
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.types import Face, Image


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """Options of reading expressions."""

    smoothing: float = 0.3
    """Time constant of the smoothing in seconds; 0 for none."""
    calibrate: float = 0.0
    """Seconds at the beginning during which the largest face is taken to be neutral; 0 for none."""
    frames: FrameConfig = field(default_factory=FrameConfig)
    """Options of detection and tracking."""


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A face and the probabilities of its expressions."""

    number: int
    """In a picture, 1 is the largest; in a clip, the number of its track."""
    face: Face
    probabilities: Scores
    """(7,), of `EXPRESSIONS`; their sum is 1."""
    seen: bool = True
    """False in frames of a clip where it is lost and its position predicted."""

    @property
    def expression(self) -> str:
        """The likeliest of `EXPRESSIONS`."""
        return EXPRESSIONS[int(self.probabilities.argmax())]


class ExpressionReader:
    """Reads the expressions of the faces of successive frames, in constant memory.

    Attributes:
        calibrating: Whether the calibration with the largest face is still going on.
    """

    def __init__(
        self,
        face_detector: FaceDetector,
        classifier: Classifier,
        config: ReadConfig | None = None,
        *,
        offset: Scores | None = None,
    ) -> None:
        """Set up; nothing is read yet.

        Args:
            face_detector: The face detector.
            classifier: The classifier.
            config: Options; None uses the defaults.
            offset: (7,), from `measure_offset`, subtracted from all scores; None for none.
        """
        self._config = config or ReadConfig()
        if not (self._config.smoothing >= 0 and self._config.calibrate >= 0):
            raise InputError("seconds of smoothing and calibration are not below 0")
        self._follower = FaceFollower(face_detector, Picker("all"), self._config.frames)
        self._classifier = classifier
        self._offset = np.zeros(len(EXPRESSIONS), np.float32) if offset is None else offset
        self._scores: dict[int, Scores] = {}  # number of a face → steadied
        self._neutral: list[Scores] = []
        self._begin: float | None = None
        self._time = 0.0
        self.calibrating = self._config.calibrate > 0

    def read(self, image: Image, *, time: float) -> list[NamedFace]:
        """Read the expressions in the next frame.

        Args:
            image: (height, width, 3).
            time: Time of the frame in seconds, above that of the frame before.

        Returns:
            The detected faces by number, then those that are lost for a moment.
        """
        tracked = self._follower.follow(image, time=time)
        seen = [one for one in tracked if one.seen]
        scores = score_faces(self._classifier, image, [one.face for one in seen])
        self._calibrate([one.face for one in seen], scores, time)
        fresh = {one.number: row for one, row in zip(seen, scores, strict=True)}
        self._steady(fresh, {one.number for one in tracked}, time)
        return [
            NamedFace(
                one.number,
                one.face,
                to_probabilities(self._scores[one.number] - self._offset),
                one.seen,
            )
            for one in tracked
        ]

    def name(self, image: Image, faces: Sequence[Face]) -> list[NamedFace]:
        """Read the expressions of the faces of one picture, as `read_picture` does."""
        return read_picture(self._classifier, image, faces, offset=self._offset)

    def _steady(self, fresh: dict[int, Scores], here: set[int], time: float) -> None:
        """Smooth the scores over time, and drop the faces that are gone."""
        step, smoothing = time - self._time, self._config.smoothing
        weight = 1.0 if smoothing == 0 else 1 - math.exp(-step / smoothing)
        self._time = time
        kept = {number: old for number, old in self._scores.items() if number in here}
        for number, row in fresh.items():
            before = kept.get(number, row)
            kept[number] = before + np.float32(weight) * (row - before)
        self._scores = kept

    def _calibrate(self, faces: Sequence[Face], scores: Scores, time: float) -> None:
        """Collect scores of the largest face as neutral, during the calibration."""
        if not self.calibrating or not faces:
            return
        self._begin = time if self._begin is None else self._begin
        if time - self._begin <= self._config.calibrate:
            sizes = [float((face.box[2:] - face.box[:2]).prod()) for face in faces]
            self._neutral.append(scores[int(np.argmax(sizes))])
            return
        self._offset = measure_offset(np.stack(self._neutral), self._classifier.neutral)
        self.calibrating = False


def read_picture(
    classifier: Classifier,
    image: Image,
    faces: Sequence[Face],
    *,
    offset: Scores | None = None,
) -> list[NamedFace]:
    """Read the expressions of the faces of one picture.

    Args:
        classifier: The classifier.
        image: (height, width, 3).
        faces: Detected faces, in the order of their numbers.
        offset: (7,), from `measure_offset`, subtracted from all scores; None for none.
    """
    scores = score_faces(classifier, image, faces)
    shares = to_probabilities(scores - (0 if offset is None else offset))
    return [NamedFace(n, face, shares[n - 1]) for n, face in enumerate(faces, 1)]


def measure_offset(scores: Scores, neutral: Scores) -> Scores:
    """Return the difference of a person's neutral scores from the average neutral scores, (7,).

    A network reads some faces at rest as sad or angry. Subtracted from the scores of that person,
    the offset makes their mean equal that of neutral faces on average.

    Args:
        scores: (n, 7), of one person's neutral face, n at least 1.
        neutral: (7,), of many people's: `Classifier.neutral`.

    Raises:
        InputError: There are no scores.
    """
    if not len(scores):
        raise InputError("no face was found to calibrate with", hint="look into the camera")
    mine = scores.mean(axis=0)
    offset: Scores = (mine - mine.mean()) - (neutral - neutral.mean())
    return offset.astype(np.float32)
