"""What was found in pictures and clips, as people and scripts read it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facewright.collect.sources.items import Refusal, to_printable
from facewright.errors import FileError
from facewright.faces.geometry.topology import five_points
from facewright.faces.pose import estimate_pose
from facewright.files import HINT, replacing
from facewright.types import Face

RECORDS = (".json", ".jsonl")
"""The endings of files that sightings are written to: one array, or one object per line."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A face in a picture or frame; coordinates as in `Face`, angles as in `faces.pose.Pose`."""

    number: int
    """In a picture, 1 is the largest; in a clip, it stays with a face from frame to frame."""
    score: float
    """How sure the detector is, 0 to 1."""
    box: NDArray[np.float32]
    """Left, top, right, bottom."""
    yaw: float
    """Degrees; positive looks towards the right edge of the picture."""
    pitch: float
    """Degrees; positive looks up."""
    roll: float
    """Degrees; positive is tilted clockwise as seen in the picture."""
    points: NDArray[np.float32]
    """(478, 3) or (5, 3): x, y, z; (0, 3) where they were written to a file and are not kept."""
    seen: bool = True
    """False in frames of a clip where the face was lost for a moment, and its place is a guess."""
    crop: str | None = None
    """The file into which it was cut out."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The faces in a picture, or in a frame of a clip."""

    name: str
    """The file, as it was named; of an archive with the member after a "!"."""
    width: int
    """Pixels of the upright picture, which coordinates refer to."""
    height: int
    faces: tuple[Sighted, ...]
    frame: int | None = None
    """Of a clip, from 0 on."""
    seconds: float | None = None
    """When that frame is shown."""
    written: str | None = None
    """The annotated picture, or the annotated clip that the frame is part of."""
    doubtful: str | None = None
    """Of a picture without a face: where there may be one, and which option takes it."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """What was found in a clip."""

    name: str
    width: int
    height: int
    frames: int
    """How many were looked at."""
    frames_with_faces: int
    people: int
    """Faces that were told apart: one that is gone for long counts again."""


@dataclass(frozen=True, slots=True)
class Found:
    """What `find` found, and what it wrote."""

    lenient: bool = False
    """Whether refused files count as success."""
    pictures: list[Sighting] = field(default_factory=list)
    """Without points if they went to a file, so that large folders do not fill the memory."""
    clips: list[Filmed] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    """Files that could not be read or written, each with the reason."""
    files: list[Path] = field(default_factory=list)
    """What was written."""

    @property
    def faces(self) -> int:
        """How many faces there are in all pictures; those in clips are not among them."""
        return sum(len(picture.faces) for picture in self.pictures)

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.refused) and not self.lenient


def describe_face(
    number: int, face: Face, *, mesh: bool, seen: bool = True, crop: Path | None = None
) -> Sighted:
    """Say where a face is and which way it looks.

    Args:
        number: Of the face.
        face: With the points of a mesh.
        mesh: Keep all 478 points; otherwise the middles of the eyes, the tip of the nose and the
            corners of the mouth.
        seen: Whether it was found, not guessed.
        crop: The file into which it was cut out.

    Returns:
        The face as scripts read it.
    """
    pose = estimate_pose(face.points)
    return Sighted(
        number,
        score=round(face.score, 4),
        box=face.box,
        yaw=round(pose.yaw, 2),
        pitch=round(pose.pitch, 2),
        roll=round(pose.roll, 2),
        points=face.points if mesh else five_points(face.points),
        seen=seen,
        crop=name_written(crop),
    )


def name_written(path: Path | None) -> str | None:
    """Return what a record calls a file that was written."""
    return None if path is None else to_printable(str(path))


def drop_points(sighting: Sighting) -> Sighting:
    """Return what was found without its points, which take most of the memory."""
    none = np.zeros((0, 3), np.float32)
    return replace(sighting, faces=tuple(replace(face, points=none) for face in sighting.faces))


@contextlib.contextmanager
def write_sightings(path: Path | None) -> Iterator[Callable[[Any], None]]:
    """Give a function that writes sightings to a file, which appears whole or not at all.

    Any dataclass that JSON can hold is written, arrays as lists of numbers with two decimals.

    Args:
        path: .jsonl for one JSON object per line, .json for an array of them; None for no file.

    Yields:
        What to call with each sighting.

    Raises:
        FileError: The file cannot be written.
    """
    if path is None:
        yield lambda _sighting: None
        return
    array = path.suffix.lower() == ".json"
    between = "[\n" if array else ""
    try:
        with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:

            def write(sighting: Any) -> None:
                nonlocal between
                line = json.dumps(asdict(sighting), ensure_ascii=False, default=_to_numbers)
                file.write(between + line)
                between = ",\n" if array else "\n"

            yield write
            empty = "[" if array and between == "[\n" else ""
            file.write(empty + ("\n]\n" if array else "\n" if between else ""))
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error


def _to_numbers(array: Any) -> Any:
    """Return an array as lists of numbers with two decimals."""
    return array.astype(np.float64).round(2).tolist()
