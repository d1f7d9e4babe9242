"""Hair that is tied: bun, top knot, pony tail, pigtails."""

from __future__ import annotations

import numpy as np
from comb import STRANDS, Comb
from mesh import Floats, unit
from strands import Growth, clump, curl

# Where hair is tied, in reaches from the middle of the skull.
TIES = {
    "bun": [(0, 0.62, -1.02)],
    "topknot": [(0, 1.12, -0.25)],
    "pony": [(0, 0.45, -1.15)],
    "pigtails": [(-0.9, 0.05, -0.45), (0.9, 0.05, -0.45)],
}


def grow_tied(c: Comb, style: str) -> list[Floats]:
    s = c.scalp
    ties = c.centre + np.array(TIES[style]) * c.reach
    which = (s.roots[:, 0] > 0).astype(int) if len(ties) == 2 else np.zeros(len(s.roots), int)
    goal = ties[which]
    lengths = np.linalg.norm(goal - s.roots, axis=1) * 1.18
    how = Growth(14, volume=0.05, stiffness=0.35, noise=0.02)
    grown = s.grow(lengths, lambda p, _: unit(goal - p), how)
    share = np.clip((np.linspace(0, 1, 14) - 0.6) / 0.4, 0, 1)[None, :, None]
    grown, _ = clump(grown * (1 - share) + goal[:, None] * share, c.rng, len(grown) // 50, 0.55)
    make = _knot if style in ("bun", "topknot") else _tail
    return [grown, *(make(c, tie) for tie in ties)]


def _knot(c: Comb, tie: Floats) -> Floats:
    """Wind hair into a ball."""
    count, rng = STRANDS // 5, c.rng
    radius = 0.34 * c.reach * c.wish["volume"]
    around, high = rng.uniform(0, 6.3, (count, 1)), rng.uniform(0, 6.3, (count, 1))
    t = np.linspace(0, 1, 14)[None]
    r = radius * (0.62 + 0.38 * np.cos(high)) + 0 * t
    angle = around + t * 2.6
    y = radius * 0.75 * np.sin(high) + 0.05 * np.sin(t * 6 + around) * radius
    axis = unit(tie - c.centre)
    z = unit(np.cross(axis, [1, 0.01, 0]))
    x = np.cross(z, axis)
    ring = (r * np.cos(angle))[..., None] * x + (r * np.sin(angle))[..., None] * z
    return tie + axis * radius * 0.35 + ring + y[..., None] * axis


def _tail(c: Comb, tie: Floats) -> Floats:
    """Let hair hang from where it is tied."""
    count, steps, rng = STRANDS // 4, 18, c.rng
    axis = unit((tie - c.centre) * [1, 0.2, 1])
    lengths = rng.uniform(1.2, 1.7, count) * c.wish["length"] * c.wish["volume"]
    strands = np.zeros((count, steps, 3))
    strands[:, 0] = tie + rng.normal(0, 0.05, (count, 3))
    heading = unit(axis + rng.normal(0, 0.18, (count, 3)) + [0, 0.25, 0])
    for k in range(1, steps):
        heading = unit(heading * 0.8 + [0, -0.33, 0] + axis * 0.02)
        strands[:, k] = strands[:, k - 1] + heading * (lengths / (steps - 1))[:, None]
    strands, _ = clump(strands, rng, max(6, count // 70), 0.8, 1.0)
    return curl(strands, rng, np.arange(count) % 7, radius=0.08, turns=1.6, start=0.2)
