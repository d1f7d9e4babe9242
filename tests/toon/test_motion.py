"""Pixels move as a mesh does, and what moving does not explain is added near the features."""

import numpy as np
import pytest

from facewright.faces.geometry.topology import CANONICAL
from facewright.toon.motion import carry_over, move_pixels, spread_motion

SIDE = 96


@pytest.fixture
def mesh():
    points = CANONICAL * 30
    points[:, :2] += (SIDE / 2, 0.4 * SIDE)
    return points.astype(np.float32)


@pytest.fixture
def face():
    rng = np.random.default_rng(0)
    return rng.integers(60, 200, (SIDE, SIDE, 3), np.uint8)


def test_a_face_whose_drawing_stays_stays(face, mesh):
    drawn = np.full((SIDE, SIDE, 3), 120, np.uint8)
    assert (carry_over(face, [drawn, drawn], [mesh, mesh]) == face).all()


def test_pixels_arrive_where_the_mesh_does(mesh):
    away = spread_motion(mesh, mesh + np.float32([3, 0, 0]), SIDE)
    middle = away[int(0.4 * SIDE) : int(0.7 * SIDE), SIDE // 2]
    assert np.abs(middle - (3, 0)).max() < 0.6
    assert np.abs(away[0]).max() < 1
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    picture[:, 40] = 200
    moved = move_pixels(picture, np.full((SIDE, SIDE, 2), (3, 0), np.float32))
    assert moved[50, :, 0].argmax() == 43


def test_details_that_a_drawing_adds_are_added_to_the_mouth_alone(mesh):
    own = np.full((2 * SIDE, 2 * SIDE, 3), 100, np.uint8)
    before = np.full((SIDE, SIDE, 3), 120, np.uint8)
    after = before.copy()
    x, y = np.rint(mesh[13, :2]).astype(int)
    after[y - 2 : y + 3, x - 2 : x + 3] = 200
    after[-20:-15, 5:10] = 200
    changed = carry_over(own, [before, after], [mesh, mesh])
    assert changed[2 * y, 2 * x, 0] > 140
    assert (changed[:, :20] == 100).all()


def test_light_that_changes_in_a_drawing_stays_out(mesh):
    own = np.full((2 * SIDE, 2 * SIDE, 3), 100, np.uint8)
    before = np.full((SIDE, SIDE, 3), 120, np.uint8)
    changed = carry_over(own, [before, before + 40], [mesh, mesh])
    assert np.abs(changed.astype(int) - 100).max() <= 1
