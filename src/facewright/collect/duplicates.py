"""Find near duplicates by perceptual hashes, however pictures were saved."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence

from facewright.errors import InputError
from facewright.types import Image, check_image

BITS = 256
"""Length of a perceptual hash in bits."""

SAME = 24
"""Hashes that differ in at most this many bits count as one picture.

Saved again as JPEG at half the size, a photo of 200 pixels moves by up to 8 bits, made brighter by
up to 28, mostly less than 12. Among portraits of one composition, no two people are closer than 46;
among twelve thousand cut-out faces, pairs within 31 are the same photo. With the usual 64 bits,
portraits of different people are 4 apart.
"""

MOST = 31
"""The largest distance in bits up to which the search is exhaustive."""

_SIDE, _KEPT = 64, 16  # the DCT is taken of 64×64 pixels, and 16×16 frequencies of it count
_CHUNKS = 16  # of 16 bits each: hashes 31 apart share one chunk up to a single bit
_CHUNK_BITS = BITS // _CHUNKS
_ROUNDING = 1e-2  # below, what the DCT makes of an even picture is error
_DIGITS = re.compile(f"[0-9a-f]{{{BITS // 4}}}")
_NEIGHBOURS = (0, *(1 << bit for bit in range(_CHUNK_BITS)))


def perceptual_hash(image: Image) -> str:
    """Compute a perceptual hash, by which copies of a picture are found.

    The signs of low-frequency DCT coefficients relative to their median, as in pHash, with four
    times as many of them. Size, format, compression and brightness hardly matter; a crop or a flip
    has another hash.

    Args:
        image: (height, width, 3), uint8, RGB.

    Returns:
        64 hexadecimal digits.
    """
    import cv2
    import numpy as np

    grey = cv2.cvtColor(check_image(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()  # [256]
    low = np.where(np.abs(low) < _ROUNDING, 0, low)
    signs = low > np.median(low[1:])
    signs[0] = False  # the mean: brightness is no likeness
    return np.packbits(signs).tobytes().hex()


def distance(one: str, other: str) -> int:
    """Return the Hamming distance of two hashes.

    Args:
        one: From `perceptual_hash`.
        other: Another.

    Returns:
        Bits that differ, 0 to 256: 0 for the same picture, about 128 for unrelated ones.

    >>> distance("0" * 63 + "3", "0" * 64)
    2
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()


class HashIndex:
    """Index of hashes that finds near ones without comparing all of them.

    Hashes are cut into 16 chunks: two that differ in at most 31 bits agree in one chunk, or differ
    there in a single bit. Only hashes that share such a chunk are compared (multi-index hashing;
    Norouzi, Punjani and Fleet 2012).

    Example:
        >>> index = HashIndex()
        >>> index.add("00" * 32)
        0
        >>> index.nearest("00" * 31 + "07", limit=24)
        (0, 3)
    """

    def __init__(self) -> None:
        self._hashes: list[int] = []
        self._tables: list[dict[int, array[int]]] = [{} for _ in range(_CHUNKS)]

    def __len__(self) -> int:
        """Return how many hashes there are."""
        return len(self._hashes)

    def add(self, text: str) -> int:
        """Add a hash, and return its index, counted from 0.

        Raises:
            InputError: The text is no perceptual hash.
        """
        number, place = _parse(text), len(self._hashes)
        self._hashes.append(number)
        for table, chunk in zip(self._tables, _cut(number), strict=True):
            table.setdefault(chunk, array("L")).append(place)
        return place

    def nearest(self, text: str, *, limit: int = SAME) -> tuple[int, int] | None:
        """Find the hash that differs least.

        Args:
            text: The hash to look up.
            limit: Largest distance in bits, 0 to 31.

        Returns:
            Its index and its distance, the first of several; None if all are further away.

        Raises:
            InputError: The limit is out of range, or the text is no perceptual hash.
        """
        found = self.near(text, limit=limit)
        return min(found, key=lambda pair: (pair[1], pair[0])) if found else None

    def near(self, text: str, *, limit: int = SAME) -> list[tuple[int, int]]:
        """Find all hashes within a distance.

        Args:
            text: The hash to look up.
            limit: Largest distance in bits, 0 to 31.

        Returns:
            Index and distance of each, in order of the indices.

        Raises:
            InputError: The limit is out of range, or the text is no perceptual hash.
        """
        check_limit(limit)
        number = _parse(text)
        places: set[int] = set()
        for table, chunk in zip(self._tables, _cut(number), strict=True):
            for change in _NEIGHBOURS:
                places.update(table.get(chunk ^ change, ()))
        distances = ((place, (self._hashes[place] ^ number).bit_count()) for place in places)
        return sorted(pair for pair in distances if pair[1] <= limit)


def find_pairs(hashes: Sequence[str], *, limit: int = MOST) -> Iterator[tuple[int, int, int]]:
    """Find all pairs of pictures that look alike.

    Args:
        hashes: From `perceptual_hash`.
        limit: Largest distance in bits, 0 to 31.

    Yields:
        Index of the first, index of the second, distance; the first is the lower.

    Raises:
        InputError: The limit is out of range, or a text is no perceptual hash.
    """
    index = HashIndex()
    for second, text in enumerate(hashes):
        for first, bits in index.near(text, limit=limit):
            yield first, second, bits
        index.add(text)


def check_limit(limit: int) -> None:
    """Raise InputError unless a distance is between 0 and 31 bits."""
    if not 0 <= limit <= MOST:
        raise InputError(
            f"pictures are compared up to a distance of {MOST} bits, not {limit}",
            hint=f"{SAME} is the same picture saved again, {MOST} is still not another person",
        )


def _parse(text: str) -> int:
    """Return a hash as a number."""
    if not _DIGITS.fullmatch(text):
        raise InputError(f"`{text[:80]}` is no perceptual hash of {BITS // 4} hexadecimal digits")
    return int(text, 16)


def _cut(number: int) -> Iterator[int]:
    """Cut a hash into chunks."""
    mask = (1 << _CHUNK_BITS) - 1
    return ((number >> place) & mask for place in range(0, BITS, _CHUNK_BITS))
