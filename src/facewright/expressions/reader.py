"""Name the expressions in one frame after the other, steadied over time."""

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
    """How expressions are read."""

    smoothing: float = 0.3
    """Seconds over which what is read fades into what was read before; 0 for none."""
    calibrate: float = 0.0
    """So many seconds at the beginning the largest face is taken to be neutral; see `calibrate`."""
    frames: FrameConfig = field(default_factory=FrameConfig)
    """How the faces of frames are found and followed."""


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A face and what its expression looks like."""

    number: int
    """In a picture, 1 is the largest; in a clip, it stays with a face."""
    face: Face
    probabilities: Scores
    """(7,), of `EXPRESSIONS`; their sum is 1."""
    seen: bool = True
    """False in frames of a clip where it is lost for a moment, and all this is a guess."""

    @property
    def expression(self) -> str:
        """The likeliest of `EXPRESSIONS`."""
        return EXPRESSIONS[int(self.probabilities.argmax())]


class ExpressionReader:
    """Names the expressions of the faces of successive frames, in memory that does not grow.

    Attributes:
        calibrating: Whether it still learns what the neutral face of the largest person is.
    """

    def __init__(
        self,
        face_detector: FaceDetector,
        classifier: Classifier,
        config: ReadConfig | None = None,
        *,
        offset: Scores | None = None,
    ) -> None:
        """Prepare to read.

        Args:
            face_detector: What finds faces.
            classifier: What names expressions.
            config: How.
            offset: (7,), from `measure_offset`: what is taken off all scores.
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
        """Name the expressions in the next frame.

        Args:
            image: (height, width, 3).
            time: When the frame is shown, in seconds; rises from frame to frame.

        Returns:
            The faces that are seen by number, then those that are lost for a moment.
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
        """Name the expressions of the faces of one picture, as `read_picture` does."""
        return read_picture(self._classifier, image, faces, offset=self._offset)

    def _steady(self, fresh: dict[int, Scores], here: set[int], time: float) -> None:
        """Let what was read before fade, and forget the faces that are gone."""
        step, smoothing = time - self._time, self._config.smoothing
        weight = 1.0 if smoothing == 0 else 1 - math.exp(-step / smoothing)
        self._time = time
        kept = {number: old for number, old in self._scores.items() if number in here}
        for number, row in fresh.items():
            before = kept.get(number, row)
            kept[number] = before + np.float32(weight) * (row - before)
        self._scores = kept

    def _calibrate(self, faces: Sequence[Face], scores: Scores, time: float) -> None:
        """Take the largest face for neutral, as long as that is asked for."""
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
    """Name the expressions of the faces of one picture.

    Args:
        classifier: What names them.
        image: (height, width, 3).
        faces: With their points, in the order in which they are to be numbered.
        offset: (7,), from `measure_offset`.
    """
    scores = score_faces(classifier, image, faces)
    shares = to_probabilities(scores - (0 if offset is None else offset))
    return [NamedFace(n, face, shares[n - 1]) for n, face in enumerate(faces, 1)]


def measure_offset(scores: Scores, neutral: Scores) -> Scores:
    """Return by how much the neutral face of a person differs from that of others.

    Some faces at rest look sad or angry to a network. Taken off the scores of that person, the
    offset makes their mean neutral face look as neutral faces do on average.

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
