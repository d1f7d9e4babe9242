"""Estimate the positions of the features of a face at rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facewright.faces.geometry.topology import LEFT_BROW, RIGHT_BROW
from facewright.toon.heads.upright import UNIT
from facewright.toon.shapes import Floats

_EYES = ((33, 133), (362, 263))  # corners, from left to right
_LIDS = ((159, 145), (386, 374))
_NOSE = (98, 2, 327)  # the left wing, the base, the right wing
_MOUTH, _CHIN = (61, 291), 152
_OPEN = 0.27  # of the eyes of a mean face: height over width
_MOUTH_BELOW = 0.36  # of the way from the nose to the chin


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of features, in pixels of the square of a `Head`."""

    eyes: tuple[Floats, Floats]
    """(2, 2) each, left and right eye: its corners from left to right."""
    open: float
    """Opening of the eyes, relative to a mean face."""
    brows: tuple[Floats, Floats]
    """(5, 2) each: along its middle, from the outer end."""
    nose: Floats
    """(3, 2): the left wing, the base, the right wing."""
    mouth: Floats
    """(2,): its middle."""
    width: float
    """Width of the mouth."""
    chin: Floats
    """(2,)."""


def lay_out(points: Floats) -> Layout:
    """Estimate the positions of features at rest.

    The position of the mouth is taken from nose and chin, since it changes with expressions.

    Args:
        points: (478, 3), the mesh of a `Head`.
    """
    flat = points[:, :2]
    eyes = flat[list(_EYES[0])], flat[list(_EYES[1])]
    highs = [np.linalg.norm(flat[top] - flat[bottom]) for top, bottom in _LIDS]
    wides = [np.linalg.norm(eye[1] - eye[0]) for eye in eyes]
    opened = np.mean(highs) / max(float(np.mean(wides)), 1e-6)
    corners = flat[list(_MOUTH)]
    below = flat[_NOSE[1]] + _MOUTH_BELOW * (flat[_CHIN] - flat[_NOSE[1]])
    seen = float(np.linalg.norm(corners[1] - corners[0])) / UNIT
    return Layout(
        eyes=eyes,
        open=float(np.clip(opened / _OPEN, 0.8, 1.2)),
        brows=(_find_middle(flat[LEFT_BROW]), _find_middle(flat[RIGHT_BROW])),
        nose=flat[list(_NOSE)],
        mouth=np.array([(below[0] + corners[:, 0].mean()) / 2, below[1]], np.float32),
        width=float(np.clip(0.45 * seen + 0.6, 0.88, 1.16)) * UNIT,
        chin=flat[_CHIN],
    )


def _find_middle(loop: Floats) -> Floats:
    """Return the line along the middle of a brow."""
    return (loop[:5] + loop[:4:-1]) / np.float32(2)
