"""Training examples of the refiner: patches of softened sharp faces, and of generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.training.example_rng import ExampleRng
from facewright.media.stills.resize import Reduction, reduce_image
from facewright.refine.network import SCALE, list_places
from facewright.refine.options import RefinerTrainOptions
from facewright.types import Image

_PLAIN = 0.3  # of the parts are made smaller only
_BLUR = (0.3, 1.1)  # spread in pixels of the small picture
_SOFT = (10.0, 40.0)  # steps of 256 that count as alike where skin is smoothed
_GRAIN = (0.5, 4.0)  # steps of 256

Floats = NDArray[np.float32]


class Batch(NamedTuple):
    """Patches of faces: softened ones with their originals, and generated ones without."""

    small: Image
    """(n, patch, patch, 3), uint8."""
    truth: Image
    """(n, 2 patch, 2 patch, 3), uint8."""
    drawn: Image
    """(m, patch, patch, 3), uint8; m is n, or 0 without drawn faces."""
    places: Floats
    """(n + m, 2, patch, patch): x and y of the pixels in the face, -1 to 1."""
    noise: Floats
    """(n + m, 1, patch, patch)."""


def cut_examples(
    faces: Sequence[Image],
    drawn: Sequence[Image],
    numbers: range,
    options: RefinerTrainOptions,
) -> Batch:
    """Cut examples out of faces.

    Args:
        faces: Sharp square faces.
        drawn: Generated square faces; may be empty.
        numbers: Numbers of the examples.
        options: Size and degradation of the patches.

    Raises:
        InputError: A face is not square.
    """
    patch = options.patch
    smalls, truths, others, places, noise = [], [], [], [], []
    for number in numbers:
        rng = ExampleRng(options.seed, number)
        image = faces[rng.pick(len(faces))]
        whole = _measure(image)
        side = round(whole * max(rng.ratio(options.shrink, 1.0), patch * SCALE / whole))
        truth, where = _cut(_resize(image, side // SCALE * SCALE), patch, SCALE, rng)
        smalls.append(soften(truth, rng))
        truths.append(truth)
        places.append(where)
        noise.append(rng.noise((1, patch, patch)))
        if len(drawn):
            part, where = _cut(drawn[rng.pick(len(drawn))], patch, 1, rng)
            others.append((part, where, rng.noise((1, patch, patch))))
    none = np.empty((0, patch, patch, 3), np.uint8)
    return Batch(
        np.stack(smalls),
        np.stack(truths),
        np.stack([one[0] for one in others]) if others else none,
        np.stack(places + [one[1] for one in others]),
        np.stack(noise + [one[2] for one in others]),
    )


def soften(truth: Image, rng: ExampleRng) -> Image:
    """Reduce a patch of a face, and mostly remove texture, as in generated faces.

    Args:
        truth: (2 patch, 2 patch, 3).
        rng: Chooses the changes and their strengths.
    """
    method: Reduction = "area" if rng.chance(0.5) else "bicubic"
    small = reduce_image(truth, SCALE, method)
    if rng.chance(_PLAIN):
        return small
    if rng.chance(0.4):  # skin without texture, edges that stay
        small = np.asarray(cv2.bilateralFilter(small, 5, rng.between(*_SOFT), 2.0), np.uint8)
    if rng.chance(0.7):
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), rng.between(*_BLUR)), np.uint8)
    if rng.chance(0.3):
        noisy = small + rng.ratio(*_GRAIN) * rng.noise(small.shape)
        small = np.rint(noisy).clip(0, 255).astype(np.uint8)
    return small


def pick_sharpest(images: Sequence[Image], share: float) -> list[int]:
    """Return the indices of the sharpest pictures, by the strength of their finest detail.

    Args:
        images: Pictures of any sizes.
        share: Share of them to return, 0 to 1.
    """
    rated = [_rate(image) for image in images]
    count = max(round(len(rated) * share), 1)
    return sorted(sorted(range(len(rated)), key=lambda number: -rated[number])[:count])


def _rate(image: Image) -> float:
    """Return the strength of the finest detail of a picture, relative to coarser detail."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 0.8)
    return float(fine.std() / (grey.std() + 1))


def _measure(image: Image) -> int:
    """Return the side of a face.

    Raises:
        InputError: It is not square.
    """
    height, width = image.shape[:2]
    if height != width:
        raise InputError(f"a face is square, and one has {width}×{height} pixels")
    return height


def _resize(image: Image, side: int) -> Image:
    """Make a picture smaller."""
    if side == image.shape[0]:
        return image
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _cut(image: Image, patch: int, step: int, rng: ExampleRng) -> tuple[Image, Floats]:
    """Return a square of a face, randomly flipped, and the positions of its pixels in the face.

    Args:
        image: (side, side, 3); the side is a multiple of the step.
        patch: Side of the square in steps.
        step: Factor of a later reduction.
        rng: Chooses the position.

    Returns:
        (patch · step, patch · step, 3), and (2, patch, patch).
    """
    side = _measure(image) // step
    top, left = rng.pick(side - patch + 1), rng.pick(side - patch + 1)
    places = list_places(side)[:, top : top + patch, left : left + patch]
    rows, columns = (slice(at * step, (at + patch) * step) for at in (top, left))
    part = image[rows, columns]
    if rng.chance(0.5):  # then its places are those of the other side
        part, places = (
            part[:, ::-1],
            places[:, :, ::-1] * np.array([-1, 1], np.float32)[:, None, None],
        )
    return np.ascontiguousarray(part), np.ascontiguousarray(places)
