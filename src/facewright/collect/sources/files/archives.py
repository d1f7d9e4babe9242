"""Read the pictures of zip and tar archives without unpacking anything to the disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, cast

from facewright.collect.sources.items import (
    Found,
    Reading,
    Refusal,
    take_file,
    too_large,
)
from facewright.datasets.archive import (
    ENCRYPTED,
    UNREADABLE,
    explain_no_zip,
    is_hidden,
    name_member,
    open_member,
)
from facewright.files import ARCHIVE_ENDINGS
from facewright.media.formats import PICTURE_ENDINGS

"""How the names of archives end."""

_DAMAGE = (*UNREADABLE, lzma.LZMAError, tarfile.TarError)
_BEGINNING = 1 << 16  # bytes that tell what a text holds
_MOST_TIMES, _ALWAYS_FINE = 200, 1 << 30  # how far an archive may unpack: 200 times, or 1 GiB
_BOMB = f"unpacks to more than {_MOST_TIMES} times its size"
_MOST_HEADERS = 16 << 20  # bytes that the headers of one member of a tar may take
_COMPRESSED: Mapping[bytes, Callable[..., object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
"""The first bytes of a compressed tar → what reads it."""


def read_archive(path: Path, reading: Reading) -> Iterator[Found]:
    """Read every picture in an archive, in its own order.

    Nothing is unpacked to the disk. A member whose path leads out of the archive is refused all the
    same, as a sign of a malicious archive. So are links, devices, and members larger than the
    limit; a file that is no picture is read no further than its first bytes.

    Args:
        path: A zip or tar, compressed or not.
        reading: The limits.

    Yields:
        What is found; damage ends the archive with a refusal.
    """
    members = _read_zip if path.name.lower().endswith(".zip") else _read_tar
    try:
        yield from members(path, reading)
    except _DAMAGE as error:
        yield Refusal(str(path), explain_no_zip(path, error, "is damaged or no archive"))


def read_tables(
    path: Path, *, max_bytes: int, is_wanted: Callable[[str, bytes], bool]
) -> Iterator[tuple[str, bytes]]:
    """Read the text files in a zip that hold labels.

    Args:
        path: Any archive; of a tar, which has no directory, nothing is read.
        max_bytes: Largest size of a text file in bytes; larger ones are left out.
        is_wanted: Decides by the name and the first bytes of a file whether to read it.

    Yields:
        Name and content of each .csv and .txt that is wanted; nothing of what is damaged.
    """
    if not path.name.lower().endswith(".zip"):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = name_member(info)
                if not name.lower().endswith((".csv", ".tsv", ".txt")) or is_hidden(name):
                    continue
                with open_member(archive, info) as file:
                    head = file.read(_BEGINNING)
                    data = head + file.read(max_bytes) if is_wanted(name, head) else b""
                if 0 < len(data) <= max_bytes:
                    yield name, data
    except _DAMAGE:
        return  # reading the pictures will tell


def check_members(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str | None]]:
    """Check which members of a zip may be read.

    Args:
        archive: The zip.

    Returns:
        The members in order, each with the reason why it is refused: empty for one that may be
        read, None for a folder or a hidden file, which is passed over.
    """
    infos = archive.infolist()
    last = {name_member(info): number for number, info in enumerate(infos)}
    checked: list[tuple[zipfile.ZipInfo, str | None]] = []
    for number, info in enumerate(infos):
        name = name_member(info)
        if name.endswith("/") or (is_hidden(name) and not _leads_out(name)):
            checked.append((info, None))
            continue
        is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
        problem = _find_problem(name, "a link" if is_link else "")
        locked = "is encrypted: unpack it first" * bool(info.flag_bits & ENCRYPTED)
        doubled = "has the name of a later member" * (last[name] != number)
        checked.append((info, problem or locked or doubled))
    return checked


def count_members(path: Path) -> int:
    """Count the members of a zip, for progress; 0 for a tar, which has no directory."""
    try:
        with zipfile.ZipFile(path) as archive:
            return len(archive.infolist())
    except _DAMAGE:
        return 0


def _read_zip(path: Path, reading: Reading) -> Iterator[Found]:
    """Read the members of a zip."""
    left = _allow(path)
    with zipfile.ZipFile(path) as archive:
        for info, problem in check_members(archive):
            name = name_member(info)
            source = f"{path}!{name}"
            left -= info.file_size
            if left < 0:
                yield Refusal(str(path), _BOMB)
                return
            if problem is None:
                continue
            if problem:
                yield Refusal(source, problem)
                continue
            try:
                with open_member(archive, info) as file:
                    found = take_file(name, file, source, reading)
            except _DAMAGE as error:
                found = Refusal(source, f"is damaged: {error}")
            yield found


def _read_tar(path: Path, reading: Reading) -> Iterator[Found]:
    """Read the members of a tar from its beginning to its end."""
    most = _allow(path)
    with _unpack(path) as unpacked:
        rationed = _Rationed(unpacked)
        with tarfile.open(fileobj=cast("IO[bytes]", rationed), mode="r:") as archive:
            while (member := rationed.next_member(archive)) is not None:
                source = f"{path}!{member.name}"
                if member.offset_data + member.size > most:
                    yield Refusal(str(path), _BOMB)
                    return
                if member.isdir() or (is_hidden(member.name) and not _leads_out(member.name)):
                    continue
                rationed.left = reading.limits.max_bytes + _MOST_HEADERS
                yield _take_member(archive, member, source, reading)


class _Rationed:
    """A file that limits how much is read of it, since headers of a tar are read whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.left = _MOST_HEADERS
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; raises tarfile.ReadError for more than there are left."""
        self.left -= size
        if size < 0 or self.left < 0:
            raise tarfile.ReadError("a header is larger than 16 MiB")
        return self._file.read(size)

    def next_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        """Return the next member of the tar that reads this file, None at its end."""
        self.left = _MOST_HEADERS
        member = archive.next()
        archive.members.clear()  # type: ignore[attr-defined]  # they would fill the memory
        return member


def _unpack(path: Path) -> IO[bytes]:
    """Open a tar, compressed or not."""
    with path.open("rb") as file:
        head = file.read(6)
    openers = (opener for start, opener in _COMPRESSED.items() if head.startswith(start))
    opener = next(openers, io.open)
    return cast("IO[bytes]", opener(path, "rb"))


def _allow(path: Path) -> int:
    """Return how many bytes an archive may unpack to."""
    return max(_MOST_TIMES * path.stat().st_size, _ALWAYS_FINE)


def _take_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, source: str, reading: Reading
) -> Found:
    """Read one member of a tar."""
    kind = "a link" if member.issym() or member.islnk() else "" if member.isreg() else "a device"
    if problem := _find_problem(member.name, kind):
        return Refusal(source, problem)
    if member.size > reading.limits.max_bytes and _is_meant(member.name):
        return too_large(source, reading.limits.max_bytes)
    file = archive.extractfile(member)
    if file is None:
        return Refusal(source, "is no regular file")
    with file:
        return take_file(member.name, file, source, reading)


def _find_problem(name: str, kind: str) -> str:
    """Say why a member is refused by its name and kind, or return an empty string."""
    if _leads_out(name):
        return "has a path that leads out of the archive"
    if name.lower().endswith(ARCHIVE_ENDINGS):
        return "is an archive inside of an archive: unpack it first"
    return f"is {kind}, no regular file" if kind else ""


def _leads_out(name: str) -> bool:
    """Return whether unpacking a member would write outside of the archive's folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":"


def _is_meant(name: str) -> bool:
    """Return whether a member is meant to be a picture."""
    return PurePosixPath(name).suffix.lower() in PICTURE_ENDINGS
