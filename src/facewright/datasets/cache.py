"""A cache of decoded pictures with a limit in bytes."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from facewright.types import Image


class PictureCache:
    """Decoded pictures of one size, up to a limit in bytes; thread-safe.

    Example:
        >>> cache = PictureCache(count=9, resolution=2, limit=24)  # room for two of 12 bytes each
        >>> for number in (7, 3, 5):
        ...     cache.keep(number, np.full((2, 2, 3), number, np.uint8))
        >>> cache.missing(np.array([3, 5, 7, 5]))
        [5]
    """

    def __init__(self, *, count: int, resolution: int, limit: int) -> None:
        """Allocate the cache.

        Args:
            count: Number of pictures of the dataset.
            resolution: Width and height of each in pixels.
            limit: Most bytes that the pictures may take together.
        """
        self._shape = (resolution, resolution, 3)
        room = min(count, max(limit, 0) // (resolution * resolution * 3))
        self._pictures: Image = np.empty((room, *self._shape), np.uint8)
        self._slots = np.full(count, -1, np.int64)
        self._used = 0
        self._lock = threading.Lock()

    def keep(self, number: int, picture: Image) -> None:
        """Keep a picture if there is room."""
        with self._lock:
            if self._slots[number] >= 0 or self._used == len(self._pictures):
                return
            self._pictures[self._used] = picture
            self._slots[number] = self._used
            self._used += 1

    def missing(self, numbers: NDArray[np.int64]) -> list[int]:
        """Return the numbers of pictures that are not in the cache, sorted, each once."""
        return [int(number) for number in np.unique(numbers[self._slots[numbers] < 0])]

    def gather(self, numbers: NDArray[np.int64], fresh: Mapping[int, Image]) -> Image:
        """Return a fresh array of pictures, (n, resolution, resolution, 3).

        Args:
            numbers: (n,), numbers of pictures.
            fresh: Number → picture, for those that are not in the cache.
        """
        pictures: Image = np.empty((len(numbers), *self._shape), np.uint8)
        for place, number in enumerate(numbers.tolist()):
            picture = fresh.get(number)
            pictures[place] = self._pictures[self._slots[number]] if picture is None else picture
        return pictures
