"""Append-only files of JSON lines that survive interruptions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from facewright.errors import FileError


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON objects, one per line.

    A last line without an end that is invalid is what an interrupted run leaves: it is left
    out.

    Args:
        path: The file; one that is missing counts as empty.

    Returns:
        The objects in order.

    Raises:
        FileError: The file cannot be read, or a line before the last is no JSON object.
    """
    whole, rest = _split(_read(path))
    entries = []
    for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        entry = _parse(line)
        if entry is None and line.strip():
            raise FileError(
                f"line {number} of {path} is damaged",
                hint="take that line out; the picture it described can be collected again",
            )
        entries += [entry] if entry is not None else []
    last = _parse(rest)
    return [*entries, last] if last is not None else entries


class JournalWriter:
    """Adds lines to a journal; each is on the disk before the next one begins.

    Example:
        ```python
        with JournalWriter(path) as journal:
            journal.write({"file": "pictures/ab/ab12.jpg"})
        ```
    """

    def __init__(self, path: Path) -> None:
        """Open a journal to add to it, and repair its last line.

        Raises:
            FileError: The file cannot be written.
        """
        self._path = path
        try:
            _repair(path)
            self._file = path.open("ab")
        except OSError as error:
            raise _not_written(path, error) from error

    def write(self, entry: Mapping[str, Any]) -> None:
        """Add one object.

        Raises:
            FileError: The file cannot be written.
        """
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
            self._file.write(b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _not_written(self._path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> JournalWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, whatever happened."""
        self.close()


def _read(path: Path) -> bytes:
    """Return the bytes of a file, none where it is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines, and what follows the last of them."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _parse(line: bytes) -> dict[str, Any] | None:
    """Return the object that a line holds, or None."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _repair(path: Path) -> None:
    """End the last line: with a line feed where it is whole, else by taking it away."""
    whole, rest = _split(_read(path))
    if not rest:
        return
    with path.open("r+b") as file:
        if _parse(rest) is None:
            file.truncate(len(whole))
        else:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())


def _not_written(path: Path, error: OSError) -> FileError:
    """Return the error for a journal that could not be written."""
    return FileError(f"{path} cannot be written: {error.strerror or error}")
