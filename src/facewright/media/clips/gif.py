"""Write GIF files frame by frame, in constant memory."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from PIL import Image as Pictures

from facewright.types import Image

TICK = Fraction(1, 100)
"""Seconds per unit of the times in a GIF."""

SHORTEST = 2
"""Shortest time of a frame in units: browsers slow down anything faster."""

_LONGEST = 65_535
_IMAGE, _END = b"\x2c", b"\x3b"  # how an image and the end of the file begin
_FOREVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def write_gif(
    shots: Iterator[tuple[Image, Fraction, Fraction]],
    path: Path,
    size: tuple[int, int],
    *,
    text: str,
) -> int:
    """Write an endlessly repeated GIF, each frame with its own palette of 256 colours.

    Args:
        shots: Pictures of that size, each with the begin and the end of its display in seconds.
        path: The file.
        size: Width and height in pixels.
        text: What the file carries as its comment, ASCII.

    Returns:
        Number of frames written.

    Raises:
        OSError: The file cannot be written.
    """
    count = shown = 0
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0, 0, 0) + _FOREVER)
        file.write(b"\x21\xfe" + lay_out(text))
        for image, _, end in shots:
            units = min(max(round(end / TICK) - shown, SHORTEST), _LONGEST)
            _write_frame(file, image, units)
            shown += units
            count += 1
        file.write(_END)
    return count


def lay_out(text: str) -> bytes:
    r"""Return a text in the sub-blocks of a GIF: blocks of at most 255 bytes, then an empty one.

    Args:
        text: ASCII.

    Returns:
        Each block with its length before it.

    >>> lay_out("facewright")
    b'\nfacewright\x00'
    """
    data = text.encode("ascii")
    parts = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\x00"


def _write_frame(file: BinaryIO, image: Image, units: int) -> None:
    """Write one picture with its own colours, shown for some hundredths of a second."""
    colours, packed = _pack(image)
    depth = (len(colours) // 3).bit_length() - 2  # of a table with 2 ** (depth + 1) colours
    height, width = image.shape[:2]
    file.write(b"\x21\xf9\x04" + struct.pack("<BHBB", 1 << 2, units, 0, 0))  # stays until the next
    file.write(_IMAGE + struct.pack("<HHHHB", 0, 0, width, height, 0x80 | depth))
    file.write(colours + packed)


def _pack(image: Image) -> tuple[bytes, bytes]:
    """Return the palette of a picture and its packed pixels, from a GIF of it alone."""
    buffer = io.BytesIO()
    Pictures.fromarray(image).quantize(256).save(buffer, "GIF", optimize=False)
    data = buffer.getvalue()
    place = 13 + 3 * 2 ** ((data[10] & 7) + 1)  # behind the header and the colours
    colours = data[13:place]
    while data[place : place + 1] != _IMAGE:
        place += 2  # an extension: its kind, then blocks up to an empty one
        while data[place]:
            place += data[place] + 1
        place += 1
    return colours, data[place + 10 : -1]
