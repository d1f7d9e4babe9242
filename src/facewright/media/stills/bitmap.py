"""Texts in BMP files.

The header of a BMP gives the offset of its pixels; readers ignore what lies between. The text is
stored there, after a keyword and its length.
"""

from __future__ import annotations

import struct

_OFFSET = 10  # of the number that says where the pixels begin; that of all bytes is at 2
_HEADERS = 54  # bytes
_SIGN = b"text:"
_ALIGNED = 4  # bytes


def insert_text(data: bytes, text: str) -> bytes:
    """Return a BMP of 24 bits per pixel with a text.

    Args:
        data: The whole file, without a text.
        text: ASCII.
    """
    block = _SIGN + struct.pack("<I", len(text)) + text.encode("ascii")
    block += bytes(-len(block) % _ALIGNED)
    sizes = struct.pack("<I", len(data) + len(block)), struct.pack("<I", _HEADERS + len(block))
    head = data[:2] + sizes[0] + data[6:_OFFSET] + sizes[1] + data[_OFFSET + 4 : _HEADERS]
    return head + block + data[_HEADERS:]


def extract_text(data: bytes) -> str:
    """Return the text in a BMP; empty if there is none."""
    start = _HEADERS + len(_SIGN) + 4
    if len(data) < start or data[_HEADERS : _HEADERS + len(_SIGN)] != _SIGN:
        return ""
    (length,) = struct.unpack_from("<I", data, start - 4)
    return data[start : start + length].decode("ascii", "replace")
