"""What only JPEG has: scans without end, a missing end, smaller sizes, losses."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
from PIL import Image as Pictures

from facewright.media.stills.exif import REVERSED, read_orientation
from facewright.types import Image, check_image

JPEG = ("JPEG", "MPO")
"""What Pillow calls it; MPO holds several."""

MOST_SCANS = 100
"""Ten are usual, and each is another pass over all pixels."""

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # but those within pixels
_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_TAILS = (bytes(64), b"\x55" * 64)  # what is put in place of pixels that may be missing


def count_scans(data: bytes) -> int:
    """Count the scans of a JPEG, without a look at the pixels where there are few.

    Args:
        data: The whole file.
    """
    most = data.count(_START_OF_SCAN)
    if most <= MOST_SCANS:
        return most
    scans = place = 0
    while (found := _MARKER.search(data, place)) and found[1] != _END[1:]:
        scans += found[1] == _START_OF_SCAN[1:]
        bare = found[1] in (b"\x01", b"\xd8")  # without a length and what it counts
        place = found.end()
        place += 0 if bare else max(int.from_bytes(data[place : place + 2], "big"), 2)
    return scans


def end_twice(data: bytes) -> tuple[bytes, bytes]:
    """Return a JPEG that was cut short with two ends, behind which no pixel may follow.

    If a pixel is missing, decoders take it from the bytes before the end marker, so that the two
    pictures differ. If they are alike, none is.

    Args:
        data: The whole file, without its end marker.
    """
    one, other = (data.rstrip(b"\xff") + tail + _END for tail in _TAILS)
    return one, other


def find_reduction(picture: Pictures.Image, least: int) -> int:
    """Return by how much a picture can be reduced while it is unpacked.

    Args:
        picture: Any, not unpacked yet; what is no JPEG cannot be reduced.
        least: How many pixels the longer side must keep.

    Returns:
        1, 2, 4 or 8.
    """
    if picture.format not in JPEG:
        return 1
    short, long = sorted(picture.size)
    turn = read_orientation(picture)
    ends = [side for side, turns in zip(picture.size, REVERSED, strict=True) if turn in turns]
    for n in (8, 4, 2):
        if short >= n and long >= n * max(least, 1) and not any(end % n for end in ends):
            return n
    return 1


def store_as_jpeg(image: Image, quality: int) -> Image:
    """Return a picture as it looks after it was stored as a JPEG, its colours at half the size.

    Args:
        image: (h, w, 3).
        quality: 1 to 95.

    Returns:
        (h, w, 3).
    """
    stored = BytesIO()
    picture = Pictures.fromarray(check_image(image))
    picture.save(stored, "JPEG", quality=quality, subsampling="4:2:0")
    return np.array(Pictures.open(stored))
