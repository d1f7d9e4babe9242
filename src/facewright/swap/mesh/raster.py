"""Draw a mesh of triangles into a map that says where each pixel comes from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

_FINE = 4  # bits behind the binary point of a corner that is drawn
_EDGE_ON = 0.12
"""The cosine to the viewer below which a triangle of a solid is not drawn."""
_THINNEST = 1e-3  # square pixels; a triangle below has no inside


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of a picture that the box covers."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)

    def to_grid(self, points: Floats, size: tuple[int, int]) -> Floats:
        """Move points of the picture into a grid that covers the box.

        Args:
            points: (..., 2), pixels of the picture.
            size: Width and height of the grid.

        Returns:
            (..., 2), pixels of the grid.
        """
        scale = np.array([size[0] / self.width, size[1] / self.height], np.float32)
        corner = np.array([self.left, self.top], np.float32)
        return (points - corner + np.float32(0.5)) * scale - np.float32(0.5)


def find_box(points: Floats, size: tuple[int, int], margin: float = 0) -> Box | None:
    """Return the smallest box around points that lies in a picture.

    Args:
        points: (n, 2 or more), pixels.
        size: Width and height of the picture.
        margin: Pixels to add on every side.

    Returns:
        The box; None if the points lie outside the picture.
    """
    low = np.floor(points[:, :2].min(0) - margin).astype(int)
    high = np.ceil(points[:, :2].max(0) + margin).astype(int) + 1
    left, top = (max(0, int(value)) for value in low)
    right, bottom = (min(int(value), side) for value, side in zip(high, size, strict=True))
    if right - left < 2 or bottom - top < 2:
        return None
    return Box(left, top, right - left, bottom - top)


def sort_triangles(points: Floats, triangles: Indices) -> NDArray[np.int64]:
    """Return the triangles of a solid that may be seen, the farthest first.

    Those that turn their edge to the viewer are left out with those that turn their back: a line
    of theirs, one pixel wide, would show what lies around the corner.

    Args:
        points: (p, 3): x, y and z, the viewer at negative z.
        triangles: (n, 3).

    Returns:
        (m,): numbers of triangles.
    """
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = normals[:, 2] > _EDGE_ON * np.linalg.norm(normals, axis=1)
    seen = np.flatnonzero(facing)
    return seen[np.argsort(-corners[seen, :, 2].mean(1), kind="stable")]


def draw_triangles(
    corners: Floats, size: tuple[int, int], order: NDArray[np.int64] | None = None
) -> NDArray[np.int32]:
    """Draw triangles into a picture of their numbers, later ones over earlier ones.

    Without an order, larger ones lie over smaller ones: lines of slivers are covered.

    Triangles that show their back, and those without an inside, are left out.

    Args:
        corners: (n, 3, 2), pixels; clockwise where the front is seen.
        size: Width and height of the picture.
        order: (m,): which triangles to draw, in order; otherwise all, by size.

    Returns:
        (height, width): the number of the triangle seen there, -1 where there is none.
    """
    drawn = np.full((size[1], size[0]), -1, np.int32)
    areas = _measure_areas(corners)
    order = np.argsort(areas, kind="stable") if order is None else order
    numbers = order[areas[order] > _THINNEST]
    fixed = np.round(corners * (1 << _FINE)).astype(np.int32)
    fill = cv2.fillConvexPoly
    for number in numbers.tolist():
        fill(drawn, fixed[number], number, 8, _FINE)
    return drawn


def interpolate(drawn: NDArray[np.int32], corners: Floats, values: Floats) -> Floats:
    """Spread values at the corners of triangles over the pixels that the triangles cover.

    Args:
        drawn: (height, width), as `draw_triangles` returns it.
        corners: (n, 3, 2), pixels.
        values: (n, 3, k), at each corner.

    Returns:
        (height, width, k); where no triangle is seen, the values of some triangle continued.
    """
    height, width = drawn.shape
    slopes = _fit_planes(corners, values)  # [n k 3]
    found = slopes[drawn]  # [h w k 3]
    x = np.arange(width, dtype=np.float32)[None, :, None]
    y = np.arange(height, dtype=np.float32)[:, None, None]
    return found[..., 0] * x + found[..., 1] * y + found[..., 2]  # [h w k]


def interpolate_at(
    drawn: NDArray[np.int32],
    corners: Floats,
    values: Floats,
    x: NDArray[np.int64],
    y: NDArray[np.int64],
) -> Floats:
    """Do what `interpolate` does for single pixels.

    Args:
        drawn: (m,): the triangle seen at each pixel.
        corners: (n, 3, 2), pixels.
        values: (n, 3, k), at each corner.
        x: (m,), columns.
        y: (m,), rows.

    Returns:
        (m, k).
    """
    found = _fit_planes(corners, values)[drawn]  # [m k 3]
    columns, rows = (part.astype(np.float32)[:, None] for part in (x, y))
    return found[..., 0] * columns + found[..., 1] * rows + found[..., 2]


def join_points(points: Floats) -> Indices:
    """Return Delaunay triangles over points.

    Args:
        points: (p, 2), pixels.

    Returns:
        (n, 3), clockwise as seen.
    """
    low, high = np.floor(points.min(0)) - 2, np.ceil(points.max(0)) + 2
    plane = cv2.Subdiv2D((*low.astype(int).tolist(), *(high - low).astype(int).tolist()))
    names: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(points.tolist()):
        if names.setdefault((x, y), number) == number:
            plane.insert((x, y))
    corners = np.array(plane.getTriangleList()).reshape(-1, 3, 2)
    found = [[names.get((x, y), -1) for x, y in triangle] for triangle in corners.tolist()]
    triangles = np.array([row for row in found if min(row) >= 0], np.int32).reshape(-1, 3)
    one = points[triangles[:, 1]] - points[triangles[:, 0]]
    two = points[triangles[:, 2]] - points[triangles[:, 0]]
    back = one[:, 0] * two[:, 1] < one[:, 1] * two[:, 0]
    triangles[back] = triangles[back][:, ::-1]
    return triangles


def _measure_areas(corners: Floats) -> Floats:
    """Return twice the signed area of each triangle, positive when clockwise as seen."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]


def _fit_planes(corners: Floats, values: Floats) -> Floats:
    """Return (n, k, 3): slope along x, slope along y and value at the origin of each value."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = _measure_areas(corners)
    inverse = (np.sign(area) / np.maximum(np.abs(area), _THINNEST))[:, None]
    first, second = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]  # [n k]
    along_x = (first * two[:, 1:] - second * one[:, 1:]) * inverse
    along_y = (second * one[:, :1] - first * two[:, :1]) * inverse
    start = values[:, 0] - along_x * corners[:, 0, :1] - along_y * corners[:, 0, 1:]
    return np.stack([along_x, along_y, start], -1).astype(np.float32, copy=False)
