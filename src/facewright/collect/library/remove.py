"""Remove pictures from a library permanently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from facewright.collect.library.folder import REMOVED, SEEN, Record, is_library, read_records
from facewright.collect.library.removals import (
    Removed,
    add_removals,
    find_away,
    find_named,
    hold_removals,
    read_copies,
    read_removals,
)
from facewright.errors import FileError, InputError


def remove_pictures(folder: Path, names: Iterable[str], *, purge: bool = False) -> list[str]:
    """Mark pictures of a library as removed.

    Args:
        folder: The library.
        names: Each the sha256 of a picture or its beginning, its path in the library, or its
            source; also of a copy that was left out because it looks like one of the library,
            which is removed with it.
        purge: Whether to delete the files of all removed pictures, and of those that look like
            them. Their hashes stay, so that they never come back.

    Returns:
        The sha256 of the newly removed pictures.

    Raises:
        InputError: A name fits no picture, or this is no library.
        FileError: The library is damaged or cannot be written.
    """
    if not is_library(folder):
        raise InputError(
            f"{folder} is no library", hint="remove pictures from the library, then prepare again"
        )
    with hold_removals(folder):
        records = read_records(folder)
        before = read_removals(folder / REMOVED)
        known = {entry.sha256 for entry in before}
        fresh = [one for one in _find_removed(folder, records, names) if one.sha256 not in known]
        add_removals(folder / REMOVED, fresh)
        away = find_away(records, [*before, *fresh]) if purge else set()
        for record in records:
            if record.sha256 in away:
                _delete(folder / record.file)
    return [one.sha256 for one in fresh]


def _find_removed(
    folder: Path, records: Sequence[Record], names: Iterable[str]
) -> Sequence[Removed]:
    """Find the pictures that someone names; with a copy goes the picture that it looks like."""
    by_hash = {record.sha256: record for record in records}
    copies = {
        copy.sha256: copy for copy in read_copies(folder / SEEN) if copy.sha256 not in by_hash
    }
    named = find_named([*records, *copies.values()], names)
    twins = (by_hash.get(copies[one.sha256].like) for one in named if one.sha256 in copies)
    also = (Removed(twin.sha256, twin.phash, twin.source) for twin in twins if twin)
    return list({one.sha256: one for one in (*named, *also)}.values())


def _delete(path: Path) -> None:
    """Delete a file, if it is there."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path} cannot be deleted: {error.strerror}") from error
