"""Records of expressions in pictures, frames and clips, for people and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facewright.expressions.classifier import EXPRESSIONS, describe_scores
from facewright.expressions.drawing import NO_FACE
from facewright.expressions.reader import NamedFace
from facewright.jobs.commands.photos.sightings.records import ClipRecord, ImageRecord
from facewright.jobs.effect import Frame, Outcome
from facewright.types import Image

COLUMNS = (
    *("name", "frame", "seconds", "number", "left", "top", "right", "bottom", "expression"),
    *EXPRESSIONS,
)
"""Columns of a table with a row per face, and one per picture or frame without a face."""

_MOST = 20  # pictures that are named one by one


@dataclass(frozen=True, slots=True)
class Named:
    """A face and its expression."""

    number: int
    """In a picture, 1 is the largest; in a clip, it stays with a face from frame to frame."""
    score: float
    """Score of the detector, 0 to 1."""
    box: NDArray[np.float32]
    """(4,): left, top, right, bottom in pixels."""
    expression: str
    """The most probable expression."""
    probabilities: dict[str, float]
    """Expression → probability, 0 to 1."""
    seen: bool = True
    """False in frames of a clip where the face was lost briefly, and the values are estimates."""


@dataclass(frozen=True, slots=True)
class ReadClip(ClipRecord):
    """Expressions in a clip."""

    shares: dict[str, float] = field(default_factory=dict)
    """Expression → its mean probability over all faces that were seen; empty if there were none."""


def describe_faces(
    name: str, image: Image, faces: Sequence[NamedFace], frame: Frame | None = None
) -> ImageRecord:
    """Say what was read in a picture or frame.

    Args:
        name: Name of the file.
        image: (height, width, 3), uint8, before bars were drawn.
        faces: Faces and their expressions.
        frame: The frame of a clip; None for a picture.
    """
    told = tuple(
        Named(
            one.number,
            round(one.face.score, 4),
            one.face.box,
            one.expression,
            describe_scores(one.probabilities),
            one.seen,
        )
        for one in faces
    )
    at = (frame.number, round(frame.seconds, 4)) if frame else (None, None)
    return ImageRecord(name, image.shape[1], image.shape[0], told, *at)


def list_rows(record: ImageRecord) -> Iterator[list[object]]:
    """Yield the rows of a table for a picture or frame."""
    where = [record.name, record.frame, record.seconds]
    seen = [face for face in record.faces if face.seen]
    for face in seen:
        box = face.box.astype(float).round(2).tolist()
        yield [*where, face.number, *box, face.expression, *face.probabilities.values()]
    if not seen:
        yield [*where, None, *[None] * 4, NO_FACE, *[None] * len(EXPRESSIONS)]


def sum_up_readings(outcome: Outcome) -> list[str]:
    """Return what was read in each picture, and in all of each clip, in words."""
    lines = [f"{one.name}: {_tell_faces(one)}" for one in outcome.pictures[:_MOST]]
    if len(outcome.pictures) > _MOST:
        lines.append(f"and {len(outcome.pictures) - _MOST} more pictures: --json lists all")
    for clip in outcome.clips:
        shares = sorted(clip.shares.items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        lines += [str(clip), f"  {told}"] if told else [str(clip)]
    return lines


def _tell_faces(record: Any) -> str:
    """Return the likeliest expression of each face in words."""
    named = (f"{one.expression} {one.probabilities[one.expression]:.0%}" for one in record.faces)
    return ", ".join(named) or NO_FACE
