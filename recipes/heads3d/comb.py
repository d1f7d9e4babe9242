"""A scalp with its measures, ready for a hair style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from head import Head
from mesh import Floats
from strands import Scalp, find_scalp

STRANDS = 6000


@dataclass(frozen=True)
class Comb:
    """A scalp, its measures, and what is wished of the hair."""

    scalp: Scalp
    wish: dict
    """`length`, `volume` and `part` of the person's hair."""
    centre: Floats
    """(3,), the middle of the skull."""
    reach: float
    """From there to the crown."""
    face: float
    """Depth of the hair in front."""
    front: Floats
    """(n,), 1 for roots above the forehead."""
    top: Floats
    """(n,), 1 for roots on the crown."""

    @property
    def side(self) -> Floats:
        """1 for roots at the sides and behind, (n,)."""
        return 1 - self.top

    @property
    def rng(self) -> np.random.Generator:
        """Where chance comes from."""
        return self.scalp.rng

    @property
    def left(self) -> float:
        """Where the parting is: x."""
        return self.wish["part"] * self.reach

    def around(self, low: float, high: float) -> Floats:
        """Draw a number for each root, (n,)."""
        return self.rng.uniform(low, high, len(self.scalp.roots))


def comb(head: Head, hair: dict, rng: np.random.Generator) -> Comb:
    """Find roots and measures."""
    scalp = find_scalp(head, rng, STRANDS, hair["recede"])
    eye = head.joint("l-eye")[1]
    centre = np.array([0, eye + 0.25, head.scalp[:, 2].mean()])
    base = scalp.base
    front = np.clip((base[:, 2] - 0.55) / 0.8, 0, 1) * np.clip((base[:, 1] - 7.7) / 0.3, 0, 1)
    top = np.clip((base[:, 1] - 7.75) / 0.45, 0, 1)
    depth = float(head.scalp[:, 2].max())
    return Comb(scalp, hair, centre, head.top - centre[1], depth, front, top)


def stack(*parts: Floats | float) -> Floats:
    """Put x, y and z together, (n, 3)."""
    return np.stack(np.broadcast_arrays(*parts), 1).astype(float)


def clear_eyes(c: Comb, strands: Floats) -> Floats:
    """Leave out strands that hang into the eyes."""
    left, _, radius = c.scalp.head.eyes
    low = strands[..., 1] < left[1] + radius * 0.9
    middle = np.abs(strands[..., 0]) < left[0] + radius * 1.05
    front = strands[..., 2] > left[2] + radius * 0.3
    return strands[~(low & middle & front).any(1)]
