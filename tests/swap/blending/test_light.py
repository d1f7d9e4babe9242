"""Colours of one face are brought into the light of another."""

import cv2
import numpy as np

from facewright.swap.blending.light import apply_light, keep_light, match_light, to_lab

SIDE = 48
EVERYWHERE = np.ones((SIDE, SIDE), np.float32)


def paint(colour, *spots):
    """Return skin of one colour; each spot is (y, x, radius, colour)."""
    image = np.full((SIDE, SIDE, 3), colour, np.float32)
    for y, x, radius, other in spots:
        cv2.circle(image, (x, y), radius, [float(value) for value in other], -1)
    return image


def match(source, target, **options):
    light = match_light(source, target, EVERYWHERE, **options)
    return np.clip(apply_light(source, light), 0, 255)


PALE, DARK, BLACK = (235, 208, 180), (110, 70, 50), (50, 42, 40)


def test_the_change_that_changes_nothing_changes_nothing():
    image = paint(PALE, (20, 20, 5, BLACK))
    np.testing.assert_allclose(apply_light(image, keep_light((8, 8))), image, atol=1e-3)


def test_skin_takes_the_tone_of_the_other():
    changed = match(paint(DARK), paint(PALE))
    np.testing.assert_allclose(changed, paint(PALE), atol=3)


def test_shadows_of_dark_skin_do_not_turn_grey_on_pale_skin():
    shadow = match(paint(DARK, (24, 24, 5, BLACK)), paint(PALE))[24, 24]
    red, green, blue = shadow
    assert shadow.mean() < np.mean(PALE) - 40  # a shadow it is
    assert red - blue > 20  # of skin: the face as it comes has 10
    assert red > green > blue


def test_whites_of_eyes_stay_whiter_than_skin():
    for ours, theirs in ((DARK, PALE), ((200, 160, 135), DARK)):
        spot = match(paint(ours, (24, 24, 5, (225, 220, 215))), paint(theirs))[24, 24]
        assert np.ptp(spot) < 0.75 * np.ptp(theirs)
        assert spot.mean() > np.mean(theirs) + 20


def test_whites_of_eyes_lose_a_cast_that_those_of_the_picture_have_not():
    eye = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(eye, (24, 24), 5, 1, -1)
    source = paint((150, 80, 60), (24, 24, 5, (200, 150, 140)))
    target = paint(PALE, (24, 24, 5, (220, 220, 220)))
    skin = 1 - eye
    made = np.clip(apply_light(source, match_light(source, target, skin, eye)), 0, 255)[24, 24]
    assert made[0] - made[2] < 60  # of 200 - 140 before


def test_red_lips_stay_red():
    lips = match(paint(PALE, (24, 24, 5, (190, 90, 90))), paint((150, 105, 80)))[24, 24]
    redness = to_lab(np.float32([[lips, (150, 105, 80)]]))[0, :, 1]
    assert redness[0] > redness[1] + 8
