"""Training examples of the mesh network: squares with 478 points, and without a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.faces.detection.landmarks import cut_square, frame_face
from facewright.faces.geometry.topology import MIRROR, POINTS, five_points
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.light import change_light
from facewright.types import Image


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures with one labelled face each, and pictures without faces."""

    images: Sequence[Image]
    points: NDArray[np.float32]
    """(n, 478, 3), pixels of each picture."""
    weights: NDArray[np.float64]
    """(n,), the probability of each; the sum is 1."""
    empty: Sequence[Image]
    """Pictures without any face; at least one."""


def make_mesh_example(
    labelled: Labelled, size: int, rng: ExampleRng
) -> tuple[Image, NDArray[np.float32], bool]:
    """Make one example for the mesh network.

    Args:
        labelled: The labelled pictures.
        size: Side of the square in pixels.
        rng: Chooses the picture and its augmentation.

    Returns:
        The square, its points (478, 3), where x and y run from -1 to 1 over the square and z
        has their scale, and whether there is a face. Without one, the points are zeros.
    """
    if rng.chance(0.1):
        return _make_empty(labelled, size, rng), np.zeros((POINTS, 3), np.float32), False
    number = int(np.searchsorted(np.cumsum(labelled.weights), rng.between(0, 1 - 1e-9)))
    image, points = labelled.images[number], labelled.points[number]
    matrix = _shake(frame_face(_waver(five_points(points), rng), size), size, rng)
    square = cut_square(image, matrix, size, border=rng.pick(256))
    seen = _move(points, matrix, size)
    if rng.chance(0.5):
        square = np.ascontiguousarray(square[:, ::-1])
        seen = (seen * (-1, 1, 1)).astype(np.float32)[MIRROR]
    if rng.chance(0.25):
        square = _cover(square, labelled, rng)
    return change_light(square, rng), seen, True


def stack_mesh_examples(
    examples: Sequence[tuple[Image, NDArray[np.float32], bool]],
) -> tuple[Image, torch.Tensor, torch.Tensor]:
    """Return squares [n size size 3] as uint8, points [n 478 3] and presence [n]."""
    squares, points, present = zip(*examples, strict=True)
    return (
        np.stack(squares),
        torch.from_numpy(np.stack(points)),
        torch.tensor(present, dtype=torch.float32),
    )


def _make_empty(labelled: Labelled, size: int, rng: ExampleRng) -> Image:
    """Return a square without a face: a random part of a picture without faces."""
    image = labelled.empty[rng.pick(len(labelled.empty))]
    side = min(image.shape[:2])
    zoom = size / (side * rng.ratio(0.3, 1.0))
    angle = rng.between(-0.5, 0.5)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    place = np.array([rng.between(0.2, 0.8) * s for s in image.shape[1::-1]])
    matrix = np.concatenate([turn, ((size - 1) / 2 - turn @ place)[:, None]], axis=1)
    return change_light(cut_square(image, matrix, size, border=rng.pick(256)), rng)


def _waver(points: NDArray[np.float32], rng: ExampleRng) -> NDArray[np.float32]:
    """Return the five points with errors as of a detector."""
    size = float(np.linalg.norm(points[:2, :2].mean(0) - points[3:, :2].mean(0)))
    noise = np.array([[rng.normal(0.04), rng.normal(0.04), 0] for _ in range(5)], np.float32)
    return points + noise * size


def _shake(matrix: NDArray[np.float64], size: int, rng: ExampleRng) -> NDArray[np.float64]:
    """Return the matrix of the square, randomly rotated, scaled and shifted."""
    degrees = rng.normal(9) if rng.chance(0.85) else rng.between(-45, 45)
    zoom = np.exp(rng.normal(0.08))
    angle = np.radians(degrees)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, (size - 1) / 2)
    shift = np.array([rng.normal(0.04), rng.normal(0.04)]) * size
    moved = turn @ (matrix[:, 2] - middle) + middle + shift
    return np.concatenate([turn @ matrix[:, :2], moved[:, None]], axis=1)


def _move(
    points: NDArray[np.float32], matrix: NDArray[np.float64], size: int
) -> NDArray[np.float32]:
    """Return the points in the square, from -1 to 1."""
    xy = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    z = points[:, 2:] * np.linalg.norm(matrix[:, 0])
    half = size / 2
    return np.concatenate([(xy + 0.5) / half - 1, z / half], axis=1).astype(np.float32)


def _cover(square: Image, labelled: Labelled, rng: ExampleRng) -> Image:
    """Cover a part with a bar or an ellipse of one colour or of some texture."""
    size = square.shape[0]
    mask = np.zeros((size, size), np.uint8)
    centre = (rng.pick(size), rng.pick(size))
    axes = tuple(max(2, round(size * rng.ratio(0.05, 0.35))) for _ in range(2))
    if rng.chance(0.5):
        cv2.ellipse(mask, centre, axes, rng.between(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    else:
        box = (centre, (2.0 * axes[0], 2.0 * axes[1]), rng.between(0, 180))
        cv2.fillConvexPoly(mask, cv2.boxPoints(box).astype(np.int32), 255, cv2.LINE_AA)
    thing: NDArray[np.uint8] = np.array([rng.pick(256) for _ in range(3)], np.uint8)
    if rng.chance(0.6):
        texture = labelled.empty[rng.pick(len(labelled.empty))]
        thing = np.asarray(cv2.resize(texture, (size, size)), np.uint8)
    share = mask[..., None].astype(np.float32) / 255
    return (square * (1 - share) + thing * share + 0.5).astype(np.uint8)
