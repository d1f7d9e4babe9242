"""The order of the training pictures, which a resumed run continues."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.balance import Balance
from facewright.device import seeded
from facewright.errors import InputError


class InfiniteSampler:
    """An endless order of pictures: each comes once per epoch, shuffled anew each epoch.

    The order depends on the seed alone, so that `position` is all that a checkpoint has to keep.
    Several processes share one order: together they take the same pictures as one process.

    Attributes:
        position: Number of pictures that all processes together have taken.

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
        """Start at a position.

        Args:
            size: Number of pictures.
            seed: Seed of the order.
            position: Number of pictures taken before, by all processes.
            rank: Rank of this process, from 0.
            world: Number of processes.
            balance: How often each group of pictures is drawn; None draws all equally often.

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
            batch: Number of pictures to take, of all processes together.

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
        """Return the picture at a position of the order."""
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
        """Return the permutation of one epoch; the last few of each name are cached."""
        orders = self._orders.setdefault(name, {})
        if number not in orders:
            digest = hashlib.sha256(f"{self._seed} {number} {name}".rstrip().encode()).digest()
            rng = seeded(int.from_bytes(digest[:8], "little") >> 1)
            orders[number] = torch.randperm(size, generator=rng).numpy()
            for old in [r for r in orders if r < number - 1]:
                del orders[old]
        return orders[number]
