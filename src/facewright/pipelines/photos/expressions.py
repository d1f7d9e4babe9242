"""Read the expressions of faces: seven classes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np

from facewright.errors import FileError, InputError
from facewright.expressions.classifier import KIND, Classifier, Scores, load_classifier, score_faces
from facewright.expressions.drawing import label_picture
from facewright.expressions.reader import ExpressionReader, NamedFace, ReadConfig, measure_offset
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import known_cards
from facewright.media.video import read_clip
from facewright.pipelines.configs import ReadingConfig, record_config
from facewright.pipelines.find import FacePipeline, pick_kind
from facewright.pipelines.inputs import Picture
from facewright.pipelines.pipeline import Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.types import Bundle, Clip, Face, Image, Json

CALIBRATING = "look neutral"
"""Text on frames during the calibration."""

_MOST_FRAMES = 600  # of a clip of a neutral face
_RATE = 30  # frames per second that are assumed of it, to follow the face
_LONGEST = 60.0  # seconds of calibration


@dataclass(frozen=True, slots=True)
class ExpressionsResult(Result):
    """A picture with bars beside each face, and the readings."""

    expressions: tuple[NamedFace, ...] = field(default=(), kw_only=True)


class ReadingSession(Session):
    """A session that reads the expressions of one picture or clip.

    Attributes:
        strip: Width in pixels of a strip at the right for all bars; 0 draws them beside the faces.
        widen: Whether pictures may be extended to the right if there is no room beside a face.
    """

    def __init__(
        self, reader: ExpressionReader, used: Ingredients, parameters: dict[str, Json]
    ) -> None:
        super().__init__(used, parameters)
        self._reader, self.strip, self.widen = reader, 0, False

    @property
    def keeps_alpha(self) -> bool:
        """Whether what is made of a picture is transparent where the picture is."""
        return False  # bars may stand there

    def read(self, image: Image, seconds: float = 0.0) -> list[NamedFace]:
        """Read the expressions in the next frame; faces lost for a moment come last."""
        return self._reader.read(image, time=seconds)

    def name(self, image: Image, faces: list[Face]) -> list[NamedFace]:
        """Read the expressions of detected faces of a picture."""
        return self._reader.name(image, faces)

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Read the expressions in the next frame, and draw bars onto it."""
        return self.label(image, self.read(image, seconds))

    def label(self, image: Image, faces: list[NamedFace]) -> Step:
        """Draw bars beside faces."""
        note = CALIBRATING if self._reader.calibrating else ""
        drawn = label_picture(image, faces, note=note, widen=self.widen, strip=self.strip)
        return Step(drawn, tuple(one.face for one in faces if one.seen), faces)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height with the strip."""
        return size[0] + self.strip, size[1]

    def miss(self, frames: int = 1) -> None:  # noqa: ARG002
        """No face is no error."""
        return


class ReadAfterSession(Session):
    """Reads the expressions in the results of another session, and draws bars beside them.

    The reading of each step is the picture without bars, and its `NamedFace`s.
    """

    def __init__(self, maker: Session, reader: ReadingSession) -> None:
        super().__init__(maker.used | reader.used, maker.parameters)
        self._maker, self._reader = maker, reader

    @property
    def keeps_alpha(self) -> bool:
        """Whether what is made of a picture is transparent where the picture is."""
        return False  # bars may stand there

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Process the next frame, and read the result."""
        return self._read(self._maker.step(image, seconds), seconds)

    def stream(self, frames: Iterator[tuple[Image, float]]) -> Iterator[Step]:
        """Process all frames, and read the results."""
        shown = deque[float]()

        def note() -> Iterator[tuple[Image, float]]:
            for image, seconds in frames:
                shown.append(seconds)
                yield image, seconds

        for step in self._maker.stream(note()):
            yield self._read(step, shown.popleft())

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result."""
        return self._reader.resize(self._maker.resize(size))

    def miss(self, frames: int = 1) -> InputError | None:
        """Return the error of the other session."""
        return self._maker.miss(frames)

    def _read(self, step: Step, seconds: float) -> Step:
        """Read the result for a frame."""
        read = self._reader.step(step.image, seconds)
        return Step(read.image, step.faces, (step.image, read.reading))


class ExpressionsPipeline(FacePipeline):
    """Reads the expressions of faces by a classifier."""

    verb: ClassVar[str] = "expressions"

    @cached_property
    def _offsets(self) -> dict[tuple[str, float | None, float], Scores]:
        """Cached calibrations of files."""
        return {}

    @cached_property
    def bundle(self) -> Bundle:
        """The weights of the classifier."""
        return self.open(self.weights or pick_kind(KIND, known_cards()))

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier."""
        return load_classifier(self.bundle, self.device)

    @property
    def models(self) -> dict[str, str]:
        """Name → sha256 of all networks."""
        return self.find.models | hashes(self.bundle)

    def start(self, *, config: ReadingConfig | None = None) -> ReadingSession:
        """Prepare to read one frame after the other.

        Args:
            config: Options; None uses the defaults.

        Raises:
            FileError: What to calibrate with is missing or damaged.
            InputError: It shows no face, or an argument is out of range.
        """
        config = config or ReadingConfig()
        frames = FrameConfig(smallest=config.smallest, threshold=config.threshold)
        seconds, offset, sources = read_seconds(config.calibrate), None, dict[str, str]()
        said: dict[str, Json] = {
            **record_config(config, ReadingConfig),
            "weights": self.bundle.card.name,
        }
        if config.calibrate is not None and seconds is None:
            path = Path(config.calibrate)
            sha256 = file_sha256(path)
            key = sha256, config.smallest, config.threshold
            if key not in self._offsets:
                self._offsets[key] = self._measure(path, frames)
            offset = self._offsets[key]
            sources, said["calibrate"] = {f"calibrate/{path.name}": sha256}, path.name
        reading = ReadConfig(config.smoothing, seconds or 0.0, frames)
        reader = ExpressionReader(self.find.finder, self.classifier, reading, offset=offset)
        return ReadingSession(reader, Ingredients(models=self.models, sources=sources), said)

    def __call__(
        self, picture: Picture, *, config: ReadingConfig | None = None
    ) -> ExpressionsResult:
        """Read the expressions in a picture: how faces look to others, not what somebody feels.

        Args:
            picture: A picture.
            config: Options; None uses the defaults.

        Returns:
            The picture with bars, and the faces with their probabilities.

        Raises:
            FileError: The file is missing or damaged.
        """
        session = self.start(config=config)
        session.widen = True
        result, step = self.apply(session, picture)
        return ExpressionsResult(
            result.image, result.manifest, result.faces, expressions=tuple(step.reading)
        )

    def frames(self, clip: Clip, *, config: ReadingConfig | None = None) -> ClipResult:
        """Draw bars onto every frame of a clip, when it is asked for."""
        return self.follow(self.start(config=config), clip)

    def _measure(self, path: Path, frames: FrameConfig) -> Scores:
        """Return how the neutral face in a picture or clip differs from that of others."""
        follower = FaceFollower(self.find.finder, Picker("largest"), frames)
        images = enumerate(islice(read_clip(path).frames, _MOST_FRAMES))
        faces = ((i, follower.follow(i, time=number / _RATE)) for number, i in images)
        scores = [
            score_faces(self.classifier, image, [mine[0].face])[0]
            for image, mine in faces
            if mine and mine[0].seen
        ]
        if not scores:
            hint = "show it from ahead"
            raise InputError(f"{path}: no face was found to calibrate with", hint=hint)
        return measure_offset(np.stack(scores), self.classifier.neutral)


def read_seconds(calibrate: str | None) -> float | None:
    """Return the seconds that `calibrate` says; None if it names a file, or nothing.

    Raises:
        InputError: They are out of range.
        FileError: There is no such file.
    """
    if calibrate is None:
        return None
    try:
        seconds = float(calibrate)
    except ValueError:
        if not Path(calibrate).is_file():
            hint = "calibrate names a picture or clip of your neutral face, or seconds"
            raise FileError(f"there is no {calibrate}", hint=hint) from None
        return None
    if not 0 < seconds <= _LONGEST:
        raise InputError(
            f"calibrate takes up to {_LONGEST:g} seconds, not {calibrate}", hint="3 are usual"
        )
    return seconds
