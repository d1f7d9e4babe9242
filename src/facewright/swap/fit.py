"""Measure how well a face suits the one that it is to cover."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.faces.pose import estimate_pose
from facewright.swap.blending.light import to_lab
from facewright.swap.blending.seam import Layout, draw_skin
from facewright.swap.mesh.raster import Floats
from facewright.swap.mesh.texture import unwrap_face, unwrap_places
from facewright.types import Image

_SIDE = 64
"""Side of the unwrapped face in which looks are measured, in pixels."""
_TURN, _TONE, _SLOPE, _APPEARANCE = 8.0, 8.0, 12.0, 7.0
"""What counts as one unit of each: degrees of pose, a distance of skins in Lab, of its slope across
the face, and the distance of what is left, root mean square in Lab."""
_FEW = 64.0
"""So many pixels of both faces are needed to compare what is left."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What decides whether a face suits another."""

    turn: Floats
    """(2,): yaw and pitch, in degrees."""
    skin: Floats
    """(3,): the mean of plain skin, in Lab."""
    slope: Floats
    """(2,): by how much skin gets lighter from left to right and from top to bottom, in Lab."""
    rest: Floats
    """(64, 64, 3): features, folds, beard and make-up: the unwrapped face in Lab without skin and
    slope, blurred."""
    seen: Floats
    """(64, 64), 0 to 1: how well that is seen."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How far apart the looks of two faces are."""

    turn: float
    """Between their poses, in degrees; roll costs nothing."""
    skin: float
    """Between their skins: the distance in CIE Lab."""
    light: float
    """Between the slopes of their light, in Lab."""
    rest: float
    """Between what is left: age, beard, brows; root mean square in Lab."""

    @property
    def cost(self) -> float:
        """All of it together: 0 is the same."""
        units = (_TURN, _TONE, _SLOPE, _APPEARANCE)
        apart = (self.turn, self.skin, self.light, self.rest)
        return float(sum((value / unit) ** 2 for value, unit in zip(apart, units, strict=True)))


def measure_looks(image: Image, points: Floats) -> Looks:
    """Measure a face.

    Args:
        image: (height, width, 3).
        points: (478, 3): its mesh, in pixels.
    """
    colours, seen = unwrap_face(image, points, _SIDE)
    pose = estimate_pose(points)
    layout = Layout(unwrap_places(_SIDE), (_SIDE, _SIDE))
    skin = draw_skin(layout, (seen > 0).astype(np.float32)) * seen + np.float32(1e-6)
    lab = to_lab(colours)
    across = np.linspace(-1, 1, _SIDE, dtype=np.float32)
    x, y = np.meshgrid(across, across)
    terms = np.stack([np.ones_like(x), x, y], -1)  # [64 64 3]
    weighted = (terms * skin[..., None]).reshape(-1, 3)
    ridge = np.diag([0, 0.02, 0.02]).astype(np.float32) * skin.sum()
    plane = np.linalg.solve(
        terms.reshape(-1, 3).T @ weighted + ridge, weighted.T @ lab.reshape(-1, 3)
    )
    rest = cv2.GaussianBlur(lab - terms @ plane, (0, 0), 1.0).astype(np.float32)
    slope = 2 * plane[1:, 0]
    mean = (lab * skin[..., None]).sum((0, 1)) / skin.sum()
    turn = np.array([pose.yaw, pose.pitch], np.float32)
    return Looks(turn, mean.astype(np.float32), slope.astype(np.float32), rest, seen)


def compare_looks(one: Looks, other: Looks) -> Fit:
    """Measure how far apart the looks of two faces are."""
    both = np.minimum(one.seen, other.seen)
    squares = ((one.rest - other.rest) ** 2).sum(-1)
    rest = float((squares * both).sum() / max(float(both.sum()), _FEW))
    return Fit(
        turn=float(np.linalg.norm(one.turn - other.turn)),
        skin=float(np.linalg.norm(one.skin - other.skin)),
        light=float(np.linalg.norm(one.slope - other.slope)),
        rest=rest**0.5,
    )
