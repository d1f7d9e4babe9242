"""Head pose: yaw, pitch and roll."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.topology import CANONICAL

_Matrix = NDArray[np.float64]

_STABLE = {
    1.0: (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 129, 358),
    0.5: (10, 109, 338, 67, 297, 54, 284, 127, 356, 234, 454, 117, 346, 50, 280),
}
"""Weight → points that hardly move with the expression: the corners of the eyes and the nose; then
forehead, temples and cheekbones, where meshes are less accurate."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Rotation of a head in degrees; 0, 0, 0 faces the camera upright.

    The head is first rolled, then pitched, then turned by yaw.
    """

    yaw: float
    """-180 to 180; positive is towards the right edge of the picture."""
    pitch: float
    """-90 to 90; positive is upwards."""
    roll: float
    """-180 to 180; positive is tilted clockwise as seen in the picture."""


def estimate_pose(points: NDArray[np.float32]) -> Pose:
    """Estimate the rotation of a head.

    The canonical mesh is rotated, scaled and shifted onto the points that move least, so that
    their weighted squared distances are smallest (Kabsch 1976, with the scale of Umeyama 1991).
    Perspective is not modelled: its effect on near faces counts as part of the pose.

    Args:
        points: (478, 3), pixels; z at the same scale as x, negative towards the viewer.

    Returns:
        The angles; all 0 for points that coincide.

    Raises:
        InputError: The points are not (478, 3), or not finite.
    """
    if points.shape != CANONICAL.shape or not np.isfinite(points).all():
        raise InputError(
            f"a pose is estimated from {CANONICAL.shape} finite points, not {points.shape}",
            hint="pass the points of a mesh",
        )
    return _to_angles(_fit_rotation(points[_INDICES].astype(np.float64)))


def _fit_rotation(points: _Matrix) -> _Matrix:
    """Return the rotation from the canonical points to those of a face, (3, 3)."""
    weights = _WEIGHTS[:, None]  # [k 1]
    canonical = CANONICAL[_INDICES].astype(np.float64)
    source = canonical - (weights * canonical).sum(axis=0)
    target = points - (weights * points).sum(axis=0)
    left, _, right = np.linalg.svd(target.T @ (weights * source))  # the scale drops out
    mirrored = np.linalg.det(left @ right) < 0
    rotation: _Matrix = left @ np.diag([1, 1, -1 if mirrored else 1]) @ right  # [3 3]
    return rotation


def _to_angles(rotation: _Matrix) -> Pose:
    """Decompose a rotation into yaw, pitch and roll."""
    x, y, z = rotation @ (0, 0, -1)  # where the nose points
    yaw, pitch = np.arctan2(x, -z), np.arctan2(-y, np.hypot(x, z))
    rest = (_about_y(yaw) @ _about_x(pitch)).T @ rotation
    roll = np.arctan2(rest[1, 0], rest[0, 0])
    return Pose(*(float(angle) for angle in np.rad2deg([yaw, pitch, roll])))


def _about_x(angle: float) -> _Matrix:
    """Return the rotation about the x axis, upwards; radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


def _about_y(angle: float) -> _Matrix:
    """Return the rotation about the y axis, to the right; radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


_INDICES = np.array([index for indices in _STABLE.values() for index in indices])
_WEIGHTS: _Matrix = np.array([w for w, indices in _STABLE.items() for _ in indices])
_WEIGHTS /= _WEIGHTS.sum()
