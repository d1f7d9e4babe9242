"""Find what is seen of triangles and strands at each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_SLACK = 1e-4  # of a triangle around it, so that rounding opens no gap to the next one


@dataclass(frozen=True, slots=True)
class Seen:
    """What is foremost at each pixel of a square picture."""

    triangle: Ints
    """(size, size), -1 where there is none."""
    weights: Floats
    """(size, size, 3), of the corners."""
    depth: Floats
    """(size, size), larger is nearer; -inf where there is none."""


def see_triangles(
    points: Floats, triangles: Ints, size: int, *, both: NDArray[np.bool_] | None = None
) -> Seen:
    """Draw triangles into a z-buffer.

    Args:
        points: (n, 3), pixels right, pixels down, and nearness.
        triangles: (t, 3).
        size: Width and height of the picture.
        both: Which triangles have two sides, (t,); of others those that are turned away are left
            out, whose corners go round to the right. None is all.
    """
    a, b, c = (points[triangles[:, i]] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners = np.stack([a, b, c], 1)
    low = np.floor(corners[..., :2].min(1) + 0.5).astype(np.int32)
    high = np.floor(corners[..., :2].max(1) + 0.5).astype(np.int32)
    sides = (high - low).max(1) + 1
    shown = np.abs(area) > 1e-6
    if both is not None:
        shown &= both | (area < 0)
    inside = shown & (high >= 0).all(1) & (low < size).all(1)
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
    step = np.arange(side, dtype=np.float32)
    x = low[:, 0, None, None].astype(np.float32) + step[None, None, :]  # [t 1 side]
    y = low[:, 1, None, None].astype(np.float32) + step[None, :, None]
    a, b, c = (corners[:, i, :, None, None] for i in range(3))
    scale = 1 / area[:, None, None]
    u = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) * scale
    v = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) * scale
    w = 1 - u - v
    kept = (
        (np.minimum(np.minimum(u, v), w) >= -_SLACK) & (x >= 0) & (x < size) & (y >= 0) & (y < size)
    )
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
    column, row = column[order], row[order]
    x, y = column.astype(np.float32) - points[order, 0], row.astype(np.float32) - points[order, 1]
    half = np.maximum(width[order] / 2, 0.71)
    reach = int(np.ceil(half.max())) if len(half) else 0
    side = size + 2 * reach  # with a border, so that no disc leaves the picture
    place = (row + reach) * side + column + reach
    best = np.full(side * side, -1, np.int32)  # ranks in order of nearness
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            away = (x + np.float32(right)) ** 2 + (y + np.float32(down)) ** 2
            rank = np.flatnonzero(away <= half * half).astype(np.int32)
            pixel = place[rank] + (down * side + right)
            nearer = rank > best[pixel]
            best[pixel[nearer]] = rank[nearer]  # of equal pixels the last one stays
    best = best.reshape(side, side)[reach : reach + size, reach : reach + size].ravel()
    out = np.full(size * size, -1, np.int32)
    there = np.flatnonzero(best >= 0)
    there = there[points[order[best[there]], 2] > depth.ravel()[there]]
    out[there] = order[best[there]]
    return out.reshape(size, size)
