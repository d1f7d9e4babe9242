"""Bend a picture so that the face in it gets another shape, and what is around it follows."""

from __future__ import annotations

import cv2
import numpy as np

from facewright.faces.geometry import topology
from facewright.swap.mesh.pixels import sample
from facewright.swap.mesh.raster import Box, Floats, find_box
from facewright.swap.mesh.regions import measure_unit
from facewright.types import Image

_WIDTH = 0.22
"""How far the movement of a point reaches over those around it, in eye distances."""
_REACH = 0.9
"""How far from the face a picture is bent, in eye distances."""
_GRID = 48
"""Places on each side of the grid on which the movement is computed; between, it is smooth."""
_STILL = 0.25
"""Pixels: a face whose points all move less is left as it is."""
_HELD = np.unique(
    np.concatenate(
        [
            topology.OVAL,
            topology.LEFT_EYE[::4],
            topology.RIGHT_EYE[::4],
            topology.LEFT_BROW[::3],
            topology.RIGHT_BROW[::3],
            topology.LIPS_OUTER[::3],
            np.array([2, 4, 6, 9, 195, 98, 327, 50, 280, 205, 425, 151, 116, 345], np.int32),
        ]
    )
)
"""The points whose movements say how a picture is bent."""


def reshape_face(image: Image, points: Floats, moved: Floats) -> Image:
    """Bend a picture so that points of a face come to lie where they are moved to.

    Movements are averaged with Gaussian weights around the points (Nadaraya-Watson regression), and
    fade to nothing at `_REACH` from the face.

    Args:
        image: (height, width, 3).
        points: (478, 3): the mesh of the face, in pixels.
        moved: (478, 3): where it shall lie.

    Returns:
        A picture of the same size, the same beyond the reach; `image` itself if hardly anything
        moves.
    """
    held, apart = moved[_HELD, :2], points[_HELD, :2] - moved[_HELD, :2]
    if float(np.abs(apart).max()) < _STILL:
        return image
    unit = measure_unit(points)
    height, width = image.shape[:2]
    box = find_box(np.concatenate([points, moved]), (width, height), margin=_REACH * unit)
    if box is None:
        return image
    places = _move(box, held, apart, unit)
    result = image.copy()
    result[box.window] = sample(image, places, cubic=True)
    return result


def _move(box: Box, held: Floats, apart: Floats, unit: float) -> Floats:
    """Return where each pixel of a box comes from, (height, width, 2)."""
    x = np.linspace(box.left, box.left + box.width - 1, _GRID, dtype=np.float32)
    y = np.linspace(box.top, box.top + box.height - 1, _GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)  # [2304 2]
    squares = (grid**2).sum(1)[:, None] + (held**2).sum(1)[None] - 2 * grid @ held.T  # [2304 k]
    squares = np.maximum(squares, 0) / np.float32(unit * unit)
    weights = np.exp(squares * np.float32(-0.5 / _WIDTH**2))
    near = np.clip(1 - np.sqrt(squares.min(1, keepdims=True)) / np.float32(_REACH), 0, 1)
    share = near * near * (3 - 2 * near)
    field = share * (weights @ apart) / (weights.sum(1, keepdims=True) + np.float32(1e-4))
    field = field.reshape(_GRID, _GRID, 2).astype(np.float32)
    size = (box.width, box.height)
    spread = cv2.resize(field, size, interpolation=cv2.INTER_CUBIC)
    columns = np.arange(box.left, box.left + box.width, dtype=np.float32)
    rows = np.arange(box.top, box.top + box.height, dtype=np.float32)
    spread[..., 0] += columns[None]
    spread[..., 1] += rows[:, None]
    return np.asarray(spread, np.float32)
