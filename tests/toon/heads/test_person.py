"""A person is cut out with the body, whatever lies between."""

import numpy as np
import pytest
from tests.toon.conftest import BACKGROUND

from facewright.toon.heads.person import cut_person


@pytest.fixture(scope="module")
def cut(person, drawable):
    return cut_person(person.image, person.points, drawable.head)


def test_head_and_shirt_stay_and_the_wall_goes(person, cut):
    _, alpha = cut
    wall = np.abs(person.image.astype(int) - BACKGROUND).max(-1) < 25
    assert alpha.shape == person.image.shape[:2]
    assert (alpha[person.head] > 0.5).mean() > 0.97
    assert (alpha[~wall] > 0.5).mean() > 0.97
    assert (alpha[wall] > 0.5).mean() < 0.03


def test_nothing_of_the_wall_shines_through_the_edge(cut):
    front, alpha = cut
    edge = (alpha > 0.1) & (alpha < 0.9)
    assert edge.sum() > 50
    assert np.abs(front[edge].astype(int) - BACKGROUND).sum(-1).mean() > 120


def test_a_face_that_fills_the_picture_is_all_person(tight, drawable):
    inner = np.ascontiguousarray(tight.image[20:130, 30:120])
    points = tight.points - np.array([30, 20, 0], np.float32)
    _, alpha = cut_person(inner, points, drawable.head)
    assert alpha.mean() > 0.9
