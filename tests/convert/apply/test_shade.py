"""A change of brightness is taken as shading of the skin."""

import numpy as np
import pytest

from facewright.convert.apply.shade import shade_face
from facewright.faces.geometry.topology import CANONICAL
from facewright.faces.masks import draw_face_mask, draw_region_mask

POINTS = CANONICAL * 24 + np.float32([64, 64, 0])
SHAPE = (128, 128)


@pytest.fixture
def crop():
    """Skin of one colour."""
    return np.full((*SHAPE, 3), (180, 130, 110), np.uint8)


@pytest.fixture
def folds(crop):
    """The same with narrow dark lines, and darker in its lower half."""
    made = crop.astype(int)
    made[::8] -= 60
    made[64:] -= 40
    return made.clip(0, 255).astype(np.uint8)


def test_colours_stay_what_they_are(crop, folds):
    made = shade_face(crop, folds, 1.0, POINTS).astype(float)
    shares = made / made.sum(axis=2, keepdims=True)
    assert np.abs(shares - crop[0, 0] / crop[0, 0].sum()).max() < 0.005
    assert made[56, 40, 0] < 0.85 * made[60, 40, 0]


@pytest.mark.parametrize("region", ["lips", "eyes"])
def test_lips_and_eyes_stay_as_they_are(crop, folds, region):
    made = shade_face(crop, folds, 2.0, POINTS)
    inside = draw_region_mask(POINTS, SHAPE, region) == 1
    assert inside.sum() > 20
    assert np.array_equal(made[inside], crop[inside])


@pytest.mark.parametrize("change", [-70, 70])
def test_exposure_stays_what_it_is(crop, change):
    lighter = (crop.astype(int) + change).clip(0, 255).astype(np.uint8)
    skin = draw_face_mask(POINTS, SHAPE) == 1
    made = shade_face(crop, lighter, 1.5, POINTS)
    assert abs(made[skin].mean() - crop[skin].mean()) < 2


def test_no_strength_makes_pixels_black(crop, folds):
    assert shade_face(crop, folds, 2.0, POINTS).min() > 40
    assert np.array_equal(shade_face(crop, folds, 0.0, POINTS), crop)
