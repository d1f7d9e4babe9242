"""Decide in which order a training run sees the pictures, so that it can stop and go on."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.balance import Balance
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
        self,
        size: int,
        *,
        seed: int,
        position: int = 0,
        rank: int = 0,
        world: int = 1,
        balance: Balance | None = None,
    ) -> None:
        """Begin at a position.

        Args:
            size: How many pictures there are.
            seed: Which order.
            position: How many pictures have been taken before.
            rank: The number of this process.
            world: How many processes there are.
            balance: How often each group of pictures is drawn; None draws all alike.

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
        self._balance = balance
        self._orders: dict[str, dict[int, NDArray[np.int64]]] = {}

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
        return np.array([self._find(int(place)) for place in places], dtype=np.int64)

    def _find(self, place: int) -> int:
        """Return which picture comes at a place of the order."""
        balance = self._balance
        if balance is None:
            number, within = divmod(place, self._size)
            return int(self._order(number, self._size)[within])
        cycle, within = divmod(place, int(balance.quotas.sum()))
        deck = np.repeat(np.arange(len(balance.quotas)), balance.quotas)
        groups = deck[self._order(cycle, len(deck), "groups")]
        group = int(groups[within])
        drawn = cycle * int(balance.quotas[group]) + int((groups[:within] == group).sum())
        members = balance.members[group]
        number, within = divmod(drawn, len(members))
        return int(members[self._order(number, len(members), f"group {group}")[within]])

    def _order(self, number: int, size: int, name: str = "") -> NDArray[np.int64]:
        """Return the permutation of one round; the last few of each name are kept."""
        orders = self._orders.setdefault(name, {})
        if number not in orders:
            digest = hashlib.sha256(f"{self._seed} {number} {name}".rstrip().encode()).digest()
            rng = seeded(int.from_bytes(digest[:8], "little") >> 1)
            orders[number] = torch.randperm(size, generator=rng).numpy()
            for old in [r for r in orders if r < number - 1]:
                del orders[old]
        return orders[number]
