"""Move a face's pixels onto another's shape: 2-D triangles or the 3-D mesh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.swap.blending.seam import Layout, draw_skin, find_foreign
from facewright.swap.mesh.pixels import blur, fill_gaps, sample, shrink, spread
from facewright.swap.mesh.raster import (
    Box,
    Floats,
    Indices,
    draw_triangles,
    find_box,
    interpolate,
    interpolate_at,
    join_points,
    sort_triangles,
)
from facewright.swap.mesh.regions import (
    SURFACE,
    check_mesh,
    fill_loops,
    hold_irises,
    measure_eyes,
    measure_mouth,
    measure_pupils,
    measure_unit,
)
from facewright.swap.mesh.shape import measure_facing, rest_shape
from facewright.swap.mesh.texture import unwrap_faces, unwrap_places
from facewright.types import Image, WarpMethod, check_image

_SHARE = 0.26
"""The distance of the eyes in a texture, in parts of its side."""
_SMALLEST, _LARGEST = 256, 1024
"""Sides of a texture in pixels."""
_GRID = 128
"""Pixels on the longer side of the grid in which the mesh is drawn; between them, the map is
straight."""
_TURNED, _FACING = 0.12, 0.42
"""The cosine of the head to the viewer at which a mesh is a guess, and where it is sure."""
_JUMP = 0.14
"""A step of the map, from one point of the grid to the next, that is an edge: in eye distances of
the texture."""
_BLANK, _PUPIL = 0.18, 0.3
"""By how much an iris is darker than skin that is none, and one that is seen for sure."""
_OPEN, _TEETH = 0.05, 0.05
"""How far a mouth is open, height over width, that shows teeth; and how far beyond the rim of the
lips they are painted over, in eye distances."""


@dataclass(frozen=True, slots=True)
class Source:
    """The face that is pasted: everything that need not be computed for every frame."""

    levels: tuple[NDArray[np.uint8], ...]
    """(side, side, 4) each: red, green, blue, and how well the place is known; each level half as
    large as the one before."""
    places: Floats
    """(478, 2): where the points of the mesh lie in the first level, in pixels."""
    triangles: Indices
    """(n, 3): the mesh."""
    solid: bool
    """Whether triangles have a depth, and those behind others are hidden."""
    shape: Floats
    """(478, 3): the face itself, upright, frontal, its eyes one apart."""
    points: Floats
    """(478, 3): the mesh in the first picture, for its expression."""
    unit: float
    """The distance of the eyes in the sharpest picture, in pixels."""
    eyes: Floats
    """(2,): how far each eye of the first picture is open, height over width; 0 where no pupil is
    seen."""


@dataclass(frozen=True, slots=True)
class Warped:
    """A face brought onto the shape of another, within a box of the other's picture."""

    box: Box
    colours: Image
    """(height, width, 3): the source's colours, as they are; anything outside the face."""
    known: NDArray[np.uint8]
    """(height, width), 0 to 255: how well the source is known there."""
    inside: Floats
    """(rows, columns) of the grid: 1 where the mesh is seen, 0 elsewhere."""
    sure: Floats
    """(rows, columns) of the grid, 0 to 1: less where the face turns its edge to the viewer, for
    there a mesh is a guess."""


