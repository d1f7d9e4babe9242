"""What part of space a picture shows, and where points are in it."""

from __future__ import annotations

import numpy as np
from head import Head
from mesh import Floats

DISTANCE = 16.0
"""Of the camera, in units of the mesh."""

_FRAME = {"character": (1.75, 0.2)}  # half of the width that is seen, and how far above the eyes
_USUAL_FRAME = (1.7, 0.28)


def frame_of(head: Head, style: str) -> tuple[Floats, float]:
    """Return the middle of the picture in space, and half of its width there."""
    half, above = _FRAME.get(style, _USUAL_FRAME)
    left, right, _ = head.eyes
    middle = head.pose(np.stack([left, right])).mean(0) + np.array([0, above, 0])
    middle[2] = 1.0
    return middle, half


def project(points: Floats, frame: tuple[Floats, float]) -> Floats:
    """Return where points are in the picture: x and y, 0 to 1 from the upper left, and depth."""
    middle, half = frame
    offset = points - middle
    scale = 0.5 / half * DISTANCE / (DISTANCE - offset[:, 2])
    return np.stack([0.5 + offset[:, 0] * scale, 0.5 - offset[:, 1] * scale, offset[:, 2]], 1)
