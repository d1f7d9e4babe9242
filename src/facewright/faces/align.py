"""Cut an upright face out of a picture, and put it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.matrices import (
    Matrix,
    invert_matrix,
    join_matrices,
    measure_in_pixels,
    measure_scale,
)
from facewright.faces.geometry.resample import REPLICATE, ZERO, find_reach, resample
from facewright.faces.templates import fit_template
from facewright.types import Crop, Image, check_image

_Mask = NDArray[np.float32]
_Part = tuple[slice, slice]

_LARGEST = 16_384  # pixels
_SHARP = 0.85  # the scale from which on `paste` makes up for the blur of the warps
_MARGIN = 8.0  # pixels around a mask, so that filters do not see where its part ends
# Outside the picture, in parts of the crop's width:
_BLUR = 0.02  # how far a pixel is spread
_BLURRED = 0.04  # the distance at which nothing but the blurred reflection is left
_FADED = 0.3  # the distance at which nothing but the middle colour is left, or farther


@dataclass(frozen=True, slots=True)
class _Place:
    """The part of a picture that a crop covers."""

    matrix: Matrix
    """2×3, from pixels of the crop to pixels of the part."""
    part: _Part
    """Slices of rows and columns."""
    size: tuple[int, int]
    """Width and height."""
    weight: _Mask
    """(height, width), 0 to 1: the mask of the crop, warped onto the part."""


def align(
    image: Image, points: NDArray[np.float32], *, template: str = "ffhq", size: int = 256
) -> Crop:
    """Cut an upright face out of a picture.

    The crop is made by a single warp, anti-aliased where the picture is reduced. Outside the
    picture is its reflection, increasingly blurred and at last one colour, as in FFHQ; unlike in
    FFHQ, nothing inside the picture is blurred.

    Args:
        image: (height, width, 3), uint8.
        points: (478, 3), a mesh, or (5, 3), as `five_points` orders them; pixels of the picture.
        template: One of `templates.TEMPLATES`.
        size: Side of the crop in pixels.

    Returns:
        The crop. Its matrix maps pixels of the picture to pixels of the crop.

    Raises:
        InputError: No template has this name, these are no points of a face, or the size is out of
            range.
    """
    return cut(image, fit_template(points, template), template=template, size=size)


def cut(image: Image, matrix: Matrix, *, template: str, size: int) -> Crop:
    """Cut a square out of a picture: `align` with a known matrix.

    Args:
        image: (height, width, 3).
        matrix: 2×3, from pixels of the picture to the unit square, as `fit_template` returns it.
        template: Name of the template to record in the crop.
        size: Side of the crop in pixels.

    Returns:
        The crop, as `align` makes it.

    Raises:
        InputError: The size is out of range, or the matrix is singular.
    """
    if not 1 <= size <= _LARGEST:
        raise InputError(f"a crop is 1 to {_LARGEST} pixels wide, not {size}")
    matrix = join_matrices(matrix, measure_in_pixels(size))
    square = resample(check_image(image), matrix, (size, size))
    return Crop(_soften_outside(square, matrix, image.shape), matrix, template)


def paste(image: Image, crop: Crop, mask: _Mask | None = None) -> Image:
    """Paste a crop back into its picture: the inverse of `align`.

    The crop replaces the picture. A crop of at least the picture's resolution is restored almost
    exactly: if unchanged, it differs by less than 1/255 on average. A smaller one stays as coarse
    as it is; to keep the picture's detail, use `paste_change`.

    Args:
        image: (height, width, 3), the picture that the crop came from, or one of its size.
        crop: From `align`, with the same or other pixels.
        mask: (size, size), 0 to 1: opacity of the crop. None is 1 everywhere.

    Returns:
        A new picture. Where the mask is 0 it equals `image`.

    Raises:
        InputError: The mask does not have the crop's size.
    """
    place = _find_place(check_image(image).shape, crop, mask)
    if place is None:
        return image.copy()
    new = resample(crop.image.astype(np.float32), place.matrix, place.size, border=REPLICATE)
    if measure_scale(crop.matrix) > _SHARP:
        new = _sharpen(new, crop.image, place)
    return _add(image, cv2.subtract(new, image[place.part], dtype=cv2.CV_32F), place)


def paste_change(image: Image, crop: Crop, edited: Image, mask: _Mask | None = None) -> Image:
    """Add the changes that were made to a crop to its picture.

    Where the edit changed nothing, the picture stays as it is, with detail that the crop is too
    small to show. If the crop shows another face, use `paste`: detail of the old face would show
    through.

    Args:
        image: (height, width, 3), the picture that the crop came from.
        crop: From `align`, unchanged.
        edited: (size, size, 3), the crop's picture after the edit.
        mask: (size, size), 0 to 1: weight of the change. None is 1 everywhere.

    Returns:
        A new picture. Where the mask is 0 it equals `image`.

    Raises:
        InputError: The edited picture or the mask does not have the crop's size.
    """
    if check_image(edited).shape != crop.image.shape:
        raise InputError(
            f"the edited picture has the crop's shape {crop.image.shape}, not {edited.shape}"
        )
    place = _find_place(check_image(image).shape, crop, mask)
    if place is None:
        return image.copy()
    change = cv2.subtract(edited, crop.image, dtype=cv2.CV_32F)
    return _add(image, resample(change, place.matrix, place.size, border=REPLICATE), place)


def _find_place(shape: tuple[int, ...], crop: Crop, mask: _Mask | None) -> _Place | None:
    """Return the part of a picture that a crop covers, or None if it covers none."""
    side = len(crop.image)
    if mask is None:
        mask = np.ones((side, side), np.float32)
    if mask.shape != (side, side):
        raise InputError(f"a mask has the crop's shape {(side, side)}, not {mask.shape}")
    left, top, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    back = invert_matrix(crop.matrix)
    corner = np.array([[1, 0, left], [0, 1, top]], np.float64)
    margin = _MARGIN + measure_scale(back)
    reach = find_reach(join_matrices(corner, back), (width, height), shape, margin=margin)
    left, top, right, bottom = reach
    if not width or right == left or bottom == top:
        return None
    back[:, 2] -= left, top
    size = right - left, bottom - top
    weight = resample(mask.astype(np.float32, copy=False), back, size, border=ZERO, linear=True)
    weight = np.clip(weight, 0, 1, out=weight)
    return _Place(back, (slice(top, bottom), slice(left, right)), size, weight)


def _sharpen(new: NDArray[np.float32], wanted: Image, place: _Place) -> NDArray[np.float32]:
    """Undo the blur of pasting: return a sharper warped crop.

    Every warp blurs a little. Warping the result back shows what is lost, which is added (one step
    of iterative back-projection, Irani and Peleg 1991).

    Args:
        new: (height, width, 3), the crop warped into the picture; changed in place.
        wanted: (size, size, 3), the crop.
        place: The part of the picture.
    """
    side = len(wanted)
    forth = invert_matrix(place.matrix)
    again = resample(new, forth, (side, side), border=REPLICATE)
    known = resample(np.ones(new.shape[:2], np.float32), forth, (side, side), border=ZERO)
    missing = cv2.subtract(wanted, again, dtype=cv2.CV_32F)
    missing[known < 1 - 1e-3] = 0  # not in the picture
    new += resample(missing, place.matrix, place.size, border=REPLICATE)
    return new


def _add(image: Image, change: NDArray[Any], place: _Place) -> Image:
    """Return a picture with a change, weighted and rounded, added to a part of it."""
    out = image.copy()
    weighted = cv2.multiply(change, cv2.merge([place.weight] * 3))
    out[place.part] = cv2.add(out[place.part], weighted, dtype=cv2.CV_8U)
    return out


def _soften_outside(square: Image, matrix: Matrix, shape: tuple[int, ...]) -> Image:
    """Blur what lies outside the picture, and fade it into one colour.

    Args:
        square: (size, size, 3), with the picture reflected at its borders.
        matrix: 2×3, from pixels of the picture to pixels of the square.
        shape: Shape of the picture.

    Returns:
        The blurred square; the same array if all of it is inside the picture.
    """
    size = len(square)
    away = _measure_outside(size, matrix, shape)
    if away is None:
        return square
    outside = away > 0
    inside = square[~outside]
    if len(inside) == 0:
        inside = square.reshape(-1, 3)
    middle = np.median(inside, axis=0).astype(np.float32)
    soft = cv2.GaussianBlur(square, (0, 0), max(_BLUR * size, 0.3)).astype(np.float32)
    blurred = np.minimum(away / _BLURRED, 1)[..., None]
    faded = (away / max(_FADED, float(away.max())))[..., None]
    mixed = square + (soft - square) * blurred
    mixed += (middle - mixed) * faded
    square[outside] = np.rint(mixed[outside]).astype(np.uint8)
    return square


def _measure_outside(
    size: int, matrix: Matrix, shape: tuple[int, ...]
) -> NDArray[np.float32] | None:
    """Return the distance of each pixel of a crop from the picture, or None if none is outside.

    Returns:
        (size, size), relative to the crop's width; 0 inside the picture.
    """
    back = invert_matrix(matrix)
    ends = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]])
    reach = ends @ back[:, :2].T + back[:, 2]  # [4 2], x and y
    edge = np.array(shape[1::-1]) - 0.5
    if (reach >= -0.5).all() and (reach <= edge).all():
        return None
    steps = np.arange(size, dtype=np.float32)
    gaps = []
    for (along_x, along_y, start), end in zip(back.astype(np.float32), edge, strict=True):
        at = along_x * steps[None] + (along_y * steps + start)[:, None]  # [size size]
        gaps.append(np.maximum(np.maximum(-0.5 - at, at - np.float32(end)), 0))
    away: NDArray[np.float32] = np.hypot(*gaps) * np.float32(measure_scale(matrix) / size)
    return away
