"""Affine 2×3 matrices: apply, invert, compose, and fit them to points.

A matrix takes column vectors: `[x' y'] = M @ [x y 1]`. In a picture of n pixels, pixel coordinates
run from -0.5 to n - 0.5, since (0, 0) is the *centre* of the first pixel; the unit square runs from
0 to 1 over the same width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError

Matrix = NDArray[np.float64]
"""2×3."""


def transform_points(points: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Transform points, depth included.

    Args:
        points: (..., 2) or (..., 3): x, y and perhaps z.
        matrix: 2×3, applied to x and y; z is multiplied by its scale.

    Returns:
        The same shape, float32.

    >>> double = np.array([[2, 0, 0.5], [0, 2, 0.5]])  # a picture made twice as large
    >>> transform_points(np.array([[0, 0, 1], [10, 20, -3]], np.float32), double).tolist()
    [[0.5, 0.5, 2.0], [20.5, 40.5, -6.0]]
    """
    moved = np.array(points, np.float64)  # [... 2 or 3]
    moved[..., :2] = points[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    moved[..., 2:] *= measure_scale(matrix)
    return moved.astype(np.float32)


def invert_matrix(matrix: Matrix) -> Matrix:
    """Return the inverse of a 2×3 matrix.

    Raises:
        InputError: The matrix is singular.
    """
    if not np.isfinite(matrix).all() or measure_scale(matrix) < 1e-9:
        raise InputError("a matrix that flattens the picture has no way back")
    turn, shift = np.linalg.inv(matrix[:, :2].astype(np.float64)), matrix[:, 2:]
    return np.concatenate([turn, -turn @ shift], axis=1, dtype=np.float64)


def join_matrices(first: Matrix, then: Matrix) -> Matrix:
    """Return the 2×3 matrix of `first` followed by `then`."""
    return (_square(then) @ _square(first))[:2]


def measure_scale(matrix: Matrix) -> float:
    """Return the scale of a matrix: the factor on lengths, the square root of that on areas."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def fit_similarity(points: NDArray[np.float32], places: NDArray[np.float64]) -> Matrix:
    """Return the similarity (rotation, scale, shift) that fits points to target positions.

    The least-squares solution without mirroring (Umeyama 1991), in closed form: in the plane, a
    similarity is the multiplication with one complex number and the addition of another.

    Args:
        points: (k, 2) or (k, 3), at least two that differ; z is ignored.
        places: (k, 2), the target positions.

    Returns:
        2×3, from the coordinates of the points to those of the targets.

    Raises:
        InputError: The points all coincide, or are not finite.
    """
    here, there = (p[:, 0].astype(np.float64) + 1j * p[:, 1] for p in (points, places))
    centred, target = here - here.mean(), there - there.mean()
    spread = np.vdot(centred, centred).real
    if not np.isfinite(spread) or spread < 1e-12:
        raise InputError("the points of a face must be numbers, and not all in one place")
    turn = np.vdot(centred, target) / spread
    return make_similarity(turn, there.mean() - turn * here.mean())


def make_similarity(turn: complex, shift: complex) -> Matrix:
    """Return the 2×3 matrix that maps x + iy to `turn * (x + iy) + shift`."""
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def measure_in_pixels(size: int) -> Matrix:
    """Return the 2×3 matrix from the unit square to the pixels of a square of `size`."""
    return np.array([[size, 0, -0.5], [0, size, -0.5]], np.float64)


def _square(matrix: Matrix) -> NDArray[np.float64]:
    """Return a 2×3 matrix as 3×3."""
    return np.concatenate([matrix, [[0, 0, 1]]])