def make_source(
    faces: Sequence[tuple[Image, Floats]], *, method: WarpMethod = "3d", size: int | None = None
) -> Source:
    """Prepare the face that will be pasted, once for all frames.

    Args:
        faces: One or several pictures of one person, the best first, each with its mesh (478, 3)
            in pixels. "2d" uses the first alone.
        method: "3d" fills hidden sides by symmetry and minds what hides what; "2d" takes the
            picture as it is.
        size: Side of the texture of "3d" in pixels; otherwise as the pictures deserve.

    Returns:
        The source.

    Raises:
        InputError: There is no picture, a picture or a mesh is malformed, or the method is unknown.
    """
    if not faces:
        raise InputError("a source needs at least one picture of a face")
    if method not in ("3d", "2d"):
        raise InputError(f"no way to warp is called `{method}`", hint="one of: 3d, 2d")
    checked = [(check_image(image), check_mesh(points)) for image, points in faces]
    first = checked[0][1]
    unit = max(measure_unit(points) for _, points in checked)
    if method == "2d":
        texture, places, triangles = _cut_out(*checked[0])
        unit = measure_unit(first)
    else:
        side = size or _pick_side(unit)
        found = unwrap_faces(checked, side)
        texture = np.dstack([found.colours, 255 * found.known])
        places, triangles = unwrap_places(side), SURFACE
    if max(measure_mouth(points) for _, points in checked) > _OPEN:
        _close_mouth(texture, places)
    texture[..., 3] *= 1 - _find_cover(texture, places, triangles)
    levels = [np.clip(np.round(texture), 0, 255).astype(np.uint8)]
    while min(levels[-1].shape[:2]) > 32:
        half = (levels[-1].shape[1] // 2, levels[-1].shape[0] // 2)
        levels.append(np.round(shrink(levels[-1], half)).astype(np.uint8))
    shape = rest_shape([points for _, points in checked])
    sees = np.clip((measure_pupils(*checked[0]) - _BLANK) / (_PUPIL - _BLANK), 0, 1)
    eyes = measure_eyes(first) * sees
    return Source(tuple(levels), places, triangles, method == "3d", shape, first, unit, eyes)


def warp_face(source: Source, points: Floats, size: tuple[int, int]) -> Warped | None:
    """Bring a source onto the shape of a face.

    Args:
        source: Who is pasted.
        points: (478, 3): the mesh of the face to cover, in pixels of its picture.
        size: Width and height of that picture.

    Returns:
        The warped face; None if the face lies outside the picture.
    """
    points = hold_irises(check_mesh(points))
    box = find_box(points, size, margin=2)
    if box is None:
        return None
    level = _pick_level(source, points)
    texture = source.levels[level]
    scale = np.float32(texture.shape[0] / source.levels[0].shape[0])
    flat = (source.places + np.float32(0.5)) * scale - np.float32(0.5)
    places, drawn, jumps = _draw_map(source, points, flat, box)
    found = sample(texture, places, cubic=False)
    if jumps is not None:
        _soften_edges(found, jumps, 0.04 * measure_unit(points))
    colours = np.asarray(cv2.cvtColor(found, cv2.COLOR_RGBA2RGB), np.uint8)
    known = np.asarray(cv2.extractChannel(found, 3), np.uint8)
    facing = measure_facing(points)[source.triangles].mean(1)[drawn]
    sure = np.clip((facing - _TURNED) / (_FACING - _TURNED), 0, 1)
    return Warped(box, colours, known, (drawn >= 0).astype(np.float32), blur(sure, 1.5))


def _draw_map(
    source: Source, points: Floats, flat: Floats, box: Box
) -> tuple[Floats, Indices, NDArray[np.uint8] | None]:
    """Return where in a texture each pixel of a box comes from, the triangles drawn, and jumps.

    The map is drawn on a coarse grid and spread, straight between its points. Where one part of
    the face hides another it jumps; there it is drawn pixel by pixel.
    """
    order = sort_triangles(points, source.triangles) if source.solid else None
    grid, full = pick_grid(box), (box.width, box.height)
    corners = box.to_grid(points[:, :2], grid)[source.triangles]
    values = flat[source.triangles]
    drawn = draw_triangles(corners, grid, order)
    coarse = interpolate(drawn, corners, values)
    places = spread(coarse, full)
    jumps = _find_jumps(coarse, (drawn >= 0).astype(np.uint8), _JUMP * measure_unit(_lift(flat)))
    if order is None or grid == full or not jumps.any():
        return places, drawn, None
    near = np.unique(drawn[cv2.dilate(jumps, np.ones((3, 3), np.uint8)) > 0])
    jumps = np.asarray(cv2.resize(jumps, full, interpolation=cv2.INTER_NEAREST), np.uint8)
    corners = box.to_grid(points[:, :2], full)[source.triangles]
    fine = draw_triangles(corners, full, order[np.isin(order, near)])
    rows, columns = np.nonzero(jumps & (fine >= 0))
    seen = fine[rows, columns]
    places[rows, columns] = interpolate_at(seen, corners, values, columns, rows)
    return places, drawn, jumps


def _soften_edges(found: NDArray[np.uint8], jumps: NDArray[np.uint8], width: float) -> None:
    """Blur a picture in place where its map jumps: such an edge is as sharp as no picture."""
    side = max(3, round(width)) | 1
    soft = cv2.blur(cv2.blur(found, (side, side)), (side, side))
    cv2.copyTo(soft, jumps, found)


def _find_jumps(coarse: Floats, inside: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """Return where a map jumps by more than `size` within the face, 1 there and around it."""
    jumps = np.zeros(inside.shape, np.uint8)
    for x in cv2.split(coarse):
        jumps[:, 1:] |= cv2.absdiff(x[:, 1:], x[:, :-1]) > size
        jumps[1:] |= cv2.absdiff(x[1:], x[:-1]) > size
    seen = cv2.erode(inside, np.ones((3, 3), np.uint8)) > 0
    jumps &= seen
    return np.asarray(cv2.dilate(jumps, np.ones((3, 3), np.uint8)), np.uint8)


def _lift(flat: Floats) -> Floats:
    """Return points of a plane with a depth of 0."""
    return np.pad(flat, ((0, 0), (0, 1)))


def pick_grid(box: Box) -> tuple[int, int]:
    """Return the width and height of the grid for a box, no finer than its pixels.

    Args:
        box: Where the face is.
    """
    share = min(1.0, _GRID / max(box.width, box.height))
    return max(2, round(box.width * share)), max(2, round(box.height * share))


def _close_mouth(texture: Floats, places: Floats) -> None:
    """Paint over what is between the lips, in place, with the lips around it.

    A picture keeps what is between its own lips. Where those are shut, the mesh leaves a rim of
    teeth that laugh through them.
    """
    size = (texture.shape[1], texture.shape[0])
    unit = measure_unit(_lift(places))
    between = fill_loops(places, size, (topology.LIPS_INNER,), wider=_TEETH * unit)
    lips = fill_loops(places, size, (topology.LIPS_OUTER,)) & ~between
    x, y, width, height = cv2.boundingRect(lips | between)
    window = slice(y, y + height), slice(x, x + width)
    mouth = texture[window][..., :3]
    weight = lips[window].astype(np.float32) / np.float32(255)
    painted = fill_gaps(mouth * weight[..., None], weight)
    share = blur(between[window], 0.2 * _TEETH * unit)[..., None] / np.float32(255)
    mouth += (painted - mouth) * share


def _find_cover(texture: Floats, places: Floats, triangles: Indices) -> Floats:
    """Return what lies over the face of a texture, hair above all, (h, w), 0 to 1."""
    height, width = texture.shape[:2]
    scale = min(1.0, 192 / max(height, width))
    size = (round(width * scale), round(height * scale))
    layout = Layout(Box(0, 0, width, height).to_grid(places, size), size)
    drawn = draw_triangles(layout.points[triangles], size)
    inside = (drawn >= 0).astype(np.float32)
    colours = shrink(texture[..., :3], size)
    known = shrink(texture[..., 3], size) / np.float32(255)
    skin = draw_skin(layout, inside) * known
    cover = find_foreign(colours, skin, layout, inside, strict=0.6)
    return spread(cover, (width, height))


def _pick_side(unit: float) -> int:
    """Return the side of a texture that keeps what a picture shows, a power of two."""
    side = 1 << int(np.ceil(np.log2(1.4 * unit / _SHARE)))
    return min(max(side, _SMALLEST), _LARGEST)


def _pick_level(source: Source, points: Floats) -> int:
    """Return the level of the texture whose pixels are about as large as the picture's."""
    own = measure_unit(_lift(source.places))
    finer = own / measure_unit(points)
    return int(np.clip(np.floor(np.log2(max(finer, 1e-6)) + 0.3), 0, len(source.levels) - 1))


def _cut_out(image: Image, points: Floats) -> tuple[Floats, Floats, Indices]:
    """Return a face's surroundings (h, w, 4), the places of its points, and triangles on them."""
    height, width = image.shape[:2]
    box = find_box(points, (width, height), margin=0.2 * measure_unit(points))
    if box is None:
        raise InputError("the face lies outside its picture")
    places = points[:, :2] - np.array([box.left, box.top], np.float32)
    colours = image[box.window]
    texture = np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)])
    return texture.astype(np.float32), hold_irises(places), join_points(places[: topology.SKIN])
