"""Mark pictures of a library as removed: no longer used, and never collected again.

`removed.txt` has one line per picture: its sha256, then its perceptual hash, so that copies of
another size stay away too, then where it came from. A line that holds only a sha256 is good enough;
empty lines and those that begin with `#` do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from facewright.errors import FileError, InputError
from facewright.files import replacing

_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})(?:\s+(?P<phash>[0-9a-f]{64}))?(?:\s+(?P<source>.*))?")
_SHORTEST = 8  # digits of a sha256 that name a picture
_HEAD = "# Pictures that must not be used: sha256, perceptual hash, where they came from.\n"


@dataclass(frozen=True, slots=True)
class Removed:
    """A picture that must not be used."""

    sha256: str
    phash: str = ""
    """What it looks like; empty where only its bytes count."""
    source: str = ""


class Named(Protocol):
    """What a picture can be named by."""

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
        They in order.

    Raises:
        FileError: A line is something else: it must not go unnoticed.
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
        found.append(Removed(match["sha256"], match["phash"] or "", match["source"] or ""))
    return found


def write_removals(path: Path, removed: Iterable[Removed]) -> None:
    """Write which pictures are removed, whole or not at all.

    Args:
        path: `removed.txt`.
        removed: All of them.

    Raises:
        FileError: The file cannot be written.
    """
    lines = [" ".join(f"{e.sha256} {e.phash} {e.source}".split()) + "\n" for e in removed]
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes("".join([_HEAD, *lines]).encode("utf-8", "replace"))
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def find_named(records: Sequence[Named], names: Iterable[str]) -> list[Removed]:
    """Find the pictures that someone names.

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
    """Tell whether a picture is meant."""
    begins = len(name) >= _SHORTEST and record.sha256.startswith(name.lower())
    return begins or name in {record.file, record.source}


def _read(path: Path) -> str:
    """Return the text of a file, none where it is missing."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
