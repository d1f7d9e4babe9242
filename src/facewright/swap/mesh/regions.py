"""Name the parts of a face that a swap treats each in its own way."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.swap.mesh.raster import Floats, Indices
from facewright.types import Image

_IRISES = (468, 473)
_EYES = (topology.LEFT_EYE, topology.RIGHT_EYE)
_BROWS = (topology.LEFT_BROW, topology.RIGHT_BROW)
_NOSTRILS = np.array([98, 97, 2, 326, 327, 294, 278, 275, 4, 45, 48, 64], np.int32)
_INWARD = np.float32(0.85)
"""How far the middle of an iris may leave the middle of the eye; at 1 it could leave the lids."""
_LIDS = ((159, 145, 33, 133), (386, 374, 263, 362))  # upper, lower, corners
_CHEEK = 0.55
"""How far below an eye its skin is measured, in widths of the eye."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_LIPS = (13, 14, 78, 308)  # upper, lower, corners


def _close_surface() -> Indices:
    """Return the triangles of a whole face: what closes the mouth, the eyes, then the skin."""
    loops = np.stack([np.stack([eye, np.roll(eye, -1)], 1) for eye in _EYES])  # [2 16 2]
    middles = np.repeat(np.array(_IRISES, np.int32)[:, None, None], loops.shape[1], 1)
    eyes = np.concatenate([middles, loops], 2).reshape(-1, 3)
    in_mouth = np.isin(topology.HOLES, topology.LIPS_INNER).all(1)
    return np.concatenate([topology.HOLES[in_mouth], eyes, topology.TRIANGLES]).astype(np.int32)


SURFACE: Indices = _close_surface()
"""(n, 3): the triangles of a face with its eyes, each a fan around its iris, and mouth closed."""


def check_mesh(points: Floats) -> Floats:
    """Return the points of a mesh as float32, and raise unless they are one.

    Args:
        points: (478, 3), pixels.

    Returns:
        The same points.

    Raises:
        InputError: Another shape, or points that are not finite.
    """
    if points.shape != (topology.POINTS, 3):
        raise InputError(
            f"a face mesh has points ({topology.POINTS}, 3), not {points.shape}",
            hint="find faces with a mesh first",
        )
    if not np.isfinite(points).all():
        raise InputError("a face mesh has finite points")
    return points.astype(np.float32, copy=False)


def measure_unit(points: Floats) -> float:
    """Return the unit in which a face is measured: the distance of its eyes, in depth too.

    Args:
        points: (478, 3), pixels.
    """
    left, right = topology.five_points(points)[:2]
    return max(float(np.linalg.norm(right - left)), 1.0)


def hold_irises(points: Floats) -> Floats:
    """Keep the middle of each iris between the lids.

    Args:
        points: (478, 2 or 3).

    Returns:
        The same, the middles of the irises moved a little.
    """
    held = points.copy()
    for iris, eye in zip(_IRISES, _EYES, strict=True):
        middle = points[eye].mean(0)
        held[iris] = middle + (points[iris] - middle) * _INWARD
    return held


def measure_eyes(points: Floats) -> Floats:
    """Return how far each eye is open: height over width, (2,), left then right.

    Args:
        points: (478, 3), pixels.
    """
    return np.array([_measure_opening(points, corners) for corners in _LIDS], np.float32)


def measure_pupils(image: Image, points: Floats) -> Floats:
    """Return how much darker each iris is than the skin below the eye, (2,), left then right.

    Args:
        image: (height, width, 3).
        points: (478, 3), its mesh in pixels.

    Returns:
        0 is as bright, 1 black. Of 401 portraits with open eyes, some with glasses, the middle one
        has 0.64 and 19 in 20 more than 0.14; a lid that is painted over an eye has 0.2.
    """
    left, right, _, *mouth = topology.five_points(points)[:, :2]
    down = (mouth[0] + mouth[1] - left - right) / 2
    down = down / max(float(np.linalg.norm(down)), 1e-6)
    light = image @ _LUMA
    darker = []
    for iris, (_, _, outer, inner) in zip(_IRISES, _LIDS, strict=True):
        wide = max(float(np.linalg.norm(points[outer, :2] - points[inner, :2])), 1.0)
        pupil = points[iris : iris + 5, :2].mean(0)
        cheek = points[[outer, inner], :2].mean(0) + _CHEEK * wide * down
        seen = _measure_spot(light, pupil, 0.1 * wide)
        skin = _measure_spot(light, cheek, 0.15 * wide)
        darker.append(1 - seen / max(skin, 1.0))
    return np.array(darker, np.float32)


def _measure_spot(light: Floats, place: Floats, radius: float) -> float:
    """Return the mean light of a round spot, 0 to 255."""
    spot = np.zeros(light.shape, np.uint8)
    centre = (round(float(place[0])), round(float(place[1])))
    cv2.circle(spot, centre, max(round(radius), 1), 1, -1)
    return float(cv2.mean(light, spot)[0])


def measure_mouth(points: Floats) -> float:
    """Return how far a mouth is open: height over width.

    Args:
        points: (478, 3), pixels.
    """
    return _measure_opening(points, _LIPS)


def _measure_opening(points: Floats, corners: tuple[int, int, int, int]) -> float:
    """Return the distance of two points over that of two others."""
    upper, lower, left, right = (points[index] for index in corners)
    return float(np.linalg.norm(lower - upper) / max(float(np.linalg.norm(right - left)), 1e-6))


def fill_loops(
    points: Floats, size: tuple[int, int], loops: tuple[Indices, ...], *, wider: float = 0
) -> NDArray[np.uint8]:
    """Fill closed loops of points.

    Args:
        points: (478, 2), pixels of the picture that is drawn.
        size: Its width and height.
        loops: Which points, in order.
        wider: Pixels to widen the areas by on every side.

    Returns:
        (height, width): 255 inside, 0 outside.
    """
    drawn = np.zeros((size[1], size[0]), np.uint8)
    for loop in loops:
        corners = np.round(points[loop] * 16).astype(np.int32)
        cv2.fillPoly(drawn, [corners], 255, cv2.LINE_AA, 4)
    reach = round(wider)
    if reach < 1:
        return drawn
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(drawn, shape), np.uint8)


def draw_features(points: Floats, size: tuple[int, int], unit: float) -> NDArray[np.uint8]:
    """Draw what is not plain skin: eyes, brows, nostrils and lips, each with its surroundings.

    Args:
        points: (478, 2), pixels of the picture that is drawn.
        size: Its width and height.
        unit: The distance of the eyes there.

    Returns:
        (height, width): 255 on features, 0 on skin.
    """
    loops = (*_EYES, *_BROWS, topology.LIPS_OUTER, _NOSTRILS)
    return fill_loops(points, size, loops, wider=0.07 * unit)
