"""Keep collected pictures in a folder, with a line for each about where it came from.

```text
LIBRARY/
  pictures/ab/ab12….jpg   every picture byte for byte, named after its sha256
  manifest.jsonl          one line per picture: a Record
  seen.jsonl              what need not be read again: addresses, clips, pictures that are alike
  removed.txt             sha256 of pictures that must not be used, and never come back
```
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from facewright.collect.duplicates import SAME, HashIndex, check_limit
from facewright.collect.library.journal import JournalWriter, read_journal
from facewright.collect.library.removals import Away, Removed, hold_removals, read_removals
from facewright.errors import FileError, InputError
from facewright.files import lock_file, replacing

MANIFEST, SEEN, REMOVED = "manifest.jsonl", "seen.jsonl", "removed.txt"
"""The files at the root of a library."""

Outcome: TypeAlias = Literal["added", "known", "similar", "removed"]
"""What `Library.add` did with a picture."""

_LOCK = ".lock"
_FILE = re.compile(r"pictures/[\w./-]+", re.ASCII)
_NUMBERS = ("width", "height", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Metadata of one picture: a line of the manifest."""

    file: str
    """Its path in the library, with forward slashes."""
    source: str
    """Where it came from: a path, a path inside an archive, or an address."""
    date: str
    """When it was collected, such as 2026-03-01."""
    sha256: str
    phash: str
    """`perceptual_hash` of the upright picture."""
    licence: str
    """Licence of the picture."""
    consent: str = ""
    """Who of the people shown agreed, and to what."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Group → value, such as {"age": "30-39", "gender": "Female"}."""
    width: int
    """Width of the upright picture in pixels."""
    height: int
    bytes: int
    """Size of the file in bytes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may enter a library."""

    data: bytes
    record: Record


class Library:
    """The pictures of a folder while more are added. Made by `open_library`."""

    def __init__(self, folder: Path, *, similar: int | None = SAME) -> None:
        """Read what a library holds, and repair what an interrupted run left."""
        if similar is not None:
            check_limit(similar)
        self.folder = folder
        self.records = {record.sha256: record for record in read_records(folder)}
        self.seen: dict[str, Mapping[str, Any]] = {
            str(entry.get("key")): entry for entry in read_journal(folder / SEEN)
        }
        self.removed: dict[str, Removed] = {}
        self._away, self._stamp = Away(()), (0, 0, 0)
        self._read_removals()
        self._similar = similar
        self._index, self._indexed = HashIndex(), list[str]()
        for record in self.records.values():
            self._remember(record)
        self._manifest = JournalWriter(folder / MANIFEST)
        self._seen = JournalWriter(folder / SEEN)

    def close(self) -> None:
        """Close the files."""
        self._manifest.close()
        self._seen.close()

    def find(self, sha256: str) -> Outcome | None:
        """Look up a file by its hash, before it is decoded.

        Args:
            sha256: sha256 of its bytes in hexadecimal.

        Returns:
            "removed", "known" or, from an earlier run, "similar"; None for a file that is new.
        """
        if sha256 in self.removed:
            return "removed"
        if sha256 in self.records:
            return "known"
        copy = self.seen.get(f"picture {sha256}")
        if copy and copy.get("like") in self.removed:
            return "removed"
        return "similar" if copy and self._similar is not None else None

    def add(self, picture: Picture) -> Outcome:
        """Add a picture, unless it or one that looks the same is there already or was removed.

        The picture is on the disk before its line is in the manifest. What others removed since
        the library was opened counts.

        Args:
            picture: The picture and its record.

        Returns:
            "added"; or why it was not: "known", "similar" or "removed".

        Raises:
            FileError: The library cannot be written.
        """
        with hold_removals(self.folder):
            self._read_removals()
            return self._add(picture)

    def note(self, key: str, details: Mapping[str, Any]) -> None:
        """Record a source that need not be read again.

        Args:
            key: What was read: an address or a clip.
            details: By what a change of it is recognised.
        """
        entry = {"key": key, **details}
        if self.seen.get(key) != entry:
            self._seen.write(entry)
            self.seen[key] = entry

    def _add(self, picture: Picture) -> Outcome:
        """Add a picture while nobody removes any."""
        record = picture.record
        if known := self.find(record.sha256):
            return known
        twin = self._find_twin(record)
        limit = max(SAME, self._similar or 0)
        if twin in self.removed or self._away.holds(record.sha256, record.phash, limit=limit):
            return "removed"
        if twin is not None:
            self.note(f"picture {record.sha256}", {"like": twin, "source": record.source})
            return "similar"
        _write_whole(self.folder / record.file, picture.data)
        self._manifest.write(asdict(record))
        self.records[record.sha256] = record
        self._remember(record)
        return "added"

    def _read_removals(self) -> None:
        """Read which pictures are removed, if that has changed."""
        path = self.folder / REMOVED
        state = path.stat() if path.exists() else None
        stamp = (state.st_ino, state.st_size, state.st_mtime_ns) if state else (0, 0, 0)
        if stamp != self._stamp:
            self.removed = {entry.sha256: entry for entry in read_removals(path)}
            self._away, self._stamp = Away(self.removed.values()), stamp

    def _find_twin(self, record: Record) -> str | None:
        """Return the sha256 of a picture that looks the same, or None."""
        if self._similar is None:
            return None
        twin = self._index.nearest(record.phash, limit=self._similar)
        return self._indexed[twin[0]] if twin else None

    def _remember(self, known: Record) -> None:
        """Put a picture where pictures that look the same find it."""
        self._index.add(known.phash)
        self._indexed.append(known.sha256)


