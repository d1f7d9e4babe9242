import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.faces.geometry.matrices import invert_matrix, make_similarity, transform_points
from facewright.faces.geometry.resample import REPLICATE, ZERO, find_reach, resample

RAMP = np.stack([*np.meshgrid(np.arange(64), np.arange(48)), np.full((48, 64), 9)], -1)
RAMP = RAMP.astype(np.float32)  # every pixel says where it is


@pytest.mark.parametrize("scale", [0.13, 0.3, 0.5, 0.7, 0.9, 1, 1.3, 2.5])
@pytest.mark.parametrize("angle", [0, 0.4])
def test_pixels_come_from_where_the_matrix_says(scale, angle):
    turn = scale * np.exp(1j * angle)
    matrix = make_similarity(turn, 2.3 + 1.7j - turn * (31 + 23j))  # the middle goes to 2.3, 1.7
    square = resample(RAMP, matrix, (5, 4))
    y, x = np.mgrid[:4, :5]
    pixels = np.stack([x, y], -1).astype(np.float32)
    came_from = transform_points(pixels, invert_matrix(matrix))
    known = ((came_from > 6) & (came_from < (57, 41))).all(-1)
    assert known.sum() >= 4
    # OpenCV looks between pixels in steps of a 32nd; averages of blocks are exact.
    np.testing.assert_allclose(square[known][:, :2], came_from[known], atol=0.05 / min(scale, 1))


def test_matrix_of_whole_pixels_copies_them():
    image = (RAMP * 3).astype(np.uint8)
    moved = resample(image, make_similarity(1, -7 - 5j), (20, 10))
    np.testing.assert_array_equal(moved, image[5:15, 7:27])


def test_doubling_maps_the_first_pixel_to_half_a_pixel():
    double = make_similarity(2, 0.5 + 0.5j)
    image = np.zeros((9, 9, 3), np.float32)
    image[4, 4] = 1
    out = resample(image, double, (18, 18))[..., 0]
    np.testing.assert_allclose(out, out[::-1, ::-1].copy(), atol=1e-6)  # its middle stays there
    assert np.unravel_index(out.argmax(), out.shape) in {(8, 8), (8, 9), (9, 8), (9, 9)}


@pytest.mark.parametrize("scale", [0.1, 0.24, 0.3, 0.4, 0.5])
def test_stripes_that_are_too_fine_become_grey(scale):
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    out = resample(stripes, make_similarity(scale * np.exp(0.1j), 0j), (10, 10))[3:, 3:]
    assert out.std() < 20  # 127 where every other stripe is looked at


def test_reflection_is_there_though_only_a_part_is_read():
    whole = np.pad(RAMP, ((40, 40), (50, 50), (0, 0)), mode="reflect")
    outside = resample(RAMP, make_similarity(1, 50 + 40j), (164, 128))
    np.testing.assert_array_equal(outside, whole)
    right = resample(RAMP, make_similarity(1, -60 + 0j), (20, 48))
    np.testing.assert_array_equal(right, whole[40:88, 110:130])


def test_border_may_be_zero_or_the_last_pixel():
    ones = np.ones((4, 4), np.float32)
    shift = make_similarity(1, 2 + 0j)
    assert resample(ones, shift, (8, 4), border=ZERO).sum() == 16
    assert resample(ones, shift, (8, 4), border=REPLICATE).sum() == 32


@given(st.floats(0.02, 4), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_any_place_and_scale_gives_a_picture(scale, angle, x, y):
    matrix = make_similarity(scale * np.exp(1j * angle), complex(x, y))
    image = RAMP.astype(np.uint8)
    out = resample(image, matrix, (6, 5))
    assert out.shape == (5, 6, 3)
    assert out.dtype == np.uint8
    linear = resample(RAMP, matrix, (6, 5), linear=True)
    assert 0 <= linear.min() <= linear.max() <= RAMP.max()


def test_reach_is_what_a_rectangle_covers():
    inside = make_similarity(1, 3 + 2j)
    assert find_reach(inside, (4, 5), (48, 64)) == (2, 1, 8, 8)  # halves of pixels count
    assert find_reach(inside, (400, 500), (48, 64)) == (2, 1, 64, 48)
    left, _, right, _ = find_reach(make_similarity(1, -90 + 0j), (4, 5), (48, 64))
    assert left == right
