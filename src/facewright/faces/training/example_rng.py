"""Random numbers of one training example, independent of other examples."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.device import seeded

_BATCH = 64


class ExampleRng:
    """Random numbers that depend on the seed of a run and the number of an example alone.

    So an example is the same in every process, thread and resumed run.

    Example:
        >>> ExampleRng(1, 7).between(0, 1) == ExampleRng(1, 7).between(0, 1)
        True
    """

    def __init__(self, seed: int, number: int) -> None:
        digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
        self._rng = seeded(int.from_bytes(digest[:8], "little") >> 1)
        self._drawn: list[float] = []

    def between(self, low: float, high: float) -> float:
        """Return a uniformly distributed number from `low` to `high`."""
        if not self._drawn:
            self._drawn = torch.rand(_BATCH, generator=self._rng).tolist()
        return low + (high - low) * self._drawn.pop()

    def ratio(self, low: float, high: float) -> float:
        """Return a log-uniformly distributed factor from `low` to `high`."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def normal(self, spread: float) -> float:
        """Return a normal number of standard deviation `spread`, clipped at three of them."""
        radius = math.sqrt(-2 * math.log(max(self.between(0, 1), 1e-9)))
        return spread * max(-3.0, min(3.0, radius * math.cos(self.between(0, 2 * math.pi))))

    def chance(self, share: float) -> bool:
        """Return True with the probability `share`, 0 to 1."""
        return self.between(0, 1) < share

    def pick(self, count: int) -> int:
        """Return an index below `count`."""
        return min(int(self.between(0, count)), count - 1)

    def noise(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return standard normal numbers."""
        return torch.randn(shape, generator=self._rng).numpy()
