"""Read the training data: FER2013, and the votes of FER+."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facewright.datasets.archive import UNREADABLE, Source, open_source, read_all
from facewright.datasets.contents import map_threads
from facewright.errors import DatasetError, FileError
from facewright.expressions.classifier import EXPRESSIONS
from facewright.media.decode import read_image

VOTES = (
    *("neutral", "happiness", "surprise", "sadness", "anger"),
    *("disgust", "fear", "contempt", "unknown", "NF"),
)
"""Classes of the votes of FER+ by ten annotators (Barsoum et al. 2016); NF is no face."""
SAME = (4, 5, 6, 1, 3, 2, 0)
"""For each of `EXPRESSIONS`, the index of the same class in `VOTES`."""
TRAINING, PUBLIC, PRIVATE = "Training", "PublicTest", "PrivateTest"
"""The parts of FER2013: training, validation and test."""

_TABLE = "labels.csv"
_COLUMNS = ("file", "usage", "fer2013_label", *VOTES)
_HINT = f"a folder or zip with pictures and {_TABLE}: {', '.join(_COLUMNS)}"


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces in grey, all of one size, with labels and votes."""

    faces: NDArray[np.uint8]
    """(n, size, size)."""
    labels: NDArray[np.int64]
    """(n,), indices of `EXPRESSIONS`: the labels of FER2013."""
    votes: NDArray[np.float32]
    """(n, 10), number of votes for each of `VOTES`."""

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Collection:
    """All parts of a data set, with its name and hash."""

    name: str
    sha256: str
    """Hash of the table and the names, sizes and checksums of the pictures."""
    parts: Mapping[str, Examples]
    """Examples by usage; at least `TRAINING` and `PUBLIC` have some."""


def read_examples(path: Path) -> Collection:
    """Read faces and their labels into memory.

    Args:
        path: A folder or zip of square pictures of one size with `labels.csv` beside them.

    Raises:
        DatasetError: There is no such set, its table has no such columns or labels, a picture is
            missing or damaged, or a part is empty.
    """
    source = open_source(path)
    files = source.list_files()
    rows, table = _read_table(source, files, path)
    names = _find_pictures(rows, files, path)
    faces = _read_faces(source, names, path)
    labels = np.array([_read_label(row, path) for row in rows], np.int64)
    votes = np.array([_read_votes(row, path) for row in rows], np.float32)
    usages = np.array([row["usage"] for row in rows])
    parts = {
        usage: Examples(faces[usages == usage], labels[usages == usage], votes[usages == usage])
        for usage in (TRAINING, PUBLIC, PRIVATE)
    }
    for usage in (TRAINING, PUBLIC):
        if not len(parts[usage]):
            raise DatasetError(f"{path} has no examples for {usage}", hint=_HINT)
    listing = "\n".join(f"{name} {files[name]}" for name in names)
    sha256 = hashlib.sha256((table + listing).encode()).hexdigest()
    return Collection(path.stem, sha256, parts)


def _read_table(
    source: Source, files: Mapping[str, str], path: Path
) -> tuple[list[dict[str, str]], str]:
    """Return the rows of the table, and its text."""
    if _TABLE not in files:
        raise DatasetError(f"{path} has no {_TABLE}", hint=_HINT)
    try:
        with source.open(_TABLE) as file:
            text = read_all(file).decode("utf-8-sig")
    except UNREADABLE as error:
        raise DatasetError(f"{_TABLE} in {path} cannot be read: {error}") from error
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise DatasetError(f"{_TABLE} in {path} lacks {', '.join(missing)}", hint=_HINT)
    return list(reader), text


def _find_pictures(rows: list[dict[str, str]], files: Mapping[str, str], path: Path) -> list[str]:
    """Return the path of the picture of each row; tables name them with their folder or without."""
    by_name = {name.rpartition("/")[2]: name for name in files}
    names = [row["file"] if row["file"] in files else by_name.get(row["file"]) for row in rows]
    missing = [row["file"] for row, name in zip(rows, names, strict=True) if name is None]
    if missing:
        raise DatasetError(
            f"{path} lacks {len(missing)} of {len(rows)} pictures, such as {missing[0]}",
            hint=f"{_TABLE} has to belong to the pictures",
        )
    return [name for name in names if name is not None]


def _read_faces(source: Source, names: list[str], path: Path) -> NDArray[np.uint8]:
    """Decode all pictures, (n, size, size)."""

    def read(name: str) -> NDArray[np.uint8]:
        try:
            with source.open(name) as file:
                image = read_image(read_all(file))
        except (*UNREADABLE, FileError) as error:
            raise DatasetError(f"{name} in {path} is damaged: {error}") from error
        return np.ascontiguousarray(image[..., 1])  # green: grey pictures have three alike

    faces = map_threads(read, names)
    shapes = {face.shape for face in faces}
    if len(shapes) > 1 or any(height != width for height, width in shapes):
        raise DatasetError(f"the pictures in {path} are not square and of one size", hint=_HINT)
    return np.stack(faces) if faces else np.zeros((0, 1, 1), np.uint8)


def _read_label(row: Mapping[str, str], path: Path) -> int:
    """Return the index of the expression of a row."""
    label = row["fer2013_label"]
    if label not in EXPRESSIONS:
        raise DatasetError(
            f"{row['file']} in {path} is labelled `{label}`",
            hint=f"one of: {', '.join(EXPRESSIONS)}",
        )
    return EXPRESSIONS.index(label)


def _read_votes(row: Mapping[str, str], path: Path) -> list[float]:
    """Return the votes of a row."""
    try:
        votes = [float(row[name] or 0) for name in VOTES]
    except ValueError as error:
        raise DatasetError(f"the votes for {row['file']} in {path} are no numbers") from error
    if min(votes) < 0:
        raise DatasetError(f"the votes for {row['file']} in {path} are below 0")
    return votes
