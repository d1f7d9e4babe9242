"""Cache of finished crops, with which an interrupted run goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from facewright.collect.library.journal import JournalWriter, read_journal
from facewright.collect.preparing.cut import Result
from facewright.errors import FileError
from facewright.files import lock_file
from facewright.types import Json

_JOURNAL, _PIECES, _LOCK = "journal.jsonl", "pieces.bin", ".lock"

Span: TypeAlias = tuple[int, int]
"""Offset and length in bytes within the cache."""


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """A face, cut out or left out, or a picture without one; its pixels are in the cache."""

    reason: str
    """Why it is left out; empty for a face that is cut out."""
    facts: Mapping[str, Json]
    span: Span
    """Its encoded picture; of length 0 if there is none."""


@dataclass(frozen=True, slots=True)
class KeptResult:
    """Faces of a picture, as kept in the cache."""

    sha256: str
    refused: str
    pieces: tuple[KeptPiece, ...]


class ResumeCache:
    """A folder beside the dataset that is being made. Made by `open_resume_cache`."""

    def __init__(self, folder: Path) -> None:
        """Read what an interrupted run has left."""
        entries = [_from_entry(entry) for entry in read_journal(folder / _JOURNAL)]
        self._folder = folder
        self._pieces = _open_pieces(folder / _PIECES)
        there = os.fstat(self._pieces.fileno()).st_size
        whole = [entry for entry in entries if entry[2] <= there]  # else the machine stopped
        self._batches = {key: results for key, results, _ in whole}
        self._size = max((end for _, _, end in whole), default=0)
        self._pieces.truncate(self._size)
        self._journal = JournalWriter(folder / _JOURNAL)

    def find(self, key: str) -> list[KeptResult] | None:
        """Return the results of a batch; None if it is not done."""
        return self._batches.get(key)

    def keep(self, key: str, results: Sequence[Result]) -> list[KeptResult]:
        """Add a batch to the cache: its pictures first, then its line in the journal.

        Args:
            key: All that the results depend on.
            results: The results of its pictures.

        Returns:
            The same, with spans of the cache instead of pictures.

        Raises:
            FileError: The folder cannot be written.
        """
        try:
            self._pieces.seek(self._size)
            kept = [self._keep_result(result) for result in results]
            self._pieces.flush()
            os.fsync(self._pieces.fileno())
        except OSError as error:
            raise _not_written(self._folder, error) from error
        entry = {"key": key, "end": self._size, "results": [asdict(result) for result in kept]}
        self._journal.write(entry)
        self._batches[key] = kept
        return kept

    def read(self, span: Span) -> bytes:
        """Return the bytes of a picture.

        Raises:
            FileError: They cannot be read.
        """
        try:
            self._pieces.seek(span[0])
            return self._pieces.read(span[1])
        except OSError as error:
            raise FileError(f"{self._folder} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Close the files."""
        self._journal.close()
        self._pieces.close()

    def delete(self) -> None:
        """Delete the cache."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep_result(self, result: Result) -> KeptResult:
        """Write the pictures of one result."""
        pieces = []
        for piece in result.pieces:
            self._pieces.write(piece.data)
            pieces.append(KeptPiece(piece.reason, piece.facts, (self._size, len(piece.data))))
            self._size += len(piece.data)
        return KeptResult(result.sha256, result.refused, tuple(pieces))


@contextlib.contextmanager
def open_resume_cache(folder: Path) -> Iterator[ResumeCache]:
    """Open the cache of a dataset; made if missing.

    Args:
        folder: Its path.

    Yields:
        The cache, locked against other runs.

    Raises:
        FileError: It is damaged, cannot be written, or another run uses it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a")
    except OSError as error:
        raise _not_written(folder, error) from error
    with lock:
        if not lock_file(lock.fileno()):
            raise FileError(f"another run is filling {folder}", hint="wait until it has ended")
        with contextlib.closing(ResumeCache(folder)) as cache:
            yield cache


def forget_data(results: Sequence[Result]) -> list[KeptResult]:
    """Return results without pictures, for a run that only counts."""
    kept = []
    for result in results:
        pieces = (KeptPiece(piece.reason, piece.facts, (0, 0)) for piece in result.pieces)
        kept.append(KeptResult(result.sha256, result.refused, tuple(pieces)))
    return kept


def _open_pieces(path: Path) -> BinaryIO:
    """Open a file to read and to write it; made if missing."""
    try:
        path.touch()
        return path.open("r+b")
    except OSError as error:
        raise _not_written(path, error) from error


def _from_entry(entry: Mapping[str, Any]) -> tuple[str, list[KeptResult], int]:
    """Read a line of the journal: key, results, and where its pictures end."""
    try:
        results = [
            KeptResult(str(r["sha256"]), str(r["refused"]), tuple(map(_to_piece, r["pieces"])))
            for r in entry["results"]
        ]
        return str(entry["key"]), results, int(entry["end"])
    except (LookupError, TypeError, ValueError) as error:
        raise FileError(
            "what an interrupted run left is damaged",
            hint="delete the folder beside the dataset whose name ends in .unfinished",
        ) from error


def _to_piece(entry: Mapping[str, Any]) -> KeptPiece:
    """Read one piece; raises what is invalid."""
    start, length = entry["span"]
    return KeptPiece(str(entry["reason"]), dict(entry["facts"]), (int(start), int(length)))


def _not_written(path: Path, error: OSError) -> FileError:
    """Return the error for a folder that cannot be written."""
    return FileError(f"{path} cannot be written: {error.strerror or error}")
