"""Decide in which order a training run sees the pictures, so that it can stop and go on."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.device import seeded
from facewright.errors import InputError


class InfiniteSampler:
    """An endless order in which every picture comes once per round, shuffled anew each round.

    The order is a function of the seed alone, and the position says how far the run is, so that
    `position` is everything a checkpoint has to keep. Several processes share one order: together
    they see exactly what one process sees.

    Attributes:
        position: How many pictures all processes together have taken.

    Example:
        >>> sampler = InfiniteSampler(5, seed=1)
        >>> sorted(sampler.take(5).tolist())
        [0, 1, 2, 3, 4]
        >>> sampler.position
        5
    """

    def __init__(
        self, size: int, *, seed: int, position: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        """Begin at a position.

        Args:
            size: How many pictures there are.
            seed: Which order.
            position: How many pictures have been taken before.
            rank: The number of this process.
            world: How many processes there are.

        Raises:
            InputError: There are no pictures, the position is negative, or the rank is not below
                the number of processes.
        """
        if size < 1 or position < 0 or not 0 <= rank < world:
            raise InputError(
                f"cannot sample from {size} pictures at position {position} "
                f"in process {rank} of {world}"
            )
        self.position = position
        self._size, self._seed = size, seed
        self._rank, self._world = rank, world
        self._rounds: dict[int, NDArray[np.int64]] = {}

    def take(self, batch: int) -> NDArray[np.int64]:
        """Return the next pictures of this process, and advance the position.

        Args:
            batch: How many pictures all processes together take.

        Returns:
            (batch / world,), indices below `size`: every world-th one of the batch.

        Raises:
            InputError: The batch does not divide among the processes.
        """
        if batch < 1 or batch % self._world:
            raise InputError(f"a batch of {batch} does not divide among {self._world} processes")
        places = np.arange(self.position, self.position + batch)[self._rank :: self._world]
        self.position += batch
        rounds, within = np.divmod(places, self._size)
        return np.array(
            [self._order(int(r))[w] for r, w in zip(rounds, within, strict=True)], dtype=np.int64
        )

    def _order(self, number: int) -> NDArray[np.int64]:
        """Return the permutation of one round; the last few are kept."""
        if number not in self._rounds:
            digest = hashlib.sha256(f"{self._seed} {number}".encode()).digest()
            rng = seeded(int.from_bytes(digest[:8], "little") >> 1)
            self._rounds[number] = torch.randperm(self._size, generator=rng).numpy()
            for old in [r for r in self._rounds if r < number - 1]:
                del self._rounds[old]
        return self._rounds[number]
