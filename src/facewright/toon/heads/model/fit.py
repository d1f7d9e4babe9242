"""Fit the head model to the mesh of a face by least squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.topology import POINTS, SKIN
from facewright.toon.heads.model.basis import HeadModel

Floats = NDArray[np.float64]

_ROUNDS = 8
_NOISE = 0.03  # of points, in units of the model
_DEPTH = 0.15  # weight of z, which a mesh network guesses
_UNIT_SPREAD = 0.35  # of expression units


@dataclass(frozen=True, slots=True)
class FittedHead:
    """Parameters of the head model for the mesh of a face."""

    identity: dict[str, float]
    """Identity parameters by name, as in `recipes/heads3d`; 0 is the mean of people."""
    expression: dict[str, float]
    """Expression units, 0 to 1."""
    rotation: Floats
    """(3, 3), from the model to the picture."""
    scale: float
    """Pixels per unit of the model."""
    shift: Floats
    """(3,), pixels."""
    error: float
    """Root mean square distance of points in the picture, in units of the model."""


def fit_head(
    model: HeadModel,
    points: NDArray[np.float32],
    /,
    *,
    known: Mapping[str, float] | None = None,
    trust: float = 1.0,
) -> FittedHead:
    """Find shape, expression and pose of a head from the mesh of a face.

    Pose (Umeyama 1991) and parameters (ridge regression with the spread of people as prior) take
    turns. Expression units are not negative.

    Args:
        model: From `load_head_model`.
        points: (478, 3), pixels; z at the same scale as x, negative towards the viewer.
        known: Identity parameters to keep fixed, such as {"male": 0.5}.
        trust: Factor on the prior standard deviation; below 1 keeps parameters nearer to the mean.

    Raises:
        InputError: The points are not (478, 3), or not finite, or a known parameter does not exist.
    """
    if points.shape != (POINTS, 3) or not np.isfinite(points).all():
        raise InputError(
            f"a head is fitted to {(POINTS, 3)} finite points, not {points.shape}",
            hint="pass the points of a mesh",
        )
    fixed = _read_known(model, known or {})
    seen = points[:SKIN].astype(np.float64)
    basis = np.concatenate([model.identity, model.expression])  # [k+m 468 3]
    many = len(model.identity)
    spread = np.concatenate(
        [model.identity_spread * trust, np.full(len(model.expression), _UNIT_SPREAD)]
    )
    values = np.where(np.isnan(fixed), 0.0, fixed)
    for _ in range(_ROUNDS):
        shape = model.mean + np.tensordot(values, basis, 1)
        scale, rotation, shift = _find_pose(shape, seen)
        goal = (seen - shift) / scale - model.mean @ rotation.T
        values = _solve(basis @ rotation.T, goal, spread, fixed, many)
    shape = model.mean + np.tensordot(values, basis, 1)
    scale, rotation, shift = _find_pose(shape, seen)
    rest = (shape @ rotation.T - (seen - shift) / scale)[:, :2]
    return FittedHead(
        identity=dict(zip(model.identity_names, values[:many].tolist(), strict=True)),
        expression=dict(zip(model.expression_names, values[many:].tolist(), strict=True)),
        rotation=rotation,
        scale=scale,
        shift=shift,
        error=float(np.sqrt((rest**2).sum(1).mean())),
    )


def _read_known(model: HeadModel, known: Mapping[str, float]) -> Floats:
    """Return known values, NaN for others, (k + m,)."""
    strange = [name for name in known if name not in model.identity_names]
    if strange:
        raise InputError(
            f"a head has no parameter `{strange[0]}`", hint=f"one of: {model.identity_names}"
        )
    fixed = [known.get(name, np.nan) for name in model.identity_names]
    return np.array([*fixed, *[np.nan] * len(model.expression_names)])


def _find_pose(shape: Floats, seen: Floats) -> tuple[float, Floats, Floats]:
    """Return scale, rotation and shift that lay a shape onto points, (n, 3) both."""
    one, other = shape.mean(0), seen.mean(0)
    source, target = shape - one, seen - other
    left, sizes, right = np.linalg.svd(target.T @ source)
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(signs) @ right
    scale = float((sizes * signs).sum() / (source**2).sum())
    return scale, rotation, other - scale * rotation @ one


def _solve(basis: Floats, goal: Floats, spread: Floats, fixed: Floats, identities: int) -> Floats:
    """Return the parameters, (k + m,).

    Args:
        basis: (k + m, n, 3), rotated like the face.
        goal: (n, 3), offsets of the points from those of the mean.
        spread: (k + m,), standard deviations.
        fixed: (k + m,), NaN where free.
        identities: k.
    """
    weights = np.array([1.0, 1.0, _DEPTH])
    matrix = (basis * weights).reshape(len(basis), -1)  # [k+m 3n]
    held = np.where(np.isnan(fixed), 0.0, fixed)
    wanted = (goal * weights).ravel() - held @ matrix
    free = np.isnan(fixed)
    gram = matrix @ matrix.T + np.diag(_NOISE**2 / spread**2)
    right = matrix @ wanted
    values = held.copy()
    while True:  # units that would be negative are left out, one round after the other
        found = np.linalg.solve(gram[np.ix_(free, free)], right[free])
        values[:] = held
        values[free] = found
        negative = free & (values < 0) & (np.arange(len(values)) >= identities)
        if not negative.any():
            return values
        free = free & ~negative
