"""Colours come from the face, not from what is around it."""

import numpy as np
import pytest

from facewright.toon.colours import find_colours, measure_luma, pick_colour, shade

SKIN = np.array([205, 160, 135])


def test_the_skin_is_the_skin_of_the_picture(person):
    colours = find_colours(person.image, person.points, np.array([60, 40, 30], np.float32))
    assert np.abs(colours.skin - SKIN).max() < 8
    assert measure_luma(colours.brow) < 0.6 * measure_luma(colours.skin)
    assert colours.lips[0] - colours.lips[1] > colours.skin[0] - colours.skin[1]


def test_eyes_too_small_to_have_a_colour_are_brown(person):
    hair = np.array([60, 40, 30], np.float32)
    small = find_colours(person.image, person.points, hair, detail=0.1)
    assert small.iris[0] > small.iris[1] > small.iris[2]


def test_an_empty_area_has_a_colour_still(person):
    nowhere = np.zeros(person.image.shape[:2], bool)
    assert pick_colour(person.image, nowhere, 0.2, 0.8).shape == (3,)


@pytest.mark.parametrize("amount", [0.3, 0.9, 1.0, 1.7])
def test_shading_changes_how_bright_a_colour_is(amount):
    shaded = measure_luma(shade((180, 120, 90), amount))
    assert (shaded < measure_luma(np.array([180, 120, 90]))) == (amount < 1)
