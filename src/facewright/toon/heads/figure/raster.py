"""Find what is seen of triangles and strands at each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_LARGEST = 64  # pixels of a triangle that is drawn as one block; larger ones are cut


@dataclass(frozen=True, slots=True)
class Seen:
    """What is foremost at each pixel of a square picture."""

    triangle: Ints
    """(size, size), -1 where there is none."""
    weights: Floats
    """(size, size, 3), of the corners."""
    depth: Floats
    """(size, size), larger is nearer; -inf where there is none."""


def see_triangles(points: Floats, triangles: Ints, size: int) -> Seen:
    """Draw triangles into a z-buffer.

    Args:
        points: (n, 3), pixels right, pixels down, and nearness.
        triangles: (t, 3).
        size: Width and height of the picture.
    """
    a, b, c = (points[triangles[:, i]] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners = np.stack([a, b, c], 1)
    low = np.floor(corners[..., :2].min(1) + 0.5).astype(np.int32)
    high = np.floor(corners[..., :2].max(1) + 0.5).astype(np.int32)
    sides = (high - low).max(1) + 1
    inside = (np.abs(area) > 1e-6) & (high >= 0).all(1) & (low < size).all(1)
    pixels, nearness, owner = [], [], []
    least = 0
    for side in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048):
        chosen = np.flatnonzero(inside & (sides <= side) & (sides > least))
        least = side
        for part in np.array_split(chosen, max(1, len(chosen) * side * side // 2_000_000)):
            if len(part):
                found = _fill(corners[part], area[part], low[part], side, size)
                pixels.append(found[0])
                nearness.append(found[1])
                owner.append(part[found[2]])
    triangle = np.full(size * size, -1, np.int32)
    depth = np.full(size * size, -np.inf, np.float32)
    if pixels:
        pixel, near, who = (np.concatenate(x) for x in (pixels, nearness, owner))
        order = np.argsort(near, kind="stable")
        triangle[pixel[order]], depth[pixel[order]] = who[order], near[order]
    weights = np.zeros((size * size, 3), np.float32)
    there = np.flatnonzero(triangle >= 0)
    mine = corners[triangle[there]]
    spot = np.stack([there % size, there // size], 1).astype(np.float32)
    weights[there] = _weigh(mine, area[triangle[there]], spot[:, 0], spot[:, 1])
    square = (size, size)
    return Seen(triangle.reshape(square), weights.reshape(*square, 3), depth.reshape(square))


def _weigh(corners: Floats, area: Floats, x: Floats, y: Floats) -> Floats:
    """Return barycentric weights of places, (m, 3)."""
    a, b, c = (corners[:, i] for i in range(3))
    u = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) / area
    v = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) / area
    return np.stack([u, v, 1 - u - v], 1).astype(np.float32)


def _fill(
    corners: Floats, area: Floats, low: Ints, side: int, size: int
) -> tuple[Ints, Floats, Ints]:
    """Return pixels inside triangles, their nearness, and the row of the triangle."""
    step = np.arange(side, dtype=np.int32)
    x = low[:, 0, None, None] + step[None, None, :]  # [t 1 side]
    y = low[:, 1, None, None] + step[None, :, None]
    a, b, c = (corners[:, i, :, None, None] for i in range(3))
    scale = 1 / area[:, None, None]
    u = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) * scale
    v = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) * scale
    w = 1 - u - v
    kept = (u >= 0) & (v >= 0) & (w >= 0) & (x >= 0) & (y >= 0) & (x < size) & (y < size)
    row, down, right = np.nonzero(kept)
    near = (
        u[kept] * corners[row, 0, 2] + v[kept] * corners[row, 1, 2] + w[kept] * corners[row, 2, 2]
    )
    pixel = (low[row, 1] + down) * size + low[row, 0] + right
    return pixel.astype(np.int32), near.astype(np.float32), row.astype(np.int32)


def see_strands(points: Floats, width: Floats, depth: Floats) -> Ints:
    """Draw points of strands over what is there.

    Args:
        points: (n, 3), pixels right, pixels down, and nearness; dense along each strand.
        width: (n,), pixels.
        depth: (size, size), nearness of what is there.

    Returns:
        (size, size), the number of the foremost point at each pixel, -1 where there is none.
    """
    size = len(depth)
    column, row = (np.rint(points[:, i]).astype(np.int32) for i in (0, 1))
    inside = (column >= 0) & (row >= 0) & (column < size) & (row < size)
    kept = np.flatnonzero(inside)
    kept = kept[points[kept, 2] > depth[row[kept], column[kept]]].astype(np.int32)
    order = kept[np.argsort(points[kept, 2], kind="stable")]
    x, y, half = points[order, 0], points[order, 1], np.maximum(width[order] / 2, 0.71)
    column, row = column[order], row[order]
    reach = int(np.ceil(half.max())) if len(half) else 0
    best = np.full(size * size, -1, np.int32)  # ranks in order of nearness
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            c, r = column + right, row + down
            covered = (c - x) ** 2 + (r - y) ** 2 <= half**2
            covered &= (c >= 0) & (r >= 0) & (c < size) & (r < size)
            rank = np.flatnonzero(covered).astype(np.int32)
            own = np.full(size * size, -1, np.int32)
            own[r[rank] * size + c[rank]] = rank  # of equal pixels the last one stays
            np.maximum(best, own, out=best)
    out = np.full(size * size, -1, np.int32)
    there = np.flatnonzero(best >= 0)
    there = there[points[order[best[there]], 2] > depth.ravel()[there]]
    out[there] = order[best[there]]
    return out.reshape(size, size)
