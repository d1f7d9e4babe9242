"""Faces become others by and by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.swap.morph import average_faces, morph_faces, plan_morph


def test_the_ends_are_the_pictures_themselves(pale, dark):
    morph = plan_morph(pale, dark)
    assert (morph_faces(morph, 0) == pale[0]).all()
    assert (morph_faces(morph, 1) == dark[0]).all()


def test_near_its_ends_a_morph_looks_like_them(pale, turned):
    morph = plan_morph(pale, turned)
    for amount, (image, _) in ((0.001, pale), (0.999, turned)):
        assert np.abs(morph_faces(morph, amount).astype(int) - image).mean() < 1


@settings(max_examples=5)
@given(st.floats(0, 1))
def test_a_morph_to_itself_never_changes(pale, amount):
    morph = plan_morph(pale, pale)
    assert np.abs(morph_faces(morph, amount).astype(int) - pale[0]).max() <= 1


def test_shapes_meet_in_the_middle(place, draw):
    narrow, wide = place(unit=32), place(unit=48)
    morph = plan_morph((draw(narrow), narrow), (draw(wide), wide))
    expected = draw(place(unit=40)).astype(int)
    assert np.abs(morph_faces(morph, 0.5) - expected).mean() < 8


def test_the_frame_stays_the_frame(pale, dark):
    corners = morph_faces(plan_morph(pale, dark), 0.5)[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, [(70, 90, 120)] * 4, atol=1)


def test_a_mirrored_morph_is_the_morph_in_a_mirror(pale, turned, in_a_mirror):
    straight = morph_faces(plan_morph(pale, turned), 0.4)
    flipped = morph_faces(plan_morph(in_a_mirror(*pale), in_a_mirror(*turned)), 0.4)
    assert np.abs(flipped[:, ::-1].astype(int) - straight).mean() < 2


def test_a_morph_has_the_size_of_its_first_picture(pale, place, draw):
    points = place(size=90, unit=20)
    small = (draw(points, size=90), points)
    assert morph_faces(plan_morph(pale, small), 0.5).shape == (160, 160, 3)
    assert morph_faces(plan_morph(small, pale), 1).shape == (90, 90, 3)


def test_an_amount_out_of_range_is_refused(pale):
    with pytest.raises(InputError, match=r"0 to 1, not 1\.5"):
        morph_faces(plan_morph(pale, pale), 1.5)


def test_the_mean_of_one_face_twice_is_that_face(pale):
    once, twice = average_faces([pale], size=96), average_faces([pale, pale], size=96)
    assert np.abs(once.astype(int) - twice).max() <= 1


def test_a_mean_lies_between_its_faces(pale, dark):
    light, deep = (average_faces([face], size=96)[60, 48].mean() for face in (pale, dark))
    assert deep < average_faces([pale, dark], size=96)[60, 48].mean() < light


def test_the_order_of_a_mean_does_not_matter(pale, dark, turned):
    one = average_faces([pale, dark, turned], size=64)
    two = average_faces([turned, pale, dark], size=64)
    assert np.abs(one.astype(int) - two).mean() < 1.5


def test_a_mean_of_nobody_is_refused():
    with pytest.raises(InputError, match="at least one face"):
        average_faces([])
