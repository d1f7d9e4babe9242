"""Read orientation and comment from EXIF."""

from __future__ import annotations

import struct
import zlib

from PIL import Image as Pictures

DAMAGE = (
    *(OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError),
    *(EOFError, MemoryError, RuntimeError, struct.error, zlib.error, Warning),
)
"""Exceptions that Pillow is known to raise on damaged bytes; the last with `python -W error`."""

REVERSED = ((2, 3, 7, 8), (3, 4, 6, 7))
"""Orientations that put the end of a row first, and those that put the end of a column first."""

_TURNS = {
    2: Pictures.Transpose.FLIP_LEFT_RIGHT,
    3: Pictures.Transpose.ROTATE_180,
    4: Pictures.Transpose.FLIP_TOP_BOTTOM,
    5: Pictures.Transpose.TRANSPOSE,
    6: Pictures.Transpose.ROTATE_270,
    7: Pictures.Transpose.TRANSVERSE,
    8: Pictures.Transpose.ROTATE_90,
}  # EXIF orientation → what makes the picture upright
_EXIF_TABLE, _USER_COMMENT, _ORIENTATION = 0x8769, 0x9286, 0x0112
_COMMENT_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", bytes(8): "utf-8"}


def read_orientation(picture: Pictures.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) where it is missing or damaged."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turn_upright(picture: Pictures.Image) -> Pictures.Image:
    """Rotate a picture by its EXIF orientation; without a readable one it stays as it is."""
    turn = _TURNS.get(read_orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def read_comment(picture: Pictures.Image) -> str:
    """Return the user comment of EXIF, or an empty string."""
    try:
        value = picture.getexif().get_ifd(_EXIF_TABLE).get(_USER_COMMENT, b"")
        code = _COMMENT_CODES.get(value[:8], "utf-8")
        return str(value[8:], code, "replace")
    except DAMAGE:
        return ""
