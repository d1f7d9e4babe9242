"""Decode pictures no larger than needed to find faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.matrices import Matrix, invert_matrix, join_matrices
from facewright.media.decode import read_image_header, read_reduced
from facewright.types import Image

_KEPT_PIXELS = 4_000_000  # of a decoded picture that stays in memory until its faces are cut
_SMALLEST_VIEW, _LARGEST_VIEW = 320, 1280  # pixels of the longer side
_MARGIN = 0.25  # of a crop's side: what is decoded around it


@dataclass(frozen=True, slots=True)
class View:
    """A reduced picture, or a part of one, with its position in the whole."""

    image: Image
    to_picture: Matrix
    """2×3, from its pixels to those of the whole picture."""
    size: tuple[int, int]
    """Width and height of the whole picture in pixels."""
    decoded: tuple[Image, int] | None = None
    """The decoded file, and its reduction; None where that would take too much memory."""


def open_view(data: bytes, *, shrink: float) -> View:
    """Decode a picture at a reduced size, for detection.

    Args:
        data: The file.
        shrink: Factor by which it may be reduced so that the smallest faces wanted are still
            found, 1 or more. The longer side keeps at least 320 pixels, and has at most 1280.

    Returns:
        The view.

    Raises:
        FileError: The file is empty, damaged, cut short, too large or not a picture.
    """
    width, height, _ = read_image_header(data)
    side = max(width, height)
    wanted = max(1, min(side, _LARGEST_VIEW, max(_SMALLEST_VIEW, round(side / max(shrink, 1)))))
    decoded, factor = read_reduced(data, least=wanted)
    image, zoom = decoded, 1.0
    if max(decoded.shape) > 1.25 * wanted:
        zoom = max(decoded.shape) / wanted
        image = _shrink(decoded, zoom)
    small = decoded.shape[0] * decoded.shape[1] <= _KEPT_PIXELS
    enlarge = _measure_zoom(decoded, image, factor)
    return View(image, enlarge, (width, height), (decoded, factor) if small else None)


def decode_enough(data: bytes, view: View, scale: float) -> View:
    """Decode a picture at the resolution that a crop needs.

    Args:
        data: The file.
        view: A view of the same file.
        scale: Pixels of the crop per pixel of the whole picture; of several crops, the largest.

    Returns:
        The picture, reduced by 1, 2, 4 or 8.

    Raises:
        FileError: The file is damaged.
    """
    factor = next((n for n in (8, 4, 2) if n * scale <= 1), 1)
    if not view.decoded or view.decoded[1] > factor:
        image, factor = read_reduced(data, least=max(view.size) // factor)
    else:
        image, factor = view.decoded
    return View(image, _measure_zoom(image, image, factor), view.size)


def cut_part(view: View, matrix: Matrix, size: int) -> View:
    """Cut a crop and its surroundings out of a picture, so that the rest can be freed.

    Args:
        view: The picture.
        matrix: 2×3, from pixels of the whole picture to pixels of the crop.
        size: Side of the crop in pixels.

    Returns:
        The crop's square and a quarter of its side around it, as far as the picture goes.
    """
    low, high = -_MARGIN * size, (1 + _MARGIN) * size
    corners = np.array([[low, low, 1], [high, low, 1], [high, high, 1], [low, high, 1]])
    back = join_matrices(invert_matrix(matrix), invert_matrix(view.to_picture))
    places = corners @ back.T  # [4 2], pixels of the view
    bounds = np.array(view.image.shape[1::-1])
    first = np.clip(np.floor(places.min(0)).astype(int), 0, bounds - 1)
    last = np.clip(np.ceil(places.max(0)).astype(int) + 1, first + 1, bounds)
    part = view.image[first[1] : last[1], first[0] : last[0]].copy()
    shift = np.array([[1, 0, first[0]], [0, 1, first[1]]], np.float64)
    return View(part, join_matrices(shift, view.to_picture), view.size)


def shrink_view(view: View, zoom: float) -> View:
    """Return a view with fewer pixels.

    Args:
        view: Any view.
        zoom: Pixels of the view per pixel of the new one, in each direction; 1 or less changes
            nothing.
    """
    if zoom <= 1:
        return view
    image = _shrink(view.image, zoom)
    enlarge = _measure_zoom(view.image, image, 1)
    return View(image, join_matrices(enlarge, view.to_picture), view.size)


def _shrink(image: Image, zoom: float) -> Image:
    """Resize a picture by averaging."""
    size = tuple(max(1, round(length / zoom)) for length in image.shape[1::-1])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _measure_zoom(large: Image, small: Image, factor: int) -> NDArray[np.float64]:
    """Return the matrix from a picture to the one of which it is a smaller copy.

    Args:
        large: What it was resized from.
        small: What it was resized to.
        factor: By what the larger one is reduced itself.
    """
    x, y = (factor * a / b for a, b in zip(large.shape[1::-1], small.shape[1::-1], strict=True))
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]])
