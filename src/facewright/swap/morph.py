"""Blend the shapes and colours of two faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.swap.mesh.pixels import inset, sample
from facewright.swap.mesh.raster import (
    Floats,
    Indices,
    draw_triangles,
    interpolate,
    join_points,
    sort_triangles,
)
from facewright.swap.mesh.regions import SURFACE, check_mesh, hold_irises
from facewright.swap.mesh.shape import fit_rotation
from facewright.types import Image, check_image

_SIDE_POINTS = 5
"""How many points lie on each side of the frame, one corner among them."""
_HALO = 1.55
"""A ring around the face that hair and ears move with: how much larger than the oval."""
_EYES_APART = (0.2, 0.33)
"""The distance of the eyes in a mean face, in parts of its side: the least and the most."""
_RIM = 0.08
"""Over which part of the side of a mean face a picture fades out at its border."""
_BEYOND = 0.02
"""The weight of a picture beyond its border."""
_EYE_HEIGHT = 0.4
"""How far down they are."""


@dataclass(frozen=True, slots=True)
class Morph:
    """Two pictures of faces, ready to be blended at any amount."""

    first: Image
    second: Image
    """Of the size of the first."""
    first_points: Floats
    """(n, 3): the mesh, a ring around it and the frame, in pixels."""
    second_points: Floats
    """(n, 3): the same points in the second picture."""
    triangles: Indices
    """(m, 3): what lies around the face."""


def plan_morph(first: tuple[Image, Floats], second: tuple[Image, Floats]) -> Morph:
    """Prepare two pictures for blending.

    Args:
        first: A picture and the mesh of its face, (478, 3) in pixels.
        second: Another; resized to the first where its size differs.

    Returns:
        What `morph_faces` takes.

    Raises:
        InputError: A picture or a mesh is malformed.
    """
    image, points = check_image(first[0]), check_mesh(first[1])
    other, others = check_image(second[0]), check_mesh(second[1])
    height, width = image.shape[:2]
    if other.shape != image.shape:
        scale = np.array([width / other.shape[1], height / other.shape[0]], np.float32)
        shrinks = float(scale.min()) < 1
        flag = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        other = np.asarray(cv2.resize(other, (width, height), interpolation=flag), np.uint8)
        depth = others[:, 2:] * np.float32(scale.mean())
        flat = (others[:, :2] + np.float32(0.5)) * scale - np.float32(0.5)
        others = np.concatenate([flat, depth], 1)
    starts, ends = (_frame(mesh, (width, height)) for mesh in (points, others))
    middle = ((starts + ends) / 2).astype(np.float32)
    return Morph(image, other, starts, ends, _join_surroundings(middle))


def morph_faces(morph: Morph, amount: float) -> Image:
    """Blend two faces, shape and colours alike.

    Args:
        morph: Both, as `plan_morph` returns them.
        amount: 0 for the first, 1 for the second.

    Returns:
        A picture of the size of the first; at 0 and 1 one of the two to the last bit.

    Raises:
        InputError: The amount is out of range.
    """
    if not 0 <= amount <= 1:
        raise InputError(f"the amount of a morph is 0 to 1, not {amount}")
    if amount in (0, 1):
        return (morph.second if amount else morph.first).copy()
    share = np.float32(amount)
    between = morph.first_points + (morph.second_points - morph.first_points) * share
    size = (morph.first.shape[1], morph.first.shape[0])
    values = np.concatenate([morph.first_points[:, :2], morph.second_points[:, :2]], 1)
    places = _draw_map(between, values, morph.triangles, size)  # [h w 4]
    one = sample(morph.first, np.ascontiguousarray(places[..., :2]))
    two = sample(morph.second, np.ascontiguousarray(places[..., 2:]))
    return np.asarray(cv2.addWeighted(one, 1 - amount, two, amount, 0), np.uint8)


def average_faces(faces: Sequence[tuple[Image, Floats]], *, size: int = 512) -> Image:
    """Draw the mean of faces: every picture brought to the mean shape, their colours averaged.

    Beyond the border of one picture, the others count.

    Args:
        faces: Pictures, each with the mesh of its face (478, 3) in pixels.
        size: Side of the result in pixels.

    Returns:
        (size, size, 3).

    Raises:
        InputError: There is no face, or a picture or a mesh is malformed.
    """
    if not faces:
        raise InputError("a mean needs at least one face")
    checked = [(check_image(image), check_mesh(mesh)) for image, mesh in faces]
    apart = _pick_framing(checked) * size
    upright = [_turn_upright(image, mesh, size, apart) for image, mesh in checked]
    framed = [_frame(points, (size, size)) for _, points in upright]
    mean = np.mean(framed, 0).astype(np.float32)
    triangles = _join_surroundings(mean)
    total = np.zeros((size, size, 3), np.float32)
    weight = np.zeros((size, size, 1), np.float32)
    for (image, _), points in zip(upright, framed, strict=True):
        found = sample(image, _draw_map(mean, points[:, :2], triangles, (size, size)))
        known = inset(found[..., 3] > 127, _RIM * size)[..., None] + np.float32(_BEYOND)
        total += found[..., :3] * known
        weight += known
    return np.round(total / weight).astype(np.uint8)


def _frame(points: Floats, size: tuple[int, int]) -> Floats:
    """Add a ring around a mesh and points on the frame of its picture: (n, 3)."""
    width, height = size
    oval = points[topology.OVAL]
    middle = oval.mean(0)
    ring = middle + (oval - middle) * np.float32(_HALO)
    limits = np.array([width - 1, height - 1], np.float32)
    ring[:, :2] = np.clip(ring[:, :2], 0.02 * limits, 0.98 * limits)
    along = np.linspace(0, 1, _SIDE_POINTS, dtype=np.float32)[:-1]
    zero, one = np.zeros_like(along), np.ones_like(along)
    x = np.concatenate([along, one, 1 - along, zero]) * width - np.float32(0.5)
    y = np.concatenate([zero, along, one, 1 - along]) * height - np.float32(0.5)
    frame = np.stack([x, y, np.zeros_like(x)], 1)
    return np.concatenate([hold_irises(points), ring, frame]).astype(np.float32)


def _join_surroundings(points: Floats) -> Indices:
    """Return triangles over the whole picture, below the face: oval, ring and frame."""
    around = np.arange(topology.POINTS, len(points))
    chosen = np.concatenate([topology.OVAL, around])
    return chosen[join_points(points[chosen, :2])].astype(np.int32)


def _draw_map(points: Floats, values: Floats, around: Indices, size: tuple[int, int]) -> Floats:
    """Spread values at points over a picture: the surroundings first, the face on top."""
    one = points[around[:, 1], :2] - points[around[:, 0], :2]
    two = points[around[:, 2], :2] - points[around[:, 0], :2]
    back = one[:, 0] * two[:, 1] < one[:, 1] * two[:, 0]
    around = np.where(back[:, None], around[:, ::-1], around)  # folded: seen all the same
    triangles = np.concatenate([around, SURFACE])
    face = sort_triangles(points, SURFACE) + len(around)
    corners = points[triangles][..., :2]
    drawn = draw_triangles(corners, size, np.concatenate([np.arange(len(around)), face]))
    return interpolate(drawn, corners, values[triangles])


def _pick_framing(faces: Sequence[tuple[Image, Floats]]) -> float:
    """Return the distance of the eyes, in parts of the side, at which most pictures fill a mean."""
    reaches = []
    for image, points in faces:
        left, right = topology.five_points(points)[:2]
        x, y = ((left + right) / 2)[:2]
        unit = max(float(np.linalg.norm(right - left)), 1.0)
        height, width = image.shape[:2]
        sides = (x, width - x, y * 0.5 / _EYE_HEIGHT, (height - y) * 0.5 / (1 - _EYE_HEIGHT))
        reaches.append(max(min(sides) / unit, 0.1))
    low, high = _EYES_APART
    return float(np.clip(0.5 / np.median(reaches), low, high))


def _turn_upright(
    image: Image, points: Floats, size: int, apart: float
) -> tuple[NDArray[np.uint8], Floats]:
    """Turn and scale a picture to a square with an upright face.

    Returns:
        (size, size, 4), the fourth 255 where there was a picture, and the mesh there.
    """
    flat = points * np.array([1, 1, 0], np.float32)
    goal = topology.CANONICAL * np.float32(apart)
    eyes = topology.five_points(goal)[:2].mean(0)
    goal = goal - eyes + np.array([size / 2 - 0.5, _EYE_HEIGHT * size - 0.5, 0], np.float32)
    goal[:, 2] = 0
    rotation, scale, shift = fit_rotation(flat, goal)
    matrix = np.concatenate([scale * rotation[:2, :2], shift[:2, None]], 1)
    if scale < 1:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / scale), np.uint8)
    turned = cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    there = np.full(image.shape[:2], 255, np.uint8)
    known = cv2.warpAffine(there, matrix, (size, size), flags=cv2.INTER_LINEAR)
    placed = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    mesh = np.concatenate([placed, points[:, 2:] * np.float32(scale)], 1)
    return np.dstack([turned, known]).astype(np.uint8), mesh.astype(np.float32)
