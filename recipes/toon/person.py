"""See what a drawing has to keep of a person, and say how strongly features are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from strokes import blur, disc, fill, grey, mean_under, spot, stroke, taper

from facewright.faces.geometry import topology

Floats = NDArray[np.float32]

EYES = (topology.LEFT_EYE, topology.RIGHT_EYE)
BROWS = (topology.LEFT_BROW, topology.RIGHT_BROW)
FOLDS = ((129, 203, 206, 216), (358, 423, 426, 436))
"""Points along the folds, from the wing of the nose down."""
_RISE, _DROP = 0.15, 0.09  # how far above and below its middle a brow is looked for, eye distances
_PLACES = 9


@dataclass(frozen=True)
class Person:
    """What was seen. Lengths are in eye distances."""

    unit: float
    """Pixels between the eyes."""
    skin: Floats
    """(3,), its colour, 0 to 1."""
    brows: tuple[float, float]
    """How thick they are, by side, as dark hair would be."""
    brow_colour: Floats
    """(3,)."""
    beard: float
    """How much darker than cheeks the chin and the upper lip are, 0 to 1."""
    folds: float
    """How dark the folds from the nose to the mouth are, 0 to 1."""
    lips: Floats
    """(3,)."""
    eyes: Floats
    """(3,), what the iris shows."""


@dataclass(frozen=True)
class Pens:
    """How eyes, brows, nose and mouth are drawn. Lengths are in eye distances."""

    iris: float = 0.44
    """Radius of the iris, in widths of half an eye."""
    lashes: float = 0.055
    """Width of the line along the upper lid."""
    brows: float = 1.0
    """How thick brows are, in how thick they were seen."""
    fold: float = 0.7
    """How dark folds and the crease of the lid are, 0 to 1."""
    lips: float = 0.6
    """How far lips go from skin to their own colour, 0 to 1."""
    nostrils: float = 0.5
    """How dark they are, 0 to 1."""


def see_person(image: Floats, points: Floats) -> Person:
    """Return what is seen of a person.

    Args:
        image: (h, w, 3) from 0 to 1.
        points: (478, 2), its mesh, pixels.
    """
    eyes = topology.five_points(points)[:2]
    unit = float(np.linalg.norm(eyes[1] - eyes[0]))
    cheeks = sum(spot(image.shape, points[i], 0.13 * unit) for i in (50, 280, 205, 425, 151))
    skin = _median_under(image, cheeks)
    bright = float(grey(skin))
    dark = [_brow_darkness(image, points[brow], unit, bright) for brow in BROWS]
    mask = np.maximum(*(fill(image.shape, points[brow], 0.01 * unit) for brow in BROWS))
    lips = fill(image.shape, points[topology.LIPS_OUTER])
    lips = lips - fill(image.shape, points[topology.LIPS_INNER])
    irises = sum(disc(image.shape, points[i], 0.07 * unit) for i in (468, 473))
    return Person(
        unit=unit,
        skin=skin,
        brows=(dark[0], dark[1]),
        brow_colour=_darker_half(image, mask),
        beard=_beard(image, points, unit, bright),
        folds=_folds(image, points, unit),
        lips=mean_under(image, np.clip(lips, 0, 1)),
        eyes=mean_under(image, irises),
    )


def brow_line(points: Floats) -> Floats:
    """Return the middle of a brow from its outer end to its inner one, (5, 2)."""
    return (points[:5] + points[5:][::-1]) / 2


def _brow_darkness(image: Floats, brow: Floats, unit: float, skin: float) -> float:
    """Return how much dark there is across a brow, in eye distances of full dark."""
    line = brow_line(brow)
    places = np.linspace(0.15, 0.85, _PLACES) * 4
    xs, ys = (np.interp(places, range(5), line[:, i]) for i in (0, 1))
    steps = np.linspace(-_RISE, _DROP, 25) * unit
    grid = np.stack(np.broadcast_arrays(xs[:, None], ys[:, None] + steps), -1).astype(np.float32)
    seen = grey(cv2.remap(image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR))
    around = np.maximum(np.quantile(seen, 0.8, axis=1, keepdims=True), 0.8 * skin)
    dark = np.clip((around - seen) / around - 0.1, 0, 0.5)
    return float(dark.mean() * (_RISE + _DROP) / 0.4)


def _beard(image: Floats, points: Floats, unit: float, skin: float) -> float:
    """Return how much darker chin, upper lip and jaw are than the skin."""
    chin = sum(spot(image.shape, points[i], 0.06 * unit) for i in (199, 175, 32, 262))
    upper = sum(spot(image.shape, points[i], 0.04 * unit) for i in (164, 92, 322))
    dark = [1 - float(grey(mean_under(image, mask))) / max(skin, 0.05) for mask in (chin, upper)]
    return float(np.clip((0.5 * sum(dark) - 0.12) / 0.3, 0, 1))


def _folds(image: Floats, points: Floats, unit: float) -> float:
    """Return how dark the folds are beside the mouth, against both of their sides."""
    dark = []
    for chain in FOLDS:
        line = points[list(chain)]
        widths = 0.05 * unit * taper(len(line))
        near = stroke(image.shape, line, widths)
        wide = np.clip(blur(near[..., 0], 0.1 * unit)[..., None] * 3, 0, 1) * (1 - near)
        ones, others = (float(grey(mean_under(image, mask))) for mask in (near, wide))
        dark.append(1 - ones / max(others, 0.05))
    return float(np.clip(sum(dark) / 2 / 0.12, 0, 1))


def _median_under(image: Floats, mask: Floats) -> Floats:
    """Return the median colour under a mask, (3,)."""
    return np.median(image[mask[..., 0] > 0.5], axis=0).astype(np.float32)


def _darker_half(image: Floats, mask: Floats) -> Floats:
    """Return the mean colour of the darker half of what is under a mask, (3,)."""
    seen = image[mask[..., 0] > 0.5]
    bright = grey(seen)
    return seen[bright <= np.median(bright)].mean(0).astype(np.float32)
