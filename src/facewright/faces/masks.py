"""Masks of a face and its parts, from a mesh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.topology import (
    CANONICAL,
    HOLES,
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    MIRROR,
    POINTS,
    RIGHT_BROW,
    RIGHT_EYE,
    TRIANGLES,
    Indices,
    five_points,
)

Mask = NDArray[np.float32]
"""(height, width), 0 to 1."""

REGIONS: Mapping[str, tuple[Indices, ...]] = MappingProxyType(
    {
        "eyes": (LEFT_EYE, RIGHT_EYE),
        "left eye": (LEFT_EYE,),
        "right eye": (RIGHT_EYE,),
        "brows": (LEFT_BROW, RIGHT_BROW),
        "left brow": (LEFT_BROW,),
        "right brow": (RIGHT_BROW,),
        "lips": (LIPS_OUTER,),
        "mouth": (LIPS_INNER,),
    }
)
"""Name → the loops around it; `lips` hold the opening between them, which is the `mouth`.
Left and right are as seen in the picture."""

_FINE = 4  # pixels are counted in quarters, so that edges are smooth
_LARGE = 1024  # pixels; of masks beyond, in halves
_FRACTION = 4  # binary digits behind the point of OpenCV's coordinates
_FARTHEST = 1e6  # pixels; OpenCV's coordinates are integers


def draw_face_mask(
    points: NDArray[np.float32],
    shape: tuple[int, int],
    *,
    forehead: bool = True,
    holes: Sequence[str] = (),
    feather: float = 0.0,
) -> Mask:
    """Draw the mask of a face: the area that the mesh covers.

    It reaches from ear to ear, and from the chin to a little below the hairline. It includes a nose
    that stands out of a face in profile.

    Args:
        points: (478, 2 or 3), a mesh in pixels of the crop or picture.
        shape: Height and width of the mask.
        forehead: Whether to include the forehead; otherwise the mask ends right above the brows.
        holes: Names of `REGIONS` to leave out.
        feather: Width of the soft edge, as in `soften_inside`, relative to the distance between the
            eyes.

    Returns:
        (height, width), 0 to 1, anti-aliased. If the border of the picture cuts the face, the mask
        is 1 up to the border; see `fade_border`.

    Raises:
        InputError: There are not 478 points, one of them is not finite, or a hole is unknown.
    """
    loops = [loop for name in holes for loop in _find_region(name)]
    triangles = _FACE if forehead else _BELOW
    mask = _fill(_check_points(points)[triangles], shape)
    for loop in loops:
        mask *= 1 - _fill(points[None, loop], shape)
    return soften_inside(mask, feather * measure_face(points)) if feather else mask


def draw_region_mask(
    points: NDArray[np.float32], shape: tuple[int, int], region: str, *, feather: float = 0.0
) -> Mask:
    """Draw the mask of a part of the face.

    Args:
        points: (478, 2 or 3), a mesh in pixels of the crop or picture.
        shape: Height and width of the mask.
        region: One of `REGIONS`.
        feather: As in `draw_face_mask`.

    Returns:
        (height, width), 0 to 1.

    Raises:
        InputError: There are not 478 points, one of them is not finite, or no region has this name.
    """
    loops = _find_region(region)
    mask = np.zeros(shape, np.float32)
    for loop in loops:
        mask = np.maximum(mask, _fill(_check_points(points)[None, loop], shape))
    return soften_inside(mask, feather * measure_face(points)) if feather else mask


def measure_face(points: NDArray[np.float32]) -> float:
    """Return the distance between the eyes in pixels, corrected for the pose.

    It is the longer of the distance between the eyes and that from the eyes to the mouth: on the
    mean face both are equal within 2 %, and when a head turns or nods one of them keeps its length.

    Args:
        points: (478, 2 or 3), a mesh.
    """
    left, right, _, *mouth = five_points(points[:, :2])
    down = (mouth[0] + mouth[1] - left - right) / 2
    return float(max(np.hypot(*(right - left)), np.hypot(*down)))


def soften_inside(mask: Mask, width: float) -> Mask:
    """Soften the edge of a mask inwards.

    The result is 0 along the old edge and outside, and 1 from `width` inside of the edge; in
    between it rises as 3t² - 2t³.

    Args:
        mask: (height, width), 0 to 1; a value in between says how much of a pixel is inside.
        width: Width of the soft edge in pixels; below 0.5 the mask is unchanged.

    Returns:
        (height, width), 0 to 1.
    """
    inside = mask >= 0.5
    if width < 0.5 or inside.all():
        return mask
    away, nearest = cv2.distanceTransformWithLabels(
        inside.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # The edge runs between a pixel and the nearest one outside: where, its share says.
    shares = np.zeros(int(nearest.max()) + 1, np.float32)
    shares[nearest[~inside]] = mask[~inside]
    return _rise((away - 0.5 + shares[nearest]) / width)


def soften_outside(mask: Mask, width: float) -> Mask:
    """Soften the edge of a mask outwards.

    Args:
        mask: (height, width), 0 to 1.
        width: Distance from the mask in pixels at which the result is 0.

    Returns:
        (height, width), 0 to 1; the same where the mask is 1.
    """
    outside = mask < 0.5
    if width < 0.5 or not outside.any() or outside.all():
        return mask
    away = cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, 5)
    return np.maximum(mask, _rise(1 - away.astype(np.float32) / np.float32(width)))


def fade_border(mask: Mask, width: float) -> Mask:
    """Fade a mask towards the border of its crop, so that no edge shows after `paste`.

    Args:
        mask: (height, width), 0 to 1.
        width: Distance from the border in pixels at which the mask is unchanged.

    Returns:
        (height, width), 0 to 1; 0 at the outermost pixels.
    """
    ramps = []
    for side in mask.shape:
        steps = np.arange(side)
        away = np.minimum(steps, steps[::-1]) / max(width, 1e-6)
        ramps.append(_rise(away.astype(np.float32)))
    faded: Mask = mask * np.minimum(ramps[0][:, None], ramps[1][None])
    return faded


def _rise(steps: NDArray[np.float32]) -> Mask:
    """Return the smooth step 3t² - 2t³ of values, clipped to 0 to 1."""
    inside = np.clip(steps, 0, 1)
    return inside * inside * (3 - 2 * inside)


def _find_region(name: str) -> tuple[Indices, ...]:
    """Return the loops around a region of a name."""
    if name not in REGIONS:
        raise InputError(
            f"no region of a face is called `{name}`", hint=f"one of: {', '.join(REGIONS)}"
        )
    return REGIONS[name]


def _check_points(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return points, checked to be a finite mesh."""
    if points.ndim != 2 or len(points) != POINTS:
        raise InputError(
            f"a face mask needs a mesh (478, 3), not {points.shape}",
            hint="find faces with a mesh first",
        )
    if not np.isfinite(points).all() or np.abs(points).max() > _FARTHEST:
        raise InputError("the points of a mesh must be numbers within a million pixels")
    return points


