"""Unwrap faces into one flat texture, what a picture hides filled in from the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry import topology
from facewright.swap.mesh.pixels import blur, sample, shrink, spread
from facewright.swap.mesh.raster import Floats, draw_triangles, interpolate, sort_triangles
from facewright.swap.mesh.regions import SURFACE, hold_irises, measure_unit
from facewright.types import Image

_AXIS = 0.8
"""Where the axis of the cylinder lies that a face is unwrapped onto: z, eyes one apart."""
_SPAN = 3.8
"""The side of the square that holds the unwrapped face, eyes one apart."""
_TURNED, _FACING = 0.08, 0.4
"""The cosine to the viewer at which a patch of skin is not used at all, and used fully."""
_BEHIND = 0.12
"""How much farther than what is seen a patch may lie and still be seen, in eye distances."""
_COARSE = 128
"""Side of the square in which light on both sides is compared, in pixels."""


@dataclass(frozen=True, slots=True)
class Texture:
    """A face unwrapped: its skin in a square where every face has its features in one place."""

    colours: Floats
    """(size, size, 3), RGB, 0 to 255."""
    known: Floats
    """(size, size), 0 to 1: how well each place was seen, on one side or the other."""


def unwrap_places(size: int) -> Floats:
    """Return where the points of the mesh lie in a texture.

    Args:
        size: Its side in pixels.

    Returns:
        (478, 2), pixels, symmetric about the middle.
    """
    x, y, z = hold_irises(topology.CANONICAL).T
    around = np.arctan2(x, np.float32(_AXIS) - z)
    places = np.stack([around, y], 1) / np.float32(_SPAN) + np.float32(0.5)
    return (places * size - np.float32(0.5)).astype(np.float32)


def unwrap_faces(faces: Sequence[tuple[Image, Floats]], size: int) -> Texture:
    """Unwrap one person's faces into one texture.

    Every picture counts where its skin faces the viewer. What none shows is taken from the other
    side of the face, its light evened out.

    Args:
        faces: Pictures, each with its mesh (478, 3) in pixels.
        size: Side of the texture in pixels.

    Returns:
        The texture.
    """
    colours, seen = unwrap_face(*faces[0], size)
    total, weight = colours * seen[..., None], seen
    for image, points in faces[1:]:
        more, there = unwrap_face(image, points, size)
        more = _even_light(more, there, _divide(total, weight), np.minimum(weight, 1))
        total, weight = total + more * there[..., None], weight + there
    colours = np.where(weight[..., None] > 0, _divide(total, weight), colours)
    texture = _mirror(colours, np.minimum(weight, 1))
    return Texture(_take_side_light(texture), texture.known)


def unwrap_face(image: Image, points: Floats, size: int) -> tuple[Floats, Floats]:
    """Unwrap what one picture shows of a face.

    Args:
        image: (height, width, 3).
        points: (478, 3): its mesh, in pixels.
        size: Side of the texture in pixels.

    Returns:
        Colours (size, size, 3), 0 to 255, and how well each place is seen, (size, size), 0 to 1.
    """
    points = hold_irises(points)
    corners = unwrap_places(size)[SURFACE]
    facing = _measure_facing(points)
    values = np.concatenate([points[:, :2], facing[:, None]], 1)[SURFACE]
    drawn = draw_triangles(corners, (size, size))
    found = interpolate(drawn, corners, values)  # [size size 3]
    step = _SPAN * measure_unit(points) / size  # pixels of the picture in one of the texture
    if step > 1:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 * step), np.uint8)
    places = np.ascontiguousarray(found[..., :2])
    colours = sample(image, places, cubic=True)
    height, width = image.shape[:2]
    x, y = places[..., 0], places[..., 1]
    inside = (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5) & (drawn >= 0)
    seen = np.clip(found[..., 2], 0, 1) * inside
    seen = np.minimum(seen, cv2.blur(seen, (size // 32 | 1, size // 32 | 1))).astype(np.float32)
    return colours.astype(np.float32), seen


def _divide(total: Floats, weight: Floats) -> Floats:
    """Return sums of colours over sums of weights; black where there is no weight."""
    mean = total / np.maximum(weight, 1e-6)[..., None]
    return mean.astype(np.float32, copy=False)


def _measure_facing(points: Floats) -> Floats:
    """Return (478,), 0 to 1: how well the skin around each point is seen in its own picture."""
    corners = points[topology.TRIANGLES]  # [n 3 3]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, topology.TRIANGLES[:, corner], normals)
    length = np.maximum(np.linalg.norm(total, axis=1), 1e-6)
    towards = total[:, 2] / length
    facing = np.clip((towards - _TURNED) / (_FACING - _TURNED), 0, 1)
    facing[topology.SKIN :] = 1  # irises belong to no triangle of the skin
    return (facing * ~_find_hidden(points)).astype(np.float32)


def _find_hidden(points: Floats) -> NDArray[np.bool_]:
    """Return (478,): which points lie behind another part of the face."""
    unit = measure_unit(points)
    middle = points[: topology.SKIN, :2].mean(0)
    placed = (points[:, :2] - middle) / unit * 24 + 48  # four sides of a small picture
    corners = placed[SURFACE].astype(np.float32)
    depths = points[:, 2][SURFACE][..., None]
    drawn = draw_triangles(corners, (96, 96), sort_triangles(points, SURFACE))
    seen = interpolate(drawn, corners, depths)[..., 0]
    x, y = np.clip(np.round(placed), 0, 95).astype(int).T
    return (drawn[y, x] >= 0) & (points[:, 2] > seen[y, x] + _BEHIND * unit)


def _mirror(colours: Floats, seen: Floats) -> Texture:
    """Fill what is not seen with the other side of the face."""
    other = np.ascontiguousarray(colours[:, ::-1])
    there = np.ascontiguousarray(seen[:, ::-1])
    other = _even_light(other, there, colours, seen)
    missing = (1 - seen) * there
    share = missing / np.maximum(seen + missing, np.float32(1e-6))
    filled = colours + (other - colours) * share[..., None]
    return Texture(np.clip(filled, 0, 255), np.maximum(seen, there))


def _take_side_light(texture: Texture) -> Floats:
    """Return the colours of a texture as if light fell equally from both sides."""
    small = (_COARSE, _COARSE)
    colours = shrink(texture.colours, small)
    weight = shrink(texture.known, small) + np.float32(1e-4)
    sigma = _COARSE / 20
    low = blur(colours * weight[..., None], sigma)
    low = low / blur(weight, sigma)[..., None] + np.float32(8)
    even = np.maximum(low, low[:, ::-1])
    even = (low + low[:, ::-1] + even) / 3
    side = texture.known.shape[0]
    gain = spread(np.clip(even / low, 0.4, 2.5), (side, side))
    return np.clip(texture.colours * gain, 0, 255)


def _even_light(colours: Floats, seen: Floats, like: Floats, like_seen: Floats) -> Floats:
    """Bring the light of one texture to that of another, measured where both are visible."""
    size = colours.shape[0]
    small = (_COARSE, _COARSE)
    weight = shrink(seen * like_seen, small)
    if weight.sum() < 1:
        return colours
    change = shrink(like - colours, small)
    mean = (change * weight[..., None]).sum((0, 1)) / weight.sum()
    near = blur((change - mean) * weight[..., None], _COARSE / 12)
    near /= blur(weight, _COARSE / 12)[..., None] + np.float32(0.02)
    return colours + spread(near + mean, (size, size))
