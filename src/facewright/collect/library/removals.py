"""Mark pictures of a library as removed: no longer used, and never collected again.

`removed.txt` has one line per picture: its sha256, then its perceptual hash, so that copies of
another size stay away too, then where it came from. A line that holds only a sha256 is good enough;
empty lines and those that begin with `#` do not count. Lines are only ever added here.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from facewright.collect.duplicates import SAME, HashIndex
from facewright.collect.library.journal import read_journal
from facewright.errors import FileError, InputError
from facewright.files import locked, replacing

_HASH = "[0-9a-fA-F]{64}"
_LINE = re.compile(rf"(?P<sha256>{_HASH})(?:\s+(?P<phash>{_HASH}))?(?:\s+(?P<source>.*))?")
_LOCK = ".removed.lock"
_SHORTEST = 8  # digits of a sha256 that name a picture
_HEAD = "# Pictures that must not be used: sha256, perceptual hash, where they came from.\n"


@dataclass(frozen=True, slots=True)
class Removed:
    """A picture that must not be used."""

    sha256: str
    phash: str = ""
    """Perceptual hash; empty where only identical files count."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture that was left out because it looks like one of the library."""

    sha256: str
    source: str
    """Where it came from."""
    like: str
    """The sha256 of the one in the library."""
    file: str = ""
    """It has none there."""
    phash: str = ""


class Named(Protocol):
    """Attributes by which a picture can be named."""

    @property
    def file(self) -> str:
        """Its path in the library."""
        ...

    @property
    def source(self) -> str:
        """Where it came from."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        ...

    @property
    def phash(self) -> str:
        """What it looks like."""
        ...


def read_removals(path: Path) -> list[Removed]:
    """Read which pictures are removed.

    Args:
        path: `removed.txt`; one that is missing counts as empty.

    Returns:
        The removed pictures in order.

    Raises:
        FileError: A line is invalid.
    """
    found = []
    for number, line in enumerate(_read(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if not match:
            raise FileError(
                f"line {number} of {path} names no picture: `{text[:40]}`",
                hint="each line begins with a sha256",
            )
        sha256, phash = match["sha256"].lower(), (match["phash"] or "").lower()
        found.append(Removed(sha256, phash, match["source"] or ""))
    return found


def read_copies(path: Path) -> list[Copy]:
    """Read which pictures were left out of a library because they look like one of it.

    Args:
        path: `seen.jsonl`; one that is missing counts as empty.

    Returns:
        The copies in the order in which they were found, also those that were added later.

    Raises:
        FileError: A line is damaged.
    """
    copies = []
    for entry in read_journal(path):
        kind, _, sha256 = str(entry.get("key")).partition(" ")
        if kind == "picture":
            copies.append(Copy(sha256, str(entry.get("source", "")), str(entry.get("like", ""))))
    return copies


def add_removals(path: Path, removed: Iterable[Removed]) -> None:
    """Append removed pictures to the list, all of them or none.

    Args:
        path: `removed.txt`.
        removed: Pictures that are not in it yet.

    Raises:
        FileError: The file cannot be read or written.
    """
    lines = [_to_line(entry) for entry in removed]
    if not lines:
        return
    try:
        before = path.read_bytes() if path.exists() else _HEAD.encode()
        before += b"\n" if before and not before.endswith(b"\n") else b""
        with replacing(path) as unfinished:
            unfinished.write_bytes(before + "".join(lines).encode("utf-8", "replace"))
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def hold_removals(folder: Path) -> Iterator[None]:
    """Lock a library against other runs that add or remove pictures, while a block runs.

    Args:
        folder: The library.

    Yields:
        Nothing.

    Raises:
        FileError: The folder cannot be written, or another run does not end.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / _LOCK))
        except OSError as error:
            reason = error.strerror or error
            raise FileError(f"{folder / _LOCK} cannot be locked: {reason}") from error
        yield


class Away:
    """Lookup of pictures that must not be used: removed ones, and their near duplicates."""

    def __init__(self, removals: Iterable[Removed]) -> None:
        self._hashes: set[str] = set()
        self._index = HashIndex()
        for removed in removals:
            self._hashes.add(removed.sha256)
            if removed.phash:
                self._index.add(removed.phash)

    def holds(self, sha256: str, phash: str, *, limit: int = SAME) -> bool:
        """Return whether a picture must not be used.

        Args:
            sha256: Of its bytes.
            phash: What it looks like.
            limit: Largest distance in bits of the perceptual hash of a copy, 0 to 31.
        """
        if sha256 in self._hashes:
            return True
        return len(self._index) > 0 and self._index.nearest(phash, limit=limit) is not None


def find_away(pictures: Iterable[Named], removals: Iterable[Removed]) -> set[str]:
    """Find the pictures that must not be used.

    Args:
        pictures: All of a library.
        removals: From `read_removals`.

    Returns:
        The sha256 of each that was removed, or is a near duplicate of one that was.
    """
    away = Away(removals)
    return {picture.sha256 for picture in pictures if away.holds(picture.sha256, picture.phash)}


def find_named(records: Sequence[Named], names: Iterable[str]) -> list[Removed]:
    """Find the pictures that a user names.

    Args:
        records: All pictures.
        names: Each the sha256 of a picture, eight digits or more of its beginning, its path in the
            library, or where it came from (all that came from there).

    Returns:
        The pictures, each once.

    Raises:
        InputError: A name fits no picture, or its few digits fit several.
    """
    found: dict[str, Removed] = {}
    for name in names:
        fitting = [record for record in records if _fits(record, name)]
        exact = [record for record in fitting if name in {record.file, record.source}]
        if not fitting or (len(fitting) > 1 and not exact):
            problem = "fits several pictures" if fitting else "is no picture of the library"
            raise InputError(
                f"`{name}` {problem}",
                hint="name a sha256, a path as in manifest.jsonl, or a source",
            )
        found |= {r.sha256: Removed(r.sha256, r.phash, r.source) for r in fitting}
    return list(found.values())


def _fits(record: Named, name: str) -> bool:
    """Return whether a picture is meant."""
    begins = len(name) >= _SHORTEST and record.sha256.startswith(name.lower())
    return begins or name in {record.file, record.source}


def _to_line(entry: Removed) -> str:
    """Return a picture as a line, whatever is in the name of its source."""
    source = " ".join(entry.source.splitlines())
    return " ".join(filter(None, (entry.sha256, entry.phash, source))) + "\n"


def _read(path: Path) -> str:
    """Return the text of a file, none where it is missing."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
