"""Detection of truncated files, by the length that they declare."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from facewright.media.formats import HEAD_BYTES, identify, locate_packets

_ATOMS = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide"})
_ATOMS |= {b"uuid", b"meta", b"sidx", b"mfra", b"udta"}
_SEGMENT = b"\x18\x53\x80\x67"  # of Matroska
_FILE_PROPERTIES = b"\xa1\xdc\xab\x8cG\xa9\xcf\x11\x8e\xe4\0\xc0\x0c Se"  # of Windows Media
_LIVE = 1  # a flag of these: the length was not known
_BEGINNING = 1 << 16  # bytes that hold the headers that are looked for
_PACKET = re.compile(rb"\0\0\x01[\xbd-\xef]..", re.DOTALL)  # of a program stream
_PACK, _PROGRAM_END = 14, b"\0\0\x01\xb9"  # bytes of the header of a pack; the last code of all
_LONGEST_PACKET = 6 + 0xFFFF  # bytes
_TAIL = 1 << 10  # bytes that may follow the end of a picture


def count_missing(path: Path) -> int:
    """Return the number of bytes that a clip lacks at its end, by the length that it declares.

    Args:
        path: MP4, QuickTime, Matroska, WebM, AVI, Windows Media, Flash Video, MPEG transport and
            program streams, or a GIF, PNG or WebP.

    Returns:
        0 if nothing is missing, or the file does not declare its length; 1 if its end is missing
        but the number is unknown.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        found = identify(file.read(HEAD_BYTES))
        size = os.fstat(file.fileno()).st_size
        count = _COUNTERS.get(found.name) if found else None
        return max(0, count(file, size)) if count else 0


def describe_flaw(
    path: Path, counts: tuple[int, int | None] | None, missing: int, damage: Sequence[str]
) -> str:
    """Describe what a clip lacks.

    Args:
        path: The file.
        counts: Number of pictures read, and of those that it declares, or None; None before it is
            read.
        missing: From `count_missing`.
        damage: Reasons why parts of it could not be read.

    Returns:
        A sentence that names the file; empty if it is complete.
    """
    count, promised = counts or (0, None)
    of = f" of {promised}" if promised and promised > count else ""
    after = f"after {count}{of} pictures" if counts else "before its end"
    if missing:
        lacks = f"{missing:,} bytes are missing at its end" if missing > 1 else "its end is missing"
        return f"{path} breaks off {after}: {lacks}"
    if damage:
        return f"{path} is damaged: {count}{of} pictures can be read ({damage[0]})"
    return ""


def _count_atoms(file: BinaryIO, size: int) -> int:
    """Follow the atoms of an ISO base media file (ISO/IEC 14496-12, 4.2)."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        if kind not in _ATOMS or length == 0:  # of no atom; up to the end
            return 0
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        place += max(length, 8)
    return place - size


def _count_riff(file: BinaryIO, size: int) -> int:
    """Follow the parts of an AVI or WebP."""
    place = 0
    while place + 12 <= size:
        file.seek(place)
        kind, length, _ = struct.unpack("<4sI4s", file.read(12))
        if kind != b"RIFF" or length in (0, 0xFFFFFFFF):  # never filled in
            return 0
        place += 8 + length + length % 2
    return place - size if place - size > 1 else 0  # the last byte of filling may be left out


def _count_segment(file: BinaryIO, size: int) -> int:
    """Read how long the segment of a Matroska file is (RFC 8794, 4 and 6)."""
    file.seek(0)
    data = file.read(_BEGINNING)
    place = data.find(_SEGMENT)
    if place < 0 or place + 12 > len(data):
        return 0
    place += 4
    count = 9 - data[place].bit_length()  # bytes of the length
    length = int.from_bytes(data[place : place + count]) & ((1 << 7 * count) - 1)
    known = 0 < count <= 8 and length != (1 << 7 * count) - 1
    return place + count + length - size if known else 0


def _count_windows_media(file: BinaryIO, size: int) -> int:
    """Read the file size in the file properties of an ASF."""
    file.seek(0)
    data = file.read(_BEGINNING)
    place = data.find(_FILE_PROPERTIES)
    if place < 0 or place + 92 > len(data):
        return 0
    length, flags = (struct.unpack_from(f, data, place + n)[0] for f, n in (("<Q", 40), ("<I", 88)))
    return 0 if flags & _LIVE else int(length) - size


def _count_tags(file: BinaryIO, size: int) -> int:
    """Return whether a Flash Video ends with the length of its last tag."""
    file.seek(max(size - 4, 0))
    length = int.from_bytes(file.read(4))
    if not 11 <= length <= size - 4:
        return 1
    file.seek(size - 4 - length + 1)
    return int(int.from_bytes(file.read(3)) + 11 != length)


def _count_packets(file: BinaryIO, size: int) -> int:
    """Tell how much the last packet of a transport stream lacks."""
    file.seek(0)
    found = locate_packets(file.read(HEAD_BYTES))
    if found is None:
        return 0
    start, length = found
    return -(size - start) % length


def _count_packet_stream(file: BinaryIO, size: int) -> int:
    """Tell how much the last packet of an MPEG program stream lacks (ISO/IEC 13818-1, 2.4.3.6)."""
    start = max(size - _LONGEST_PACKET, 0)
    file.seek(start)
    data = file.read()
    found = list(_PACKET.finditer(data))
    if not found:
        return 0
    place = found[-1].start()
    end = place + 6 + int.from_bytes(data[place + 4 : place + 6])
    rest = data[end:]
    if 0 < len(rest) < _PACK and rest != _PROGRAM_END:
        return _PACK - len(rest)
    return start + end - size


def _find_end(mark: bytes) -> Callable[[BinaryIO, int], int]:
    """Return what tells whether a picture has its last bytes."""

    def find(file: BinaryIO, size: int) -> int:
        file.seek(max(size - _TAIL, 0))
        return int(mark not in file.read())

    return find


_COUNTERS: Mapping[str, Callable[[BinaryIO, int], int]] = {
    "MP4": _count_atoms,
    "QuickTime": _count_atoms,
    "3GP": _count_atoms,
    "AVI": _count_riff,
    "WebP": _count_riff,
    "Matroska": _count_segment,
    "Windows Media": _count_windows_media,
    "Flash Video": _count_tags,
    "MPEG transport stream": _count_packets,
    "MPEG program stream": _count_packet_stream,
    "GIF": _find_end(b";"),
    "PNG": _find_end(b"IEND\xaeB`\x82"),
}
