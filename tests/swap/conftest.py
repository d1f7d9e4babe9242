"""Drawn people whose meshes are known exactly."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.faces.geometry import topology
from facewright.swap.mesh.regions import SURFACE

EYES = (topology.LEFT_EYE, topology.RIGHT_EYE)


@dataclass(frozen=True)
class Person:
    """How a drawn person looks."""

    skin: tuple[int, int, int] = (200, 160, 140)
    brows: tuple[int, int, int] = (60, 40, 30)
    seed: int = 0


def place_mesh(size=160, unit=40.0, yaw=0.0, middle=None):
    """Return the canonical mesh in a square picture, turned by some degrees."""
    angle = np.deg2rad(yaw)
    turn = np.array(
        [[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]]
    )
    points = topology.CANONICAL @ turn.T * unit
    x, y = middle or ((size - 1) / 2, (size - 1) / 2)
    return (points + np.array([x, y, 0])).astype(np.float32)


def draw_person(points, size=160, person=None):
    """Draw a person: skin with a soft texture and light from above, brows, eyes and lips."""
    person = person or Person()
    image = np.full((size, size, 3), (70, 90, 120), np.uint8)
    rng = seeded(person.seed)
    noise = torch.randn(size, size, 1, generator=rng).numpy() * 12
    noise = cv2.GaussianBlur(noise, (0, 0), 2.5)[..., None]
    light = np.linspace(1.1, 0.9, size)[:, None, None]
    skin = np.clip((np.array(person.skin) + noise * 3) * light, 0, 255).astype(np.uint8)
    face = np.zeros((size, size), np.uint8)
    for triangle in SURFACE:
        corners = np.round(points[triangle, :2] * 16).astype(np.int32)
        cv2.fillConvexPoly(face, corners, 1, cv2.LINE_8, 4)
    image = np.where(face[..., None] > 0, skin, image)
    loops = [(loop, person.brows) for loop in (topology.LEFT_BROW, topology.RIGHT_BROW)]
    loops += [(eye, (240, 240, 240)) for eye in EYES]
    loops += [(topology.LIPS_OUTER, (170, 80, 80)), (topology.LIPS_INNER, (90, 30, 30))]
    image = np.ascontiguousarray(image)
    for loop, colour in loops:
        cv2.fillPoly(image, [np.round(points[loop, :2]).astype(np.int32)], colour, cv2.LINE_AA)
    for iris in (468, 473):
        middle = tuple(int(value) for value in np.round(points[iris, :2]))
        cv2.circle(image, middle, max(1, size // 60), (40, 60, 90), -1, cv2.LINE_AA)
    return image


def mirror(image, points):
    """Return a picture and its mesh as in a mirror."""
    flipped = np.ascontiguousarray(image[:, ::-1])
    moved = points[topology.MIRROR] * (-1, 1, 1) + (image.shape[1] - 1, 0, 0)
    return flipped, moved.astype(np.float32)


@pytest.fixture(scope="session")
def pale():
    points = place_mesh()
    return draw_person(points), points


@pytest.fixture(scope="session")
def dark():
    points = place_mesh(unit=44.0)
    person = Person(skin=(96, 66, 50), brows=(20, 15, 12), seed=1)
    return draw_person(points, person=person), points


@pytest.fixture(scope="session")
def turned():
    points = place_mesh(yaw=35)
    return draw_person(points, person=Person(skin=(180, 140, 110), seed=2)), points


@pytest.fixture(scope="session")
def place():
    return place_mesh


@pytest.fixture(scope="session")
def draw():
    return draw_person


@pytest.fixture(scope="session")
def in_a_mirror():
    return mirror
