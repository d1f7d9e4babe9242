"""Grow strands from the skin: roots, growth, clumps, curls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from head import Head
from mesh import Floats, Ints, split_quads, unit, vertex_normals
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Field = Callable[[Floats, float], Floats]
"""From places (n, 3) and the share of the length that is grown to wished directions (n, 3)."""

# Height of the hairline on the base mesh by azimuth: 0 in front, pi behind.
_LINE = np.array(
    [
        (0, 7.98),
        (0.45, 8.02),
        (0.75, 7.86),
        (0.95, 7.66),
        (1.2, 7.45),
        (1.32, 7.22),
        (1.42, 7.28),
        (1.55, 7.52),
        (1.9, 7.55),
        (2.1, 7.3),
        (2.3, 7.02),
        (2.7, 6.92),
        (3.15, 6.88),
    ]
)
_SPREAD = 0.035  # of the hairline


@dataclass(frozen=True)
class Growth:
    """How strands grow; lengths in decimetres of a head 2.25 high."""

    steps: int = 12
    gravity: float = 0.0
    margin: float = 0.02
    """Least distance from the skin."""
    volume: float = 0.08
    """How far layers of hair lie above each other."""
    stiffness: float = 0.6
    noise: float = 0.05
    hug: float | Callable[[Floats], Floats] = 0.0
    """How strongly strands are drawn back to the skin."""


@dataclass(frozen=True)
class Scalp:
    """Where hair grows, and what it must not grow into."""

    head: Head
    rng: np.random.Generator
    roots: Floats
    """(n, 3)."""
    normals: Floats
    """(n, 3)."""
    base: Floats
    """(n, 3), the same places on the base mesh."""
    tree: cKDTree
    skin: Floats
    skin_normals: Floats

    def grow(self, lengths: Floats, field: Field, how: Growth) -> Floats:
        """Grow a strand from each root, (n, steps, 3)."""
        count = len(self.roots)
        strands = np.zeros((count, how.steps, 3))
        strands[:, 0] = place = self.roots
        heading = unit(self.normals * 0.8 + field(place, 0.0) * 0.6)
        layer, pace = self.rng.random(count), (lengths / (how.steps - 1))[:, None]
        for step in range(1, how.steps):
            t = step / (how.steps - 1)
            pull = [0, -how.gravity * t**0.5, 0]
            noise = self.rng.normal(0, how.noise, (count, 3))
            wish = heading * how.stiffness + field(place, t) * (1 - how.stiffness)
            new = place + unit(wish + pull + noise) * pace
            near = self.tree.query(new)[1]
            above = ((new - self.skin[near]) * self.skin_normals[near]).sum(1)
            margin = how.margin + layer * how.volume * min(1, t * 4)
            push = np.where(above < -0.6, 0, np.maximum(margin - above, 0))
            hug = how.hug(new) if callable(how.hug) else how.hug
            push = push - np.maximum(above - margin, 0) * hug
            new = new + self.skin_normals[near] * push[:, None]
            heading, place = unit(new - place), new
            strands[:, step] = new
        return strands

    def keep(self, chosen: NDArray[np.bool_]) -> Scalp:
        """Return the scalp with some of its roots alone."""
        return Scalp(
            self.head, self.rng, self.roots[chosen], self.normals[chosen], self.base[chosen],
            self.tree, self.skin, self.skin_normals,
        )  # fmt: skip


def hairline(base: Floats, recede: float = 0.0) -> tuple[Floats, Floats]:
    """Return the azimuth of places on the base mesh, and the height of the hairline there."""
    azimuth = np.abs(np.arctan2(base[:, 0], base[:, 2] - 0.45))
    height = np.interp(azimuth, _LINE[:, 0], _LINE[:, 1])
    return azimuth, height + recede * np.clip(1.1 - azimuth, 0, 1)


def find_scalp(head: Head, rng: np.random.Generator, count: int, recede: float) -> Scalp:
    """Spread roots over the scalp by area."""
    normals = vertex_normals(head.rest, head.triangles)
    triangles = split_quads(head.assets.region("scalp"))
    chosen, weights = scatter(head.rest, triangles, count * 5, rng)
    base = (head.assets.base.vertices[chosen] * weights).sum(1)
    _, line = hairline(base, recede)
    kept = np.flatnonzero(base[:, 1] > line + rng.normal(0, _SPREAD, len(base)))[:count]
    chosen, weights = chosen[kept], weights[kept]
    bust = head.assets.bust_vertices
    return Scalp(
        head, rng, (head.rest[chosen] * weights).sum(1), unit((normals[chosen] * weights).sum(1)),
        base[kept], cKDTree(head.rest[bust]), head.rest[bust], normals[bust],
    )  # fmt: skip


def scatter(
    vertices: Floats, triangles: Ints, count: int, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Spread points over triangles by area: their corners (count, 3), weights (count, 3, 1)."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chosen = rng.choice(len(triangles), count, p=area / area.sum())
    u = rng.random((count, 2))
    over = u.sum(1) > 1
    u[over] = 1 - u[over]
    weights = np.stack([1 - u.sum(1), u[:, 0], u[:, 1]], 1)
    return triangles[chosen], weights[..., None]


def clump(
    strands: Floats, rng: np.random.Generator, groups: int, amount: float = 0.7, power: float = 1.2
) -> tuple[Floats, Ints]:
    """Draw strands towards the nearest of some; return them, and the group of each."""
    count, steps, _ = strands.shape
    leaders = rng.choice(count, min(max(groups, 1), count), replace=False)
    group = cKDTree(strands[leaders, 0]).query(strands[:, 0])[1]
    lead = strands[leaders][group]
    t = np.linspace(0, 1, steps)[None, :, None]
    share = amount * t**power
    apart = (strands[:, :1] - lead[:, :1]) * (1 - t**0.8)
    return strands * (1 - share) + (lead + apart * 0.6) * share, group


def curl(
    strands: Floats, rng: np.random.Generator, group: Ints, *, radius: float, turns: float,
    start: float = 0.1,
) -> Floats:  # fmt: skip
    """Wind strands into helices, alike within a group."""
    count, steps, _ = strands.shape
    t = np.linspace(0, 1, steps)[None]
    along = unit(np.gradient(strands, axis=1))
    one = unit(np.cross(along, np.array([0.3, 1.0, 0.2]) + 0 * along))
    other = np.cross(along, one)
    groups = int(group.max()) + 1
    phase = rng.uniform(0, 6.3, groups)[group] + rng.normal(0, 0.35, count)
    winds = (turns * rng.uniform(0.8, 1.25, groups))[group]
    size = (radius * rng.uniform(0.7, 1.3, groups))[group][:, None]
    size = (size * np.clip((t - start) / 0.25, 0, 1))[..., None]
    angle = (phase[:, None] + 2 * np.pi * winds[:, None] * t)[..., None]
    return strands + size * (np.cos(angle) * one + np.sin(angle) * other)


def resample(strands: Floats, steps: int) -> Floats:
    """Put more points on strands, by Catmull-Rom splines."""
    last = strands.shape[1] - 1
    x = np.linspace(0, last, steps)
    i = np.minimum(x.astype(int), last - 1)
    f = (x - i)[None, :, None]
    p0, p1 = strands[:, np.maximum(i - 1, 0)], strands[:, i]
    p2, p3 = strands[:, i + 1], strands[:, np.minimum(i + 2, last)]
    cubic = (3 * p1 - p0 - 3 * p2 + p3) * f**3
    return 0.5 * (2 * p1 + (p2 - p0) * f + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f**2 + cubic)
