"""A drawn person of whom it is known exactly what is head, and what is not."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from facewright.faces.geometry import topology
from facewright.toon.emoji import prepare_head

SIZE, UNIT = 320, 52.0
BACKGROUND, HAIR, SKIN, SHIRT = (70, 120, 190), (60, 40, 30), (205, 160, 135), (150, 40, 50)


@dataclass(frozen=True)
class Drawn:
    """A picture with a person in it."""

    image: np.ndarray
    points: np.ndarray
    head: np.ndarray
    """(size, size): where hair and face are."""


def place_mesh(size=SIZE, unit=UNIT, up=0.0):
    """Return the canonical mesh in the middle of a square picture, or higher."""
    middle = (size - 1) / 2
    return (topology.CANONICAL * unit + (middle, middle - up * unit, 0)).astype(np.float32)


def draw_person(points, size=SIZE):
    """Draw hair, neck, shirt, face, brows, eyes and lips before a plain wall."""
    rng = np.random.default_rng(0)
    image = np.full((size, size, 3), BACKGROUND, np.uint8)
    left, right = topology.five_points(points)[:2, :2]
    x, y = (left + right) / 2
    unit = float(right[0] - left[0])

    def ellipse(dx, dy, wide, high, colour, onto):
        middle, axes = (round(x + dx * unit), round(y + dy * unit)), (wide * unit, high * unit)
        cv2.ellipse(onto, middle, tuple(round(v) for v in axes), 0, 0, 360, colour, -1)

    ellipse(0, 3.4, 2.2, 1.3, SHIRT, image)
    ellipse(0, 1.8, 0.6, 1.0, SKIN, image)
    head = np.zeros((size, size), np.uint8)
    for canvas, colour in ((image, HAIR), (head, 1)):
        ellipse(0, -0.35, 1.35, 1.2, colour, canvas)
    oval = [np.round(points[topology.OVAL, :2]).astype(np.int32)]
    for canvas, colour in ((image, SKIN), (head, 1)):
        cv2.fillPoly(canvas, oval, colour)
    loops = [(loop, HAIR) for loop in (topology.LEFT_BROW, topology.RIGHT_BROW)]
    loops += [(eye, (240, 240, 240)) for eye in (topology.LEFT_EYE, topology.RIGHT_EYE)]
    loops += [(topology.LIPS_OUTER, (170, 80, 80))]
    for loop, colour in loops:
        cv2.fillPoly(image, [np.round(points[loop, :2]).astype(np.int32)], colour)
    noisy = image + rng.normal(0, 4, image.shape)
    image = np.clip(cv2.GaussianBlur(noisy, (0, 0), 0.8), 0, 255).astype(np.uint8)
    return Drawn(np.ascontiguousarray(image), points, head > 0)


@pytest.fixture(scope="session")
def person():
    """Somebody with space around the head."""
    return draw_person(place_mesh())


@pytest.fixture(scope="session")
def tight():
    """Somebody whose picture ends at the forehead."""
    whole = draw_person(place_mesh())
    left, top, right, bottom = 85, 95, 235, 245
    points = whole.points - np.array([left, top, 0], np.float32)
    image = np.ascontiguousarray(whole.image[top:bottom, left:right])
    return Drawn(image, points, whole.head[top:bottom, left:right])


@pytest.fixture(scope="session")
def drawable(person):
    return prepare_head(person.image, person.points)