def _fill(polygons: NDArray[np.float32], shape: tuple[int, int]) -> Mask:
    """Return the coverage of each pixel by polygons (n, k, 2 or 3), which may overlap."""
    mask = np.zeros(shape, np.float32)
    flat = polygons[..., :2].astype(np.float64)
    low, high = np.floor(flat.min((0, 1)) - 1), np.ceil(flat.max((0, 1)) + 2)
    left, top = (int(v) for v in np.clip(low, 0, shape[::-1]))
    right, bottom = (int(v) for v in np.clip(high, 0, shape[::-1]))
    if right <= left or bottom <= top:
        return mask
    fine = _FINE if max(right - left, bottom - top) <= _LARGE else 2
    size = right - left, bottom - top
    canvas = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    corners = (flat - (left, top) + 0.5) * fine - 0.5
    fixed = np.rint(corners * 2**_FRACTION).astype(np.int32)
    for polygon in fixed:
        cv2.fillPoly(canvas, [polygon], 255, shift=_FRACTION)
    counted = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)
    mask[top:bottom, left:right] = counted / np.float32(255)
    return mask


def _find_below() -> Indices:
    """Return the triangles of the face below the forehead."""
    upper = LEFT_BROW[:5]  # its upper rim, from the outer end
    rim = CANONICAL[np.concatenate([upper, MIRROR[upper[::-1]]])]
    above = CANONICAL[:, 1] < np.interp(CANONICAL[:, 0], rim[:, 0], rim[:, 1]) - 0.02
    below: Indices = _FACE[~above[_FACE].any(1)]
    return below


_FACE: Indices = np.concatenate([TRIANGLES, HOLES])
_BELOW: Indices = _find_below()
