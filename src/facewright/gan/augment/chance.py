"""Draw which pictures of a batch are augmented, and the strength of each change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from facewright.errors import InputError


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws random strengths for a batch: zero for a picture that stays unchanged.

    Numbers are drawn on the CPU, and as many for every `p`, so that the same generator gives the
    same augmentation on every device.
    """

    count: int
    """Pictures in the batch."""
    p: float
    """Factor on every probability."""
    rng: torch.Generator | None
    """Of the CPU; may be None where `percentile` is given and no noise is drawn."""
    percentile: float | None = None
    """Change every picture by this percentile, 0 to 1, of the distribution; None draws."""

    def pick(self, probability: float, sides: int) -> Tensor:
        """Return an integer from 0 to `sides` - 1 for each picture: (n,), float64."""
        return (self._uniform(1)[:, 0] * sides).floor() * self._hits(probability)

    def between(self, probability: float, reach: float, numbers: int = 1) -> Tensor:
        """Return numbers from -reach to reach for each picture: (n, numbers), float64."""
        return (self._uniform(numbers) * 2 - 1) * reach * self._hits(probability)[:, None]

    def normal(self, probability: float, spread: float, numbers: int = 1) -> Tensor:
        """Return normally distributed numbers for each picture: (n, numbers), float64."""
        if self.percentile is None:
            values = self.noise(numbers)
        else:  # the field's convention, a factor √2 short of the true percentile
            values = self._fill(numbers, _erfinv(2 * self.percentile - 1))
        return values * spread * self._hits(probability)[:, None]

    def half_normal(self, probability: float, spread: float) -> Tensor:
        """Return absolute values of normally distributed numbers: (n,), float64."""
        if self.percentile is None:
            values = self.noise(1).abs()[:, 0]
        else:
            values = self._fill(1, _erfinv(self.percentile)).abs()[:, 0]
        return values * spread * self._hits(probability)

    def box(self, probability: float, size: float) -> tuple[Tensor, Tensor]:
        """Return sizes (n,) and centres (n, 2), from 0 to 1, of a box for each picture."""
        centres = self._uniform(2)
        return size * self._hits(probability), centres

    def noise(self, *shape: int) -> Tensor:
        """Return standard normal numbers: (n, *shape), float64.

        Raises:
            InputError: There is no generator, or it is not of the CPU.
        """
        return torch.randn(self.count, *shape, generator=self._source(), dtype=torch.float64)

    def _uniform(self, numbers: int) -> Tensor:
        if self.percentile is not None:
            return self._fill(numbers, self.percentile)
        return torch.rand(self.count, numbers, generator=self._source(), dtype=torch.float64)

    def _hits(self, probability: float) -> Tensor:
        """Return 1 for every picture to change and 0 for the others."""
        if self.percentile is not None:
            return torch.ones(self.count, dtype=torch.float64)
        lots = torch.rand(self.count, generator=self._source(), dtype=torch.float64)
        return (lots < probability * self.p).double()

    def _fill(self, numbers: int, value: float) -> Tensor:
        return torch.full((self.count, numbers), value, dtype=torch.float64)

    def _source(self) -> torch.Generator:
        if self.rng is None or self.rng.device.type != "cpu":
            raise InputError(
                "augmentation needs a random generator of the CPU",
                hint="pass facewright.device.seeded(seed)",
            )
        return self.rng


def _erfinv(value: float) -> float:
    """Return the inverse error function, within what float64 can tell apart from ±1."""
    bound = math.nextafter(1.0, 0.0)
    return float(torch.erfinv(torch.tensor(min(max(value, -bound), bound), dtype=torch.float64)))
