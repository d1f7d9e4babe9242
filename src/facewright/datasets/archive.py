"""Read files from a folder or a zip through one interface, and write a dataset as a zip."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, TypeAlias

from facewright.datasets.labels import LabelGroup, groups_to_json
from facewright.errors import DatasetError, FileError
from facewright.files import decode_letters, find_placeholder, replacing
from facewright.media.decode import read_image_header
from facewright.types import Json

DESCRIPTION = "dataset.json"
"""The file at the root of a dataset that holds its labels."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""Suffixes of the files that count as pictures, in lower case."""

RawLabel: TypeAlias = "int | Sequence[float]"
"""The index of a class, or the vector of a label."""

UNREADABLE = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError, MemoryError),
    *(RuntimeError, AttributeError, struct.error, zlib.error, zipfile.BadZipFile),
)
"""Exceptions that the standard library is known to raise on damaged zips and files."""

MOST_BYTES = 1 << 28
"""Largest unpacked size of one file of a dataset: enough for a picture of 8192×8192 pixels."""

_BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack without a limit when read
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_PER_FOLDER = 1000
_NO_ZIPS = {b"Rar!": "a RAR archive", b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive"}  # by first bytes
ENCRYPTED = 1
"""Flag of an encrypted member of a zip (APPNOTE 4.4.4)."""
_UTF8 = 0x800  # the flag of a member whose name is UTF-8 (APPNOTE 4.4.4)


class Source(Protocol):
    """A folder or a zip, read through one interface."""

    def list_files(self) -> dict[str, str]:
        """Return path inside the source → a cheap fingerprint, sorted by path."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one file; raises OSError or zipfile.BadZipFile, and reading raises `UNREADABLE`."""
        ...


class FolderSource:
    """The files below a folder; the fingerprint of each is its size."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list_files(self) -> dict[str, str]:
        """Return path inside the folder, with forward slashes → size; "" for a broken link."""
        files = {}
        for folder, _, names in os.walk(self._path):
            for name in names:
                path = Path(folder, name)
                files[path.relative_to(self._path).as_posix()] = _measure(path)
        return dict(sorted(files.items()))

    def open(self, name: str) -> IO[bytes]:
        """Open one file of the folder; a pipe or device raises OSError, since it may never end."""
        path = self._path / name
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("is no regular file")
        return path.open("rb")


class ZipSource:
    """The files in a zip; the fingerprint of each is its size and checksum."""

    def __init__(self, path: Path) -> None:
        """Read the directory of the zip; raises zipfile.BadZipFile."""
        self._zip = zipfile.ZipFile(path)
        self._members = {name_member(info): info for info in self._zip.infolist()}

    def list_files(self) -> dict[str, str]:
        """Return path inside the zip → size and CRC-32."""
        return {
            name: f"{info.file_size} {info.CRC:08x}"
            for name, info in sorted(self._members.items())
            if not name.endswith("/")
        }

    def open(self, name: str) -> IO[bytes]:
        """Open one file of the zip; safe to call from several threads."""
        return open_member(self._zip, self._members[name])


class _Below:
    """The files below one folder of a source."""

    def __init__(self, source: Source, folder: str) -> None:
        self._source, self._folder = source, folder

    def list_files(self) -> dict[str, str]:
        """Return path below the folder → fingerprint."""
        files = self._source.list_files().items()
        start = len(self._folder)
        return {name[start:]: mark for name, mark in files if name.startswith(self._folder)}

    def open(self, name: str) -> IO[bytes]:
        """Open one file."""
        return self._source.open(self._folder + name)


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
    except UNREADABLE as error:
        raise DatasetError(
            f"{path} {explain_no_zip(path, error, 'is neither a folder nor a zip')}",
            hint="a dataset is a folder or zip of square PNG, JPEG or WebP pictures",
        ) from error


def explain_no_zip(path: Path, error: Exception, usual: str) -> str:
    """Return why a file cannot be opened as a zip, and what to do about it.

    Args:
        path: The file.
        error: The exception that opening it raised.
        usual: The answer for unknown kinds of files, such as "is no zip".

    Returns:
        The predicate of a message, such as "is a web page: download the file itself".
    """
    head = b""
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(64)
    if found := find_placeholder(head):
        return f"is {found.name}: {found.hint}"
    if kind := next((kind for start, kind in _NO_ZIPS.items() if head.startswith(start)), ""):
        return f"is {kind}: unpack it, or pack it as a zip"
    if head.startswith(b"PK\3\4") and isinstance(error, zipfile.BadZipFile):
        return "breaks off: the list of what is in it, at its end, is missing; copy it again"
    return f"{usual}: {getattr(error, 'strerror', None) or error}"


def enter_dataset(source: Source) -> Source:
    """Return a dataset without the single folder that archivers may put around it.

    Args:
        source: With `dataset.json` at its root or in its only folder, or without one.
    """
    files = [name for name in source.list_files() if not is_hidden(name)]
    homes = [name for name in files if PurePosixPath(name).name == DESCRIPTION]
    folder = homes[0].removesuffix(DESCRIPTION) if len(homes) == 1 else ""
    pictures = (name for name in files if name.lower().endswith(SUFFIXES))
    whole = all(name.startswith(folder) for name in pictures)
    return _Below(source, folder) if folder and whole else source


def is_hidden(name: str) -> bool:
    """Return whether a path is hidden, or left behind by a system or an archiver."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def name_member(info: zipfile.ZipInfo) -> str:
    """Return the path of a file in a zip, decoded, with forward slashes.

    Windows writes backslashes. Archivers that do not say that a name is UTF-8, such as the one of
    macOS, make Python take it for code page 437; that of Korean Windows writes code page 949.
    """
    name = info.filename
    if not info.flag_bits & _UTF8:
        with contextlib.suppress(UnicodeEncodeError):
            name = _decode_name(name.encode("cp437"))
    return name.replace("\\", "/")


def _decode_name(data: bytes) -> str:
    """Decode a name whose zip does not declare its encoding."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode_letters(data, "cp437")


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Open one file of a zip, if its compression method bounds the unpacked size.

    Raises:
        zipfile.BadZipFile: It is encrypted or compressed in another way than deflate.
        Exception: Another of `UNREADABLE`.
    """
    if info.flag_bits & ENCRYPTED:
        raise zipfile.BadZipFile("encrypted: unpack it with its password first")
    if info.compress_type not in _BOUNDED:
        raise zipfile.BadZipFile(f"compressed in another way ({info.compress_type}) than deflate")
    return archive.open(info)


def read_all(file: IO[bytes]) -> bytes:
    """Read the rest of a file of a dataset.

    Raises:
        OSError: It is larger than `MOST_BYTES`.
        Exception: Another of `UNREADABLE`.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(f"is larger than {MOST_BYTES >> 20} MiB")
    return data


def write_dataset(
    path: Path,
    items: Iterable[tuple[bytes, RawLabel | None]],
    *,
    label_groups: Sequence[LabelGroup] | None = None,
    extra: Mapping[str, Json] | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> int:
    """Write pictures and labels as a dataset that other StyleGAN trainers can read too.

    Equal items give equal bytes. The file is written atomically.

    Args:
        path: Where to write; must end in ".zip".
        items: Encoded PNG, JPEG or WebP pictures, each with its label, or all without one.
        label_groups: The labels and their values, in the order of the dimensions of a label.
        extra: Further entries of `dataset.json`, such as the licence.
        beside: Further files, by name.

    Returns:
        How many pictures were written.

    Raises:
        DatasetError: The path does not end in ".zip", there are no items, one is no square
            picture of the size of the first, or only some have labels.
    """
    if path.suffix != ".zip":
        raise DatasetError(f"a dataset is written as a .zip, not {path.name}")
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        return _write_zip(file, items, label_groups, extra, beside)


def name_item(number: int, suffix: str) -> str:
    """Return the path of a picture in a dataset.

    >>> name_item(1234, ".png")
    '00001/img00001234.png'
    """
    return f"{number // _PER_FOLDER:05d}/img{number:08d}{suffix}"


def _measure(path: Path) -> str:
    """Return the size of a file; empty for a broken link."""
    try:
        return str(path.stat().st_size)
    except OSError:
        return ""


def _write_zip(
    file: IO[bytes],
    items: Iterable[tuple[bytes, RawLabel | None]],
    label_groups: Sequence[LabelGroup] | None,
    extra: Mapping[str, Json] | None,
    beside: Mapping[str, bytes] | None,
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
            name = name_item(number, suffix)
            archive.writestr(_describe_entry(name), picture)
            labels.append((name, label))
        if not labels:
            raise DatasetError("there are no pictures to write", hint="the source may be empty")
        description = dict(extra or {}) | {"labels": _labels_to_json(labels)}
        if label_groups:
            description["label_groups"] = groups_to_json(label_groups)
        archive.writestr(_describe_entry(DESCRIPTION), json.dumps(description, indent=1))
        for name, data in (beside or {}).items():
            archive.writestr(_describe_entry(name), data)
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
    """Return width and height, or None if it is no picture."""
    try:
        return read_image_header(picture)[:2]
    except FileError:
        return None


def _describe_entry(name: str) -> zipfile.ZipInfo:
    """Return an entry of a zip with a fixed date and system."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
