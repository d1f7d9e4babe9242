"""Read the size of a picture from its first bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""The endings of the files that count as pictures, in lower case."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RST0 to RST7
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15 but DHT, JPG, DAC


def read_size(file: IO[bytes]) -> tuple[int, int] | None:
    """Read how large a PNG, JPEG or WebP picture is without decoding it.

    Args:
        file: Open at its first byte; it need not be seekable.

    Returns:
        Width and height in pixels as stored, or None for anything that is no such picture.
    """
    head = file.read(2)
    try:
        if head == _JPEG:
            return _read_jpeg(file)
        head += file.read(28)
        reader = _READERS.get(head[:4])
        return reader(head) if reader else None
    except (struct.error, IndexError):
        return None


def guess_suffix(picture: bytes) -> str | None:
    """Return the file ending that belongs to the first bytes of a picture, or None."""
    if picture.startswith(_JPEG):
        return ".jpg"
    if picture.startswith(_PNG):
        return ".png"
    return ".webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else None


def _read_png(head: bytes) -> tuple[int, int] | None:
    """Read the IHDR chunk, which always comes first (PNG specification, 11.2.2)."""
    if head[:8] != _PNG or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return (width, height) if width and height else None


def _read_webp(head: bytes) -> tuple[int, int] | None:
    """Read the first chunk of a WebP file (RFC 9649): lossy, lossless or extended."""
    kind = head[8:16]
    if kind == b"WEBPVP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"WEBPVP8L" and head[20] == 0x2F:
        (bits,) = struct.unpack("<I", head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"WEBPVP8X" and len(head) == 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def _read_jpeg(file: IO[bytes]) -> tuple[int, int] | None:
    """Walk over the segments to the start of frame (ITU T.81, B.2.2)."""
    while True:
        byte = file.read(1)
        if byte != b"\xff":
            return None
        while byte == b"\xff":  # any number of fill bytes may come before the marker
            byte = file.read(1)
        marker = byte[0]
        if marker in _JPEG_WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        segment = file.read(length - 2) if length >= 2 else b""
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", segment[1:5])
            return (width, height) if width and height else None
        if marker == 0xDA or len(segment) != length - 2:  # the pixels begin, or the file ends
            return None


_READERS: dict[bytes, Callable[[bytes], tuple[int, int] | None]] = {
    _PNG[:4]: _read_png,
    b"RIFF": _read_webp,
}
