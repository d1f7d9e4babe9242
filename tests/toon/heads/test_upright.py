"""However a face lies in its picture, it comes out upright, at the same place, of the same size."""

import numpy as np
import pytest

from facewright.faces.geometry.matrices import make_similarity, transform_points
from facewright.faces.geometry.topology import CANONICAL, OVAL, five_points
from facewright.toon.heads.upright import EYES, SIDE, UNIT, Frame, turn_upright


@pytest.mark.parametrize(("turn", "scale"), [(0, 30), (25, 60), (-170, 45)])
def test_eyes_come_to_their_place(turn, scale):
    angle = np.deg2rad(turn)
    matrix = make_similarity(scale * complex(np.cos(angle), np.sin(angle)), 150 + 140j)
    picture = np.zeros((300, 300, 3), np.uint8)
    upright = turn_upright(picture, transform_points(CANONICAL, matrix))
    left, right = five_points(upright.points)[:2, :2]
    assert np.allclose((left + right) / 2, np.array(EYES) * SIDE, atol=0.1)
    assert right[0] - left[0] == pytest.approx(UNIT, rel=0.04)
    assert abs(right[1] - left[1]) < 0.1
    assert upright.detail == pytest.approx(scale / UNIT, rel=0.04)


def test_a_frame_reaches_as_far_as_the_face(person):
    points = turn_upright(person.image, person.points).points
    frame = Frame(points)
    low, high = points[OVAL, :2].min(0), points[OVAL, :2].max(0)
    corners = frame.place(np.array([(-1.12, -0.78), (1.12, 1.78)], np.float32))
    assert np.allclose(corners, [low, high], atol=0.01)
    x, y = np.rint(high).astype(int)
    assert frame.x[y, x] == pytest.approx(1.12, abs=0.01)
    assert frame.y[y, x] == pytest.approx(1.78, abs=0.01)
