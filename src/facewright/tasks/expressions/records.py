"""What was read in pictures and clips, as people and scripts take it."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facewright.collect.sources.items import Refusal
from facewright.errors import FileError
from facewright.expressions.classifier import EXPRESSIONS, describe_scores
from facewright.expressions.drawing import NO_FACE
from facewright.expressions.reader import NamedFace
from facewright.files import HINT, replacing
from facewright.tasks.sightings import write_sightings

TABLES = (".csv",)
"""The endings of tables: a row for each face, and one for each picture or frame without any."""

_COLUMNS = ("name", "frame", "seconds", "number", "left", "top", "right", "bottom", "expression")


@dataclass(frozen=True, slots=True)
class Named:
    """A face, and what its expression looks like."""

    number: int
    """In a picture, 1 is the largest; in a clip, it stays with a face from frame to frame."""
    score: float
    """How sure the detector is that it is a face, 0 to 1."""
    box: NDArray[np.float32]
    """Left, top, right, bottom."""
    expression: str
    """The likeliest."""
    probabilities: dict[str, float]
    """Expression → 0 to 1."""
    seen: bool = True
    """False in frames of a clip where the face was lost for a moment, and all this is a guess."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The expressions in a picture, or in a frame of a clip."""

    name: str
    """The file, as it was named; of an archive with the member after a "!"."""
    width: int
    """Pixels of the upright picture, which coordinates refer to."""
    height: int
    faces: tuple[Named, ...]
    frame: int | None = None
    """Of a clip, from 0 on."""
    seconds: float | None = None
    """When that frame is shown."""
    written: str | None = None
    """The picture with bars, or the clip that the frame is part of."""


@dataclass(frozen=True, slots=True)
class ReadClip:
    """What was read in a clip."""

    name: str
    width: int
    height: int
    frames: int
    """How many were looked at."""
    frames_with_faces: int
    people: int
    """Faces that were told apart: one that is gone for long counts again."""
    shares: dict[str, float]
    """Expression → its mean probability over all faces that were seen; empty if there were none."""
    finished: bool = True
    """False if someone ended it early."""


@dataclass(frozen=True, slots=True)
class Expressed:
    """What was read, and what was written."""

    lenient: bool = False
    """Whether refused files count as success."""
    pictures: list[Reading] = field(default_factory=list)
    clips: list[ReadClip] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    """Files that could not be read or written, each with the reason."""
    files: list[Path] = field(default_factory=list)
    """What was written."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.refused) and not self.lenient

    @property
    def finished(self) -> bool:
        """Whether nobody ended a clip early."""
        return all(clip.finished for clip in self.clips)


def describe_named(face: NamedFace) -> Named:
    """Return a face as scripts read it."""
    return Named(
        face.number,
        round(face.face.score, 4),
        face.face.box,
        face.expression,
        describe_scores(face.probabilities),
        face.seen,
    )


@contextlib.contextmanager
def write_readings(paths: Sequence[Path]) -> Iterator[Callable[[Reading], None]]:
    """Give a function that writes readings to files, which appear whole or not at all.

    Args:
        paths: Any of .json, .jsonl and .csv.

    Yields:
        What to call with each reading.

    Raises:
        FileError: A file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        writers: list[Callable[[Reading], None]] = []
        for path in paths:
            if path.suffix.lower() in TABLES:
                writers.append(stack.enter_context(_write_table(path)))
            else:
                writers.append(stack.enter_context(write_sightings(path)))

        def write(reading: Reading) -> None:
            for one in writers:
                one(reading)

        yield write


@contextlib.contextmanager
def _write_table(path: Path) -> Iterator[Callable[[Reading], None]]:
    """Give a function that writes readings to a table."""
    try:
        with (
            replacing(path) as unfinished,
            unfinished.open("w", encoding="utf-8", newline="") as file,
        ):
            table = csv.writer(file)
            table.writerow((*_COLUMNS, *EXPRESSIONS))
            yield lambda reading: table.writerows(_list_rows(reading))
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error


def _list_rows(reading: Reading) -> Iterator[list[object]]:
    """Yield the rows of a table for a picture or frame."""
    where = [reading.name, reading.frame, reading.seconds]
    seen = [face for face in reading.faces if face.seen]
    for face in seen:
        box = face.box.astype(float).round(2).tolist()
        yield [*where, face.number, *box, face.expression, *face.probabilities.values()]
    if not seen:
        yield [*where, None, *[None] * 4, NO_FACE, *[None] * len(EXPRESSIONS)]
