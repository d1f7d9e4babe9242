"""Turn one face's proportions into another's pose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry import topology
from facewright.swap.mesh.raster import Floats
from facewright.swap.mesh.regions import measure_mouth, measure_unit

_BROAD = 0.28
"""Over how much of the skin normals are smoothed, in eye distances."""
_FINE = 0.08
"""How far points move together, in eye distances: what is smaller is noise of the mesh."""
_RIM, _OUTLINE = 0.3, 0.85
"""Over which distance from the rim of the face the change grows to all of it, in eye distances, and
how much of it reaches the rim: hair, ears and neck have to follow there."""
_WIDE = 0.5
"""How far a mouth is open, height over width, that stays where it is altogether."""
_FARTHEST = 0.3
"""How far a point moves at most, in eye distances."""


def fit_rotation(shape: Floats, points: Floats) -> tuple[Floats, float, Floats]:
    """Return how a shape is turned, scaled and moved to lie on points, best in squares.

    Source: Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991.

    Args:
        shape: (n, 3).
        points: (n, 3).

    Returns:
        The rotation (3, 3), the scale and the shift (3,): `scale * shape @ rotation.T + shift`.
    """
    middle, centre = shape.mean(0), points.mean(0)
    apart, there = shape - middle, points - centre
    left, sizes, right = np.linalg.svd(there.T.astype(np.float64) @ apart.astype(np.float64))
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right)) or 1])
    rotation = (left * signs) @ right
    scale = float((sizes * signs).sum() / max(float((apart**2).sum()), 1e-12))
    shift = centre - scale * rotation @ middle
    return rotation.astype(np.float32), scale, shift.astype(np.float32)


def rest_shape(meshes: Sequence[Floats]) -> Floats:
    """Return a face's own shape: upright, frontal, its eyes one apart.

    Args:
        meshes: (478, 3) each, any pose.

    Returns:
        (478, 3): the mean of all, turned to face the viewer.
    """
    turned = []
    for points in meshes:
        rotation, scale, shift = fit_rotation(topology.CANONICAL, points)
        turned.append((points - shift) @ rotation / np.float32(scale))
    return np.mean(turned, 0).astype(np.float32)


def lend_shape(points: Floats, shape: Floats, amount: float) -> Floats:
    """Move a face towards the proportions of another.

    Where eyes, brows, nose, mouth and jaw are and how broad they are follows the other; the rim
    follows less, and an open mouth stays where it is.

    Args:
        points: (478, 3): the face to cover, in pixels.
        shape: (478, 3): the other's shape, as `rest_shape` returns it.
        amount: 0 moves nothing, 1 takes the proportions whole.

    Returns:
        (478, 3), pixels.
    """
    if amount == 0:
        return points
    rotation, scale, shift = fit_rotation(shape, points)
    apart = np.float32(scale) * shape @ rotation.T + shift - points
    shut = 1 - min(1.0, measure_mouth(points) / _WIDE)
    held = np.where(_NEAR_MOUTH, np.float32(shut), np.float32(1))[:, None]
    moved = np.float32(amount) * (_SMOOTHING @ apart) * held
    length = np.linalg.norm(moved[:, :2], axis=1, keepdims=True)
    moved *= np.minimum(1, _FARTHEST * measure_unit(points) / np.maximum(length, 1e-6))
    return (points + moved).astype(np.float32, copy=False)


def measure_facing(points: Floats) -> Floats:
    """Return how far each part of a head is turned to the viewer, its nose smoothed away.

    Args:
        points: (478, 3), pixels.

    Returns:
        (478,): the cosine to the viewer, -1 to 1.
    """
    rotation, _, _ = fit_rotation(topology.CANONICAL, points)
    return -(_NORMALS @ rotation[2])


def _smooth_normals() -> Floats:
    """Return (478, 3): where the skin around each point of the mean face looks, smoothed."""
    places, triangles = topology.CANONICAL, topology.TRIANGLES
    corners = places[triangles]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 1] - corners[:, 0])  # outwards
    apart = np.linalg.norm(places[:, None] - corners.mean(1)[None], axis=-1)  # [478 n]
    total = np.exp(-0.5 * (apart / _BROAD) ** 2) @ normals
    return (total / np.linalg.norm(total, axis=1, keepdims=True)).astype(np.float32)


def _smooth_over_face() -> NDArray[np.float32]:
    """Return (478, 478): smooths over the face, and lessens towards its rim."""
    places = topology.CANONICAL
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    weights = np.exp(-0.5 * (apart / _FINE) ** 2)
    weights /= weights.sum(1, keepdims=True)
    rim = apart[:, topology.OVAL].min(1)
    fade = np.clip(rim / _RIM, 0, 1)
    share = _OUTLINE + (1 - _OUTLINE) * fade * fade * (3 - 2 * fade)
    return (weights * share[:, None]).astype(np.float32)


def _find_mouth() -> NDArray[np.bool_]:
    """Return (478,): which points lie at the mouth or on the chin."""
    lowest_of_nose = topology.CANONICAL[2, 1]
    return topology.CANONICAL[:, 1] > lowest_of_nose


_NORMALS = _smooth_normals()
_SMOOTHING = _smooth_over_face()
_NEAR_MOUTH = _find_mouth()
