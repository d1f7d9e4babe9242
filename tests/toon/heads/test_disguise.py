"""An emoji covers the face it is laid over, and nothing far from it."""

import numpy as np
import pytest

from facewright.faces.geometry.matrices import make_similarity, transform_points
from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.toon.heads.disguise import disguise
from facewright.toon.heads.upright import EYES, SIDE, UNIT


@pytest.fixture
def emoji():
    """A red disc with a blue spot between the eyes."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    x, y = EYES[0] * SIDE, EYES[1] * SIDE
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    picture[np.hypot(columns - x, rows - y - 0.5 * UNIT) < 1.5 * UNIT] = (220, 30, 30, 255)
    picture[np.hypot(columns - x, rows - y) < 0.2 * UNIT] = (20, 20, 220, 255)
    return picture


@pytest.mark.parametrize(("turn", "unit"), [(0, 40), (35, 60), (-90, 25)])
def test_it_lies_on_the_face_however_that_is_turned(emoji, turn, unit):
    angle = np.deg2rad(turn)
    matrix = make_similarity(unit * complex(np.cos(angle), np.sin(angle)), 150 + 120j)
    points = transform_points(CANONICAL, matrix)
    image = np.full((240, 300, 3), 128, np.uint8)
    result = disguise(image, points, emoji)
    eyes = five_points(points)[:2, :2]
    x, y = np.rint(eyes.mean(0)).astype(int)
    assert np.abs(result[y, x].astype(int) - (20, 20, 220)).max() < 12
    for place in eyes:
        x, y = np.rint(place).astype(int)
        assert np.abs(result[y, x].astype(int) - (220, 30, 30)).max() < 12
    assert (result[0, 0] == 128).all()
    assert (image == 128).all()


def test_a_face_outside_of_the_picture_changes_nothing(emoji):
    points = (CANONICAL * 30 + (900, 900, 0)).astype(np.float32)
    image = np.full((100, 100, 3), 7, np.uint8)
    assert (disguise(image, points, emoji) == image).all()
