"""A descriptor of faces by gradients, largely independent of the light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.matrices import fit_similarity, join_matrices, measure_in_pixels
from facewright.faces.geometry.resample import resample
from facewright.faces.templates import TEMPLATES
from facewright.types import Crop, Image, check_image

WINDOW = 64
"""Side of the described square in pixels."""

PLACE, SIDE = (10 / 112, 20 / 112), 92 / 112
"""Corner and width of that square in the unit square of the template `arcface`."""

DIRECTIONS = 8
"""Number of directions of gradients."""

CELLS = (8, 16)
"""Cells per side of the window, in the coarse and in the fine grid."""

LENGTH = DIRECTIONS * sum(cells**2 for cells in CELLS)
"""Length of a descriptor."""

_GAMMA, _DARKEST = 0.3, 0.01
_FINE, _COARSE = 1.0, 4.0  # pixels
_LIMIT, _POWER = 10.0, 0.1
_BLUR = 0.4  # how far a gradient counts into other cells, in parts of a cell
_FAINT = 1e-3  # gradients as weak as that are noise

_Field = NDArray[np.float32]


def cut_window(crop: Crop) -> Image:
    """Cut brows, eyes, nose, mouth and most of the chin out of a crop.

    Args:
        crop: Of any template that shows them, best at least 80 pixels wide.

    Returns:
        (64, 64, 3).

    Raises:
        InputError: The template of the crop is not known.
    """
    if crop.template not in TEMPLATES:
        raise InputError(
            f"a crop of the template `{crop.template}` cannot be compared",
            hint=f"align it with one of: {', '.join(TEMPLATES)}",
        )
    size = len(crop.image)
    here = (TEMPLATES[crop.template].points * size - 0.5).astype(np.float32)
    there = (TEMPLATES["arcface"].points - PLACE) / SIDE
    matrix = join_matrices(fit_similarity(here, there), measure_in_pixels(WINDOW))
    return np.ascontiguousarray(resample(crop.image, matrix, (WINDOW, WINDOW)))


def describe_gradients(window: Image) -> _Field:
    """Describe a face by histograms of gradient directions.

    Light is normalised first, by gamma, a band-pass and contrast equalisation (Tan and Triggs
    2010); then directions are counted in cells, normalised by their neighbours (Dalal and Triggs
    2005), on two grids.

    Args:
        window: (64, 64, 3), as `cut_window` makes it.

    Returns:
        (2560,), 0 to about 1: coarse cells row by row with 8 directions each, then the fine ones.

    Raises:
        InputError: The window has another size.
    """
    if check_image(window).shape[:2] != (WINDOW, WINDOW):
        raise InputError(f"a window is {WINDOW} pixels wide and high, not {window.shape[:2]}")
    fields = _split_directions(_even_light(window))  # [64 64 8]
    return np.concatenate([_count(fields, cells) for cells in CELLS])


def _even_light(window: Image) -> _Field:
    """Return grey levels with the light normalised, (64, 64)."""
    grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    levels = (grey + _DARKEST) ** _GAMMA
    band = cv2.GaussianBlur(levels, (0, 0), _FINE) - cv2.GaussianBlur(levels, (0, 0), _COARSE)
    for limit in (np.inf, _LIMIT):
        strength = np.minimum(np.abs(band), limit) ** _POWER
        band = band / (float(strength.mean()) ** (1 / _POWER) + 1e-6)
    even: _Field = (_LIMIT * np.tanh(band / _LIMIT)).astype(np.float32)
    return even


def _split_directions(levels: _Field) -> _Field:
    """Return the strength of the gradient in each direction, (64, 64, 8).

    A gradient between two directions is divided between them.
    """
    right, down = (cv2.Sobel(levels, -1, x, 1 - x, ksize=1) for x in (1, 0))
    turn = np.arctan2(down, right) * np.float32(DIRECTIONS / (2 * np.pi)) % DIRECTIONS
    away = np.abs(turn[..., None] - np.arange(DIRECTIONS, dtype=np.float32))  # [64 64 8]
    share = np.maximum(1 - np.minimum(away, DIRECTIONS - away), 0)
    strength: _Field = share * np.hypot(right, down)[..., None]
    return strength


def _count(fields: _Field, cells: int) -> _Field:
    """Return the histogram of each cell, normalised by the cells around it."""
    spread = cv2.GaussianBlur(fields, (0, 0), _BLUR * WINDOW / cells)
    blocks = spread.reshape(cells, WINDOW // cells, cells, WINDOW // cells, DIRECTIONS)
    counts = blocks.mean(axis=(1, 3))  # [cells cells 8]
    energy = cv2.GaussianBlur((counts**2).sum(axis=2), (0, 0), 1.0)
    relative = counts / np.sqrt(energy + _FAINT)[..., None]
    roots: _Field = np.sqrt(np.maximum(relative, 0)).astype(np.float32).ravel()
    return roots