@contextlib.contextmanager
def open_library(folder: Path, *, similar: int | None = SAME) -> Iterator[Library]:
    """Open a library to add pictures to it; made if missing.

    Args:
        folder: Its path.
        similar: Pictures whose perceptual hashes differ in at most this many bits, 0 to 31, count
            as one; None leaves out identical files only.

    Yields:
        The library, locked against other writers.

    Raises:
        FileError: It is no library, is damaged, cannot be written, or another run is adding to it.
        InputError: The distance is out of range.
    """
    if folder.is_file():
        raise FileError(f"{folder} is a file", hint="a library is a folder: name another")
    if folder.is_dir() and not is_library(folder) and any(folder.iterdir()):
        raise FileError(
            f"{folder} holds other files and is no library", hint="name a new folder with -o"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a")
    except OSError as error:
        raise FileError(f"{folder} cannot be written: {error.strerror or error}") from error
    with lock:
        if not lock_file(lock.fileno()):
            raise FileError(f"another run is adding to {folder}", hint="wait until it has ended")
        with contextlib.closing(Library(folder, similar=similar)) as library:
            yield library


def is_library(folder: Path) -> bool:
    """Return whether a folder is a library, even one that was only begun."""
    if (folder / MANIFEST).is_file():
        return True
    return (folder / _LOCK).is_file() and [path.name for path in folder.iterdir()] == [_LOCK]


def read_records(folder: Path) -> list[Record]:
    """Read the manifest of a library.

    Args:
        folder: The library.

    Returns:
        A record per picture, removed ones included, in the order of addition.

    Raises:
        FileError: A line is damaged.
    """
    return [_to_record(entry, folder / MANIFEST) for entry in read_journal(folder / MANIFEST)]


def name_picture(sha256: str, suffix: str) -> str:
    """Return the path of a picture within a library.

    >>> name_picture("ab12", ".jpg")
    'pictures/ab/ab12.jpg'
    """
    return f"pictures/{sha256[:2]}/{sha256}{suffix}"


def _to_record(entry: Mapping[str, Any], path: Path) -> Record:
    """Read one line of the manifest."""
    known = {f.name: entry[f.name] for f in fields(Record) if f.name in entry}
    kinds = dict.fromkeys(known, str) | {"labels": dict} | dict.fromkeys(_NUMBERS, int)
    fits = all(isinstance(value, kinds[name]) for name, value in known.items())
    try:
        record = Record(**known) if fits else None
    except TypeError:  # something is missing
        record = None
    if record is None or not _is_safe(record):
        raise FileError(f"{path} has a damaged entry: {str(entry)[:80]}", hint="take that line out")
    return record


def _is_safe(record: Record) -> bool:
    """Return whether a record means a picture of the library, with a hash that can be searched."""
    labels = (*record.labels, *record.labels.values())
    try:
        HashIndex().add(record.phash)
    except InputError:
        return False
    inside = _FILE.fullmatch(record.file) and ".." not in record.file
    return bool(inside) and all(isinstance(text, str) for text in labels)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all."""
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
