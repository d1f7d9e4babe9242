import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.geometry.matrices import (
    fit_similarity,
    invert_matrix,
    join_matrices,
    make_similarity,
    measure_in_pixels,
    measure_scale,
    transform_points,
)

CORNERS = np.array([[0, 0], [10, 0], [0, 20], [7, 7]], np.float32)


@st.composite
def similarities(draw):
    angle = draw(st.floats(-3.1, 3.1))
    scale = draw(st.floats(0.05, 20))
    x, y = (draw(st.floats(-300, 300)) for _ in range(2))
    return make_similarity(scale * np.exp(1j * angle), complex(x, y))


@given(similarities())
def test_the_inverse_leads_back(matrix):
    there = transform_points(CORNERS, matrix)
    np.testing.assert_allclose(transform_points(there, invert_matrix(matrix)), CORNERS, atol=1e-2)


@given(similarities(), similarities())
def test_joined_matrices_do_one_after_the_other(first, then):
    joined = transform_points(CORNERS, join_matrices(first, then))
    apart = transform_points(transform_points(CORNERS, first), then)
    np.testing.assert_allclose(joined, apart, rtol=1e-4, atol=1e-2)


@given(similarities())
def test_fit_finds_the_similarity_that_was_applied(matrix):
    places = CORNERS @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(fit_similarity(CORNERS, places), matrix, rtol=1e-6, atol=1e-6)


def test_fit_is_the_nearest_similarity():
    places = CORNERS + np.array([[1, 0], [0, -2], [0.5, 0.5], [-1, 1]])

    def distance(matrix):
        return ((CORNERS @ matrix[:, :2].T + matrix[:, 2] - places) ** 2).sum()

    best = fit_similarity(CORNERS, places)
    for turn in (0.01, -0.01, 0.01j, -0.01j):
        assert distance(best) < distance(best + make_similarity(turn, 0))
    for shift in (0.1, -0.1, 0.1j, -0.1j):
        assert distance(best) < distance(best + make_similarity(0, shift))


def test_depth_takes_the_scale():
    matrix = make_similarity(3j, 5 + 5j)
    assert measure_scale(matrix) == pytest.approx(3)
    np.testing.assert_allclose(
        transform_points(np.array([[1, 0, 2]], np.float32), matrix), [[5, 8, 6]]
    )


def test_unit_square_covers_whole_pixels():
    ends = transform_points(np.array([[0, 0], [1, 1]], np.float32), measure_in_pixels(4))
    np.testing.assert_array_equal(ends, [[-0.5, -0.5], [3.5, 3.5]])


def test_points_in_one_place_cannot_be_fitted():
    with pytest.raises(InputError, match="all in one place"):
        fit_similarity(np.ones((5, 3), np.float32), np.zeros((5, 2)))


def test_points_that_are_no_numbers_cannot_be_fitted():
    with pytest.raises(InputError, match="must be numbers"):
        fit_similarity(np.full((5, 3), np.nan, np.float32), np.zeros((5, 2)))


@pytest.mark.parametrize("value", [0, np.nan])
def test_flat_matrix_has_no_way_back(value):
    with pytest.raises(InputError, match="no way back"):
        invert_matrix(np.full((2, 3), value))
