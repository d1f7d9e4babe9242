"""Find where the features of a face are at rest, whatever it does in its picture."""

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
    """Where features are, in pixels of the square of a `Head`."""

    eyes: tuple[Floats, Floats]
    """(2, 2) each, left and right eye: its corners from left to right."""
    open: float
    """How far the eyes are open against those of a mean face."""
    brows: tuple[Floats, Floats]
    """(5, 2) each: along its middle, from the outer end."""
    nose: Floats
    """(3, 2): the left wing, the base, the right wing."""
    mouth: Floats
    """(2,): its middle."""
    width: float
    """Of the mouth."""
    chin: Floats
    """(2,)."""


def lay_out(points: Floats) -> Layout:
    """Find where features are at rest.

    A mouth that smiles or talks says little about where it rests; nose and chin say more.

    Args:
        points: (478, 3), a mesh as a `Head` has it.
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
