"""Read the chunks of a PNG (ISO/IEC 15948), and the colours that an AVIF names."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import takewhile

_SIGN = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_NCLX, _BEGINNING = b"colrnclx", 1 << 16  # bytes in which it is looked for
_LARGEST_PROFILE = 16 << 20  # bytes
_MOST_TEXT = 32 << 20  # bytes of all texts together


def leave_out(data: bytes, *, largest_text: int = 0) -> bytes:
    """Return a PNG without large chunks that its pixels do not need.

    Pillow refuses pictures with texts above a size, and with large profiles, which `read_profile`
    reads.

    Args:
        data: The whole file; any but a PNG is returned as it is.
        largest_text: Keep texts of up to so many bytes.

    Returns:
        The same file, without its profile and without larger texts.
    """
    if not data.startswith(_SIGN):
        return data
    left, kept, begin, dropped = _MOST_TEXT, [], 0, False
    for kind, start, end in _list_chunks(data):
        size = _measure_text(kind, data[start:end], largest_text) if kind in _TEXTS else 0
        if kind == b"iCCP" or size > min(largest_text, left):
            kept.append(data[begin : start - 8])
            begin, dropped = end + 4, True
        else:
            left -= size
    return b"".join([*kept, data[begin:]]) if dropped else data


def read_profile(data: bytes) -> bytes | None:
    """Return the ICC profile of a PNG; None where there is none, or it is damaged.

    Args:
        data: The whole file.
    """
    packed = _find_chunk(data, b"iCCP").partition(b"\0")[2][1:]
    return _unpack(packed, _LARGEST_PROFILE + 1) or None


def read_codes(data: bytes) -> tuple[int, int] | None:
    """Return the codes of primaries and transfer that a PNG or AVIF names; None if it names none.

    Args:
        data: The whole file.
    """
    if data[4:8] == b"ftyp":
        return _read_nclx(data)
    coded = _find_chunk(data, b"cICP")
    return (coded[0], coded[1]) if len(coded) == 4 else None


def _read_nclx(data: bytes) -> tuple[int, int] | None:
    """Read the first box of colours of an ISO base media file (ISO/IEC 14496-12, 12.1.5)."""
    place = data.find(_NCLX, 0, _BEGINNING) + len(_NCLX)
    coded = data[place : place + 4]
    if place < len(_NCLX) or len(coded) < 4:
        return None
    return int.from_bytes(coded[:2], "big"), int.from_bytes(coded[2:], "big")


def _find_chunk(data: bytes, wanted: bytes) -> bytes:
    """Return the content of the first chunk of a kind before the pixels; empty if there is none."""
    chunks = _list_chunks(data) if data.startswith(_SIGN) else ()
    before = takewhile(lambda chunk: chunk[0] != b"IDAT", chunks)
    return next((data[start:end] for kind, start, end in before if kind == wanted), b"")


def _list_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of what is in each chunk, up to one that is cut short."""
    place = len(_SIGN)
    while place + 8 <= len(data):
        start = place + 8
        end = start + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            return
        yield data[place + 4 : start], start, end
        place = end + 4


def _measure_text(kind: bytes, chunk: bytes, most: int) -> int:
    """Return how many bytes a text unpacks to; of one that is too large, more than `most`."""
    rest = chunk.partition(b"\0")[2]
    packed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
    if not packed or len(chunk) > most:
        return len(chunk)
    text = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
    return len(_unpack(text, most + 1))


def _unpack(packed: bytes, most: int) -> bytes:
    """Decompress up to `most` bytes; empty if damaged."""
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
