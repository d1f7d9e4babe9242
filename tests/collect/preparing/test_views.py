"""However a picture is decoded, it is known where each pixel is in the whole one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.drawn_faces import encode

from facewright.collect.preparing.views import cut_part, decode_enough, open_view, shrink_view
from facewright.errors import FileError
from facewright.faces.geometry.matrices import invert_matrix, measure_scale, transform_points


def draw_ramp(width, height):
    """Draw a picture that says of each pixel where it is: red is x, green is y."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    ramp = np.stack([x * 255 / (width - 1), y * 255 / (height - 1), 0 * x], -1)
    return np.rint(ramp).astype(np.uint8)


def check_places(view):
    """Compare where the pixels of a view should be with what they say."""
    height, width = view.image.shape[:2]
    corners = np.array([[2, 2], [width - 3, 2], [2, height - 3], [width // 2, height // 2]])
    places = transform_points(corners.astype(np.float32), view.to_picture)
    said = view.image[corners[:, 1], corners[:, 0], :2] / 255 * (np.array(view.size) - 1)
    assert np.abs(said - places).max() < 0.012 * max(view.size) + 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("shrink", [0.2, 1, 2.5, 4, 100])
def test_pixels_of_a_view_are_where_it_says(kind, shrink):
    view = open_view(encode(draw_ramp(1501, 1002), kind), shrink=shrink)
    assert view.size == (1501, 1002)
    assert 320 <= max(view.image.shape) <= 1280 * 1.25
    check_places(view)


@given(width=st.integers(5, 400), height=st.integers(5, 400), shrink=st.floats(0, 9))
def test_any_size_can_be_looked_at(width, height, shrink):
    view = open_view(encode(draw_ramp(width, height), "JPEG", quality=50), shrink=shrink)
    ends = np.array([[-0.5, -0.5], view.image.shape[1::-1]], np.float32) - [[0, 0], [0.5, 0.5]]
    first, last = transform_points(ends.astype(np.float32), view.to_picture)
    assert first == pytest.approx([-0.5, -0.5], abs=1e-4)
    assert (np.abs(last + 0.5 - view.size) < 8).all()  # a block of JPEG


def test_large_pictures_are_not_kept_whole():
    small, large = (encode(draw_ramp(side, side)) for side in (300, 2100))
    assert open_view(small, shrink=1).decoded is not None
    assert open_view(large, shrink=1).decoded is None


@pytest.mark.parametrize(("scale", "factor"), [(2, 1), (0.6, 1), (0.5, 2), (0.2, 4), (0.01, 8)])
def test_what_a_crop_needs_is_decoded(scale, factor):
    data = encode(draw_ramp(2000, 1200), "JPEG")
    view = open_view(data, shrink=100)
    whole = decode_enough(data, view, scale)
    assert whole.image.shape[1] >= 2000 // factor  # what is there already may be larger
    check_places(whole)
    with pytest.raises(FileError):
        decode_enough(data[:3000], open_view(data, shrink=100), 2)


def test_the_part_around_a_crop_is_enough_for_it():
    data = encode(draw_ramp(900, 700), "JPEG")
    whole = decode_enough(data, open_view(data, shrink=1), 1)
    matrix = np.array([[0.5, 0.1, -80], [-0.1, 0.5, -60]])
    part = cut_part(whole, matrix, 64)
    check_places(part)
    corners = np.array([[0, 0], [63, 0], [0, 63], [63, 63]], np.float32)
    inside = transform_points(
        transform_points(corners, invert_matrix(matrix)), invert_matrix(part.to_picture)
    )
    assert (inside > 0).all()
    assert (inside < np.array(part.image.shape[1::-1])).all()
    assert part.image.size < whole.image.size / 4


def test_a_part_ends_where_the_picture_does():
    data = encode(draw_ramp(90, 70))
    whole = decode_enough(data, open_view(data, shrink=1), 1)
    for shift in (-1000, 0, 1000):
        part = cut_part(whole, np.array([[1, 0, shift], [0, 1, shift]], float), 64)
        assert min(part.image.shape[:2]) >= 1
        assert max(part.image.shape) <= 90


def test_a_view_can_be_shrunk():
    view = open_view(encode(draw_ramp(600, 500)), shrink=1)
    assert shrink_view(view, 0.5) is view
    small = shrink_view(view, 3)
    assert small.image.shape == (167, 200, 3)
    assert measure_scale(small.to_picture) == pytest.approx(3, rel=0.01)
    check_places(small)
