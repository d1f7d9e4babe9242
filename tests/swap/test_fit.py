"""How well a face suits another."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from facewright.faces.geometry.topology import CANONICAL
from facewright.swap.fit import compare_looks, measure_looks


@pytest.fixture
def portrait():
    """A face with a mesh, 60 pixels from eye to eye."""
    points = CANONICAL * 60
    points[:, :2] += (220, 115) - points[:, :2].mean(0)
    return astronaut(), points.astype(np.float32)


def test_a_face_suits_itself(portrait):
    looks = measure_looks(*portrait)
    assert compare_looks(looks, looks).cost == 0


def test_each_difference_is_measured_as_what_it_is(portrait):
    image, points = portrait
    looks = measure_looks(image, points)
    darker = np.clip(image * 0.6, 0, 255).astype(np.uint8)
    assert compare_looks(looks, measure_looks(darker, points)).skin > 10
    shade = np.linspace(0.5, 1.2, image.shape[1])[None, :, None]
    lit = np.clip(image * shade, 0, 255).astype(np.uint8)
    assert compare_looks(looks, measure_looks(lit, points)).light > 5
    angle = np.deg2rad(15)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    turned = ((points - points.mean(0)) @ turn.T + points.mean(0)).astype(np.float32)
    assert compare_looks(looks, measure_looks(image, turned)).turn == pytest.approx(15, abs=1)
    bearded = image.copy()
    chin = points[152, :2].astype(int)
    cv2.circle(bearded, (int(chin[0]), int(chin[1]) - 15), 25, (30, 20, 15), -1)
    other = compare_looks(looks, measure_looks(bearded, points))
    assert other.rest > 5
