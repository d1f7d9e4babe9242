"""Peculiarities of JPEG: many scans, truncated files, reduced decoding, compression."""

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
"""Most scans of a JPEG; ten are usual, and each is another pass over all pixels."""

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
    """Complete a truncated JPEG in two ways, whose pixels differ if any pixel is missing.

    Decoders take missing pixels from the bytes before the end marker, which differ. If the two
    pictures are equal, no pixel is missing.

    Args:
        data: The whole file, without its end marker.
    """
    one, other = (data.rstrip(b"\xff") + tail + _END for tail in _TAILS)
    return one, other


def find_reduction(picture: Pictures.Image, least: int) -> int:
    """Return the factor by which a picture can be reduced during decoding.

    Args:
        picture: A picture that is not decoded yet; only a JPEG can be reduced.
        least: Smallest length of the longer side of the result in pixels.

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
    """Return a picture after JPEG compression with colours at half the resolution.

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
