"""What was read of characters, as people and scripts take it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from facewright.expressions.classifier import describe_scores
from facewright.expressions.reader import NamedFace
from facewright.jobs.commands.photos.sightings.readings import COLUMNS, Named, list_rows
from facewright.jobs.commands.photos.sightings.records import ImageRecord as Reading
from facewright.jobs.records import Write, write_records

__all__ = ["Reading", "describe_named", "write_readings"]


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


def write_readings(paths: Sequence[Path]) -> AbstractContextManager[Write]:
    """Give a function that writes readings to files, which appear whole or not at all."""
    return write_records(paths, COLUMNS, list_rows)
