"""Normalise a picture so that the face is upright and of a fixed size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.matrices import (
    Matrix,
    make_similarity,
    measure_scale,
    transform_points,
)
from facewright.faces.geometry.resample import REPLICATE, resample
from facewright.faces.geometry.topology import LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_EYE, five_points
from facewright.faces.pose import estimate_pose
from facewright.toon.shapes import Floats
from facewright.types import Image

SIDE = 704
"""Side of the square of a normalised head in pixels."""
UNIT = 128.0
"""Distance of the eyes in that square, in pixels."""
EYES = (0.5, 0.545)
"""Position of the middle between the eyes in that square, relative to its side."""

_MOST_TURNED = 30.0  # degrees
_WHOLE = 0.75  # of the outline of a face that is not cut off: chin and forehead may be
_FEATURES = np.concatenate([LEFT_EYE, RIGHT_EYE, LIPS_OUTER, [1, 4, 98, 327]])
_WIDE, _HIGH, _LOW = 1.12, 0.78, 1.78  # of a mean face, from the eyes to its sides, top and chin


@dataclass(frozen=True, slots=True)
class Upright:
    """A picture transformed so that the eyes are level, `UNIT` apart, at `EYES`."""

    image: Image
    """(SIDE, SIDE, 3); beyond the border of the picture, its outermost pixels are repeated."""
    points: Floats
    """(478, 3), the mesh in pixels of the square."""
    inside: NDArray[np.bool_]
    """(SIDE, SIDE): the part inside the picture."""
    detail: float
    """Number of pixels of the picture per pixel of the square."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head that is cut out, in the same square."""

    image: Image
    """(SIDE, SIDE, 3): its colours, extended beyond its edge."""
    alpha: Floats
    """(SIDE, SIDE), 0 to 1."""
    points: Floats
    """(478, 3), the mesh."""
    hair: Floats
    """(SIDE, SIDE), 0 to 1: the hair."""
    skin: Floats
    """(SIDE, SIDE), 0 to 1: the skin of the face, including features and hair over it."""
    detail: float
    """As in `Upright`."""


def turn_upright(image: Image, points: Floats) -> Upright:
    """Transform a picture so that the eyes of a face are level.

    Args:
        image: (height, width, 3).
        points: (478, 3), its mesh in pixels.
    """
    matrix = frame_face(points)
    square = resample(image, matrix, (SIDE, SIDE), border=REPLICATE)
    white = np.full(image.shape[:2], 255, np.uint8)
    inside = cv2.warpAffine(white, matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST)
    detail = 1 / measure_scale(matrix)
    return Upright(square, transform_points(points, matrix), inside > 0, detail)


def check_whole(points: Floats, size: tuple[int, ...]) -> None:
    """Raise unless a picture shows a whole face from the front.

    Args:
        points: (478, 3), the mesh in pixels of the picture.
        size: Width and height of the picture.

    Raises:
        InputError: The face is turned so far that a part of it is hidden, or the border of the
            picture cuts through it.
    """
    pose = estimate_pose(points)
    turned = max(abs(pose.yaw), abs(pose.pitch))
    if turned > _MOST_TURNED:
        raise InputError(
            f"the face is turned by {turned:.0f} degrees, and {_MOST_TURNED:.0f} are the most",
            hint="use a picture that shows it from the front",
        )
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)  # [478]
    if inside[OVAL].mean() < _WHOLE or not inside[_FEATURES].all():
        raise InputError(
            "the border of the picture cuts through the face",
            hint="use a picture that shows the whole head, with some space around it",
        )


def frame_face(points: Floats) -> Matrix:
    """Return the matrix from pixels of a picture to those of the square.

    Args:
        points: (478, 3), a mesh in pixels of the picture.
    """
    left, right, _, *mouth = five_points(points)[:, :2].astype(np.float64)
    across, down = complex(*(right - left)), complex(*(mouth[0] + mouth[1] - left - right)) / 2
    axis = across - 1j * down  # both point to the right
    scale = UNIT / max(abs(across), abs(down), 1e-6)
    turn = scale * axis.conjugate() / max(abs(axis), 1e-6)
    return make_similarity(turn, complex(*EYES) * SIDE - turn * complex(*(left + right)) / 2)


class Frame:
    """Coordinates relative to a face: the middle between the eyes is (0, 0), y points down.

    Every face reaches from -1.12 to 1.12 across and from -0.78 to 1.78 down, as a mean one does.
    """

    def __init__(self, points: Floats, side: int = SIDE) -> None:
        """Set up a grid of coordinates.

        Args:
            points: (478, 3), an upright mesh in pixels.
            side: Side in pixels of the square that the grid covers.
        """
        left, right = five_points(points)[:2, :2]
        oval = points[OVAL, :2]
        self._middle = (left + right) / 2
        high, low = self._middle - oval.min(0), oval.max(0) - self._middle
        self._before = np.maximum(high / (_WIDE, _HIGH), 1)  # [2], pixels
        self._after = np.maximum(low / (_WIDE, _LOW), 1)  # [2]
        rows, columns = np.mgrid[:side, :side].astype(np.float32)
        self.x, self.y = (self._scale(v, axis) for axis, v in enumerate((columns, rows)))
        """(side, side) each."""

    def place(self, outline: Floats) -> Floats:
        """Convert points (n, 2) to pixels."""
        spread = np.where(outline < 0, self._before, self._after)
        return (self._middle + outline * spread).astype(np.float32)

    def _scale(self, pixels: Floats, axis: int) -> Floats:
        """Convert pixels along an axis to the coordinates of the face."""
        away = pixels - self._middle[axis]
        return np.where(away < 0, away / self._before[axis], away / self._after[axis]).astype(
            np.float32
        )
