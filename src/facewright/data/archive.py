"""Read the files of a folder or a zip alike, and write a dataset as a zip."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, TypeAlias

from facewright.data.labels import LabelGroup, groups_to_json
from facewright.errors import DatasetError, FileError
from facewright.files import replacing
from facewright.media.decode import read_image_header
from facewright.types import Json

DESCRIPTION = "dataset.json"
"""The file at the root of a dataset that holds its labels."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""The endings of the files that count as pictures, in lower case."""

RawLabel: TypeAlias = "int | Sequence[float]"
"""The number of a class, or the whole vector."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_PER_FOLDER = 1000


class Source(Protocol):
    """A folder or a zip, read in the same way."""

    def list_files(self) -> dict[str, str]:
        """Return path inside the source → a cheap fingerprint, in order of the paths."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one file; raises OSError or zipfile.BadZipFile."""
        ...


class FolderSource:
    """The files below a folder; the fingerprint of each is its size."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list_files(self) -> dict[str, str]:
        """Return path inside the folder, with forward slashes → size; that of a dead link is ""."""
        files = {}
        for folder, _, names in os.walk(self._path):
            for name in names:
                path = Path(folder, name)
                files[path.relative_to(self._path).as_posix()] = _measure(path)
        return dict(sorted(files.items()))

    def open(self, name: str) -> IO[bytes]:
        """Open one file of the folder."""
        return (self._path / name).open("rb")


class ZipSource:
    """The files in a zip; the fingerprint of each is its size and checksum."""

    def __init__(self, path: Path) -> None:
        """Read the directory of the zip; raises zipfile.BadZipFile."""
        self._zip = zipfile.ZipFile(path)

    def list_files(self) -> dict[str, str]:
        """Return path inside the zip → size and CRC-32."""
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        return {
            info.filename: f"{info.file_size} {info.CRC:08x}"
            for info in sorted(infos, key=lambda info: info.filename)
        }

    def open(self, name: str) -> IO[bytes]:
        """Open one file of the zip; several threads may."""
        return self._zip.open(name)


def open_source(path: Path) -> Source:
    """Open a folder or a zip.

    Raises:
        DatasetError: It does not exist or is neither.
    """
    if path.is_dir():
        return FolderSource(path)
    if not path.exists():
        raise DatasetError(f"there is no dataset at {path}", hint="check the path")
    try:
        return ZipSource(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path} is neither a folder nor a zip: {error}",
            hint="a dataset is a folder or zip of square PNG, JPEG or WebP pictures",
        ) from error


def write_dataset(
    path: Path,
    items: Iterable[tuple[bytes, RawLabel | None]],
    *,
    label_groups: Sequence[LabelGroup] | None = None,
    extra: Mapping[str, Json] | None = None,
) -> int:
    """Write pictures and labels as a dataset that StyleGAN trainers read, too.

    Equal items give equal bytes. The file appears complete or not at all.

    Args:
        path: Where to write; must end in ".zip".
        items: Encoded PNG, JPEG or WebP pictures, each with its label, or all without one.
        label_groups: What the numbers of the labels mean.
        extra: More to keep in `dataset.json`, such as the licence.

    Returns:
        How many pictures were written.

    Raises:
        DatasetError: The path does not end in ".zip", there are no items, one is no square
            picture of the size of the first, or only some have labels.
    """
    if path.suffix != ".zip":
        raise DatasetError(f"a dataset is written as a .zip, not {path.name}")
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        return _write_zip(file, items, label_groups, extra)


def _measure(path: Path) -> str:
    """Return the size of a file, or nothing where a link leads nowhere."""
    try:
        return str(path.stat().st_size)
    except OSError:
        return ""


def _write_zip(
    file: IO[bytes],
    items: Iterable[tuple[bytes, RawLabel | None]],
    label_groups: Sequence[LabelGroup] | None,
    extra: Mapping[str, Json] | None,
) -> int:
    """Write the pictures, then their description."""
    labels: list[tuple[str, RawLabel | None]] = []
    first: tuple[int, int] | None = None
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, (picture, label) in enumerate(items):
            suffix = _guess_suffix(picture)
            size = _read_size(picture)
            first = first or size
            if not suffix or size is None or size[0] != size[1] or size != first:
                raise DatasetError(f"item {number} is no square picture like the first: {size}")
            name = f"{number // _PER_FOLDER:05d}/img{number:08d}{suffix}"
            archive.writestr(_describe_entry(name), picture)
            labels.append((name, label))
        if not labels:
            raise DatasetError("there are no pictures to write", hint="the source may be empty")
        description = dict(extra or {}) | {"labels": _labels_to_json(labels)}
        if label_groups:
            description["label_groups"] = groups_to_json(label_groups)
        archive.writestr(_describe_entry(DESCRIPTION), json.dumps(description, indent=1))
    return len(labels)


def _labels_to_json(labels: Sequence[tuple[str, RawLabel | None]]) -> Json:
    """Return the labels by name, or None where no picture has one."""
    without = [name for name, label in labels if label is None]
    if len(without) == len(labels):
        return None
    if without:
        raise DatasetError(f"{without[0]} has no label, but others have", hint="label all or none")
    return [
        [name, label if isinstance(label, int) else [float(x) for x in label or ()]]
        for name, label in labels
    ]


def _guess_suffix(picture: bytes) -> str | None:
    """Return the file ending that belongs to the first bytes of a picture, or None."""
    if picture.startswith(b"\xff\xd8"):
        return ".jpg"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    return ".webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else None


def _read_size(picture: bytes) -> tuple[int, int] | None:
    """Return width and height, or None for what is no picture."""
    try:
        return read_image_header(picture)[:2]
    except FileError:
        return None


def _describe_entry(name: str) -> zipfile.ZipInfo:
    """Return an entry of a zip that says nothing about when and where it was made."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
