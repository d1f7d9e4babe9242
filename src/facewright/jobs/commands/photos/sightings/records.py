"""Records of faces in pictures, frames and clips, for people and scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from facewright.faces.detection.doubts import describe_doubtful, split_doubtful
from facewright.faces.geometry.topology import five_points
from facewright.faces.pose import estimate_pose
from facewright.jobs.effect import Frame, Item, Outcome, name_written
from facewright.pipelines.pipeline import Step
from facewright.types import Face, Image

_MOST = 20  # pictures that are named one by one


@dataclass(frozen=True, slots=True)
class Sighted:
    """A face in a picture or frame; coordinates as in `Face`, angles as in `faces.pose.Pose`."""

    number: int
    """In a picture, 1 is the largest; in a clip, it stays with a face from frame to frame."""
    score: float
    """Score of the detector, 0 to 1."""
    box: NDArray[np.float32]
    """(4,): left, top, right, bottom in pixels."""
    yaw: float
    """In degrees; positive towards the right edge of the picture."""
    pitch: float
    """In degrees; positive is up."""
    roll: float
    """In degrees; positive is clockwise as seen in the picture."""
    points: NDArray[np.float32]
    """(478, 3) or (5, 3): x, y, z; (0, 3) where they were written to a file and are not kept."""
    seen: bool = True
    """False in frames of a clip where the face was lost for a moment, and its place is a guess."""
    crop: str | None = None
    """Path of its crop; None without one."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """Record of a picture, or of a frame of a clip."""

    name: str
    """The file, as it was named; of an archive with the member after a "!"."""
    width: int
    """Width in pixels of the upright picture, which coordinates refer to."""
    height: int
    faces: tuple[Any, ...]
    """A record per face, of the type that the command uses."""
    frame: int | None = None
    """Index of the frame in a clip, from 0; None for a picture."""
    seconds: float | None = None
    """Time of that frame in seconds; None for a picture."""
    written: str | None = None
    """Path of the annotated picture, or of the clip that the frame is part of; None without one."""


@dataclass(frozen=True, slots=True)
class Sighting(ImageRecord):
    """The faces in a picture, or in a frame of a clip."""

    doubtful: str | None = None
    """For a picture without a face: where there may be one, and which option would accept it."""


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """Record of a clip."""

    name: str
    width: int
    height: int
    frames: int
    """Number of frames processed."""
    frames_with_faces: int
    people: int
    """Number of tracked faces; one that is absent for long counts again."""

    def __str__(self) -> str:
        """Return a summary in words."""
        people = count(self.people, "tracked face") if self.people else "nobody"
        return f"{self.name}: {people} in {self.frames_with_faces} of {self.frames} frames"


Record = TypeVar("Record", bound=ImageRecord)


def describe_face(number: int, face: Face, *, mesh: bool, seen: bool = True) -> Sighted:
    """Describe position and pose of a face.

    Args:
        number: Number of the face.
        face: With the points of a mesh.
        mesh: Keep all 478 points; otherwise the middles of the eyes, the tip of the nose and the
            corners of the mouth.
        seen: Whether it was detected, not estimated.
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
    )


def describe_picture(
    name: str, image: Image, found: Sequence[Face], *, threshold: float, mesh: bool
) -> Sighting:
    """Describe the faces in a picture.

    Args:
        name: Name of the file.
        image: (height, width, 3), uint8.
        found: Its faces, the largest first, and candidates with a lower score.
        threshold: Least score of a face, 0 to 1.
        mesh: As `describe_face` takes it.
    """
    faces, doubtful = split_doubtful(found, threshold)
    told = tuple(describe_face(number, face, mesh=mesh) for number, face in enumerate(faces, 1))
    best = max(doubtful, key=lambda face: face.score, default=None)
    said = describe_doubtful(best, threshold=threshold) if best and not faces else None
    return Sighting(name, image.shape[1], image.shape[0], told, doubtful=said)


def describe_frame(item: Item, frame: Frame, step: Step, *, mesh: bool) -> Sighting:
    """Describe the faces in a frame.

    Args:
        item: The clip.
        frame: The frame.
        step: Result of a `FindSession` for the frame.
        mesh: As `describe_face` takes it.
    """
    image, tracked = step.reading
    told = tuple(describe_face(one.number, one.face, mesh=mesh, seen=one.seen) for one in tracked)
    at = frame.number, round(frame.seconds, 4), name_written(item.path)
    return Sighting(item.source, image.shape[1], image.shape[0], told, *at)


def add_crops(record: Record, crops: Mapping[int, Path]) -> Record:
    """Return a record that says into which file each face was cut out."""
    if not crops:
        return record
    faces = (replace(one, crop=name_written(crops.get(one.number))) for one in record.faces)
    return replace(record, faces=tuple(faces))


def drop_points(record: Record) -> Record:
    """Return what was found without its points, which take most of the memory."""
    none = np.zeros((0, 3), np.float32)
    return replace(record, faces=tuple(replace(face, points=none) for face in record.faces))


def sum_up_found(outcome: Outcome) -> list[str]:
    """Return how many faces there are and where, and where there may be some, in words."""
    counts, lines = [len(picture.faces) for picture in outcome.pictures], list[str]()
    if counts or not outcome.clips:
        without = counts.count(0)
        shown = len(counts) - without
        rest = f", none in {count(without, 'picture')}" if without and shown else ""
        where = count(shown or without, "picture")
        lines.append(f"{count(sum(counts), 'face')} in {where}{rest}")
    doubtful = [one for one in outcome.pictures if one.doubtful]
    lines += [f"{one.name}: {one.doubtful}" for one in doubtful[:_MOST]]
    return lines + [str(clip) for clip in outcome.clips]


def count(number: int, thing: str) -> str:
    """Return a number of things in words.

    >>> count(1, "face"), count(2, "face"), count(0, "picture")
    ('1 face', '2 faces', 'no picture')
    """
    return f"{number or 'no'} {thing}{'s' * (number > 1)}"
