"""List the pictures that a dataset is made of, and read one."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from facewright.collect.library.folder import REMOVED, is_library, read_records
from facewright.collect.library.removals import find_away, read_removals
from facewright.collect.sources.files.archives import check_members
from facewright.collect.sources.files.folders import list_files
from facewright.collect.sources.items import Limits, Refusal
from facewright.collect.sources.layouts import label_picture
from facewright.collect.sources.openers import gather_tables, refuse_unfit
from facewright.datasets.archive import UNREADABLE, name_member, open_source
from facewright.errors import FileError, InputError
from facewright.media.formats import PICTURE_ENDINGS

REPORT = ("-report.png", "-report.json")
"""Endings of the report of a dataset: examples of its faces, and numbers."""

_NUMBERS = b'{\n "settings": {'  # how the numbers begin
_MOST_BYTES = 256 << 20  # of one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A picture from which faces are cut."""

    file: str
    """Its path in the library, folder or zip, with forward slashes."""
    source: str
    """Original path or address, as far as known."""
    stamp: str
    """Changes with the file: its sha256 if a library knows it, else size and time or checksum."""
    sha256: str = ""
    """sha256 in a library's manifest; empty for other folders and zips."""
    date: str = ""
    """Date of collection; empty if unknown."""
    licence: str = ""
    consent: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Cache key: all that its crops depend on."""
        return json.dumps([self.file, self.source, self.stamp, self.consent])


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of a library, folder or zip."""

    originals: tuple[Original, ...]
    removed: int = 0
    """Number of pictures left out because they, or near duplicates, were removed."""
    refused: tuple[Refusal, ...] = ()
    """Files and folders that could not be listed."""


def list_originals(path: Path, *, licence: str = "", consent: str = "") -> Listing:
    """List the pictures of a library in its own order, of a folder or zip in order of the paths.

    The reports of datasets that were written into a folder are no pictures of it.

    Args:
        path: A library, or a folder or zip of pictures.
        licence: Licence of the pictures of a folder or zip.
        consent: Who of the people shown there agreed, and to what.

    Returns:
        The pictures; none was opened.

    Raises:
        FileError: The path does not exist, or is damaged.
        InputError: A licence or consent is given for a library, which records its own.
    """
    if is_library(path):
        if licence or consent:
            raise InputError(
                f"{path} knows the licence and consent of each picture",
                hint="leave out --licence and --consent",
            )
        return _list_library(path)
    tables, refused = (
        gather_tables([str(path)], Limits(), path / "none") if path.exists() else ([], [])
    )
    stamps, more = _list_folder(path) if path.is_dir() else _list_zip(path)
    root = str(path.resolve() if path.is_dir() else path.parent)
    originals = tuple(
        Original(
            file=name,
            source=name,
            stamp=stamp,
            licence=licence,
            consent=consent,
            labels=label_picture(tables, name, root=root),
        )
        for name, stamp in stamps.items()
    )
    return Listing(originals, refused=(*refused, *refuse_unfit(tables), *more))


class OriginalReader:
    """Reads the pictures of a listing; a zip is opened once."""

    def __init__(self, path: Path) -> None:
        """Open a library, folder or zip; raises DatasetError."""
        self._source = open_source(path)

    def read(self, original: Original) -> tuple[bytes, str]:
        """Read a picture.

        Args:
            original: One of the listing.

        Returns:
            Its bytes and their sha256.

        Raises:
            FileError: It cannot be read, is larger than 256 MiB, or has another sha256 than in the
                library's manifest.
        """
        try:
            with self._source.open(original.file) as file:
                data = file.read(_MOST_BYTES + 1)
        except UNREADABLE as error:
            reason = getattr(error, "strerror", None) or error
            raise FileError(f"cannot be read: {reason}") from error
        if len(data) > _MOST_BYTES:
            raise FileError(f"is larger than {_MOST_BYTES >> 20} MiB")
        sha256 = hashlib.sha256(data).hexdigest()
        if original.sha256 not in {"", sha256}:
            raise FileError("has another sha256 than the manifest says")
        return data, sha256


def _list_library(path: Path) -> Listing:
    """List the pictures of a library, without those that must not be used."""
    records = read_records(path)
    away = find_away(records, read_removals(path / REMOVED))
    kept = tuple(
        Original(
            file=record.file,
            source=record.source,
            stamp=record.sha256,
            sha256=record.sha256,
            date=record.date,
            licence=record.licence,
            consent=record.consent,
            labels=dict(record.labels),
        )
        for record in records
        if record.sha256 not in away
    )
    return Listing(kept, len(records) - len(kept))


def _list_folder(path: Path) -> tuple[dict[str, str], list[Refusal]]:
    """Return the stamp of each picture below a folder, and what could not be entered."""
    found, refused = {}, []
    for file in list_files(path, avoid=path / "none"):
        if isinstance(file, Refusal):
            refused.append(file)
        elif file.suffix.lower() in PICTURE_ENDINGS and not _is_report(file):
            found[file.relative_to(path).as_posix()] = _stamp(file)
    return found, refused


def _list_zip(path: Path) -> tuple[dict[str, str], list[Refusal]]:
    """Return the stamp of each picture in a zip, and which members are refused."""
    open_source(path)  # says what is wrong with it
    found, refused = {}, []
    with zipfile.ZipFile(path) as archive:
        for info, problem in check_members(archive):
            name = name_member(info)
            if problem:
                refused.append(Refusal(name, problem))
            elif problem == "" and PurePosixPath(name).suffix.lower() in PICTURE_ENDINGS:
                found[name] = f"{info.file_size} {info.CRC:08x}"
    return dict(sorted(found.items())), refused


def _is_report(path: Path) -> bool:
    """Tell the report of a dataset from pictures, by the numbers beside it."""
    if not path.name.endswith(REPORT[0]):
        return False
    try:
        with path.with_suffix(".json").open("rb") as file:
            return file.read(len(_NUMBERS)) == _NUMBERS
    except OSError:
        return False


def _stamp(path: Path) -> str:
    """Return size and time of a file, or nothing where a link leads nowhere."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"{state.st_size} {state.st_mtime_ns}"
