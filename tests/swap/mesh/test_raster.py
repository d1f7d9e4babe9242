"""Meshes become maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.faces.geometry import topology
from facewright.swap.mesh.raster import (
    Box,
    draw_triangles,
    find_box,
    interpolate,
    interpolate_at,
    join_points,
    sort_triangles,
)

SQUARE = np.array([[[0, 0], [20, 0], [20, 20]], [[0, 0], [20, 20], [0, 20]]], np.float32)
slopes = st.floats(-3, 3, width=32)


@given(slopes, slopes, slopes)
def test_a_plane_at_the_corners_is_a_plane_everywhere(right, down, start):
    values = (SQUARE @ np.array([right, down], np.float32) + np.float32(start))[..., None]
    drawn = draw_triangles(SQUARE, (21, 21))
    y, x = np.mgrid[:21, :21]
    expected = right * x + down * y + start
    np.testing.assert_allclose(interpolate(drawn, SQUARE, values)[..., 0], expected, atol=1e-3)


def test_single_pixels_get_what_all_pixels_get():
    values = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    drawn = draw_triangles(SQUARE, (21, 21))
    whole = interpolate(drawn, SQUARE, values)
    x, y = np.array([3, 9, 17]), np.array([11, 2, 17])
    some = interpolate_at(drawn[y, x], SQUARE, values, x, y)
    np.testing.assert_allclose(some, whole[y, x], atol=1e-5)


def test_backs_are_not_drawn():
    assert (draw_triangles(SQUARE[:, ::-1], (21, 21)) == -1).all()


def test_slivers_lie_below_what_is_large():
    sliver = np.array([[[0, 0], [20, 0], [20, 0.4]]], np.float32)
    assert (draw_triangles(np.concatenate([SQUARE, sliver]), (21, 21)) == 2).sum() == 0


def test_later_triangles_lie_over_earlier_ones():
    twice = np.concatenate([SQUARE, SQUARE[:1]])
    assert (draw_triangles(twice, (21, 21))[2, 15]) == 2
    assert (draw_triangles(twice, (21, 21), np.array([2, 1, 0]))[2, 15]) == 0


def test_what_is_near_comes_last_and_backs_not_at_all():
    points = np.array(
        [[0, 0, 5], [9, 0, 5], [9, 9, 5], [0, 0, 1], [9, 0, 1], [9, 9, 1], [0, 9, 1]], np.float32
    )
    triangles = np.array([[3, 4, 5], [0, 1, 2], [3, 6, 5]], np.int32)
    assert sort_triangles(points, triangles).tolist() == [1, 0]


def test_edges_on_are_left_out():
    points = np.array([[0, 0, 0], [0.01, 0, 9], [0, 9, 0]], np.float32)
    assert sort_triangles(points, np.array([[0, 1, 2]], np.int32)).size == 0


def test_a_frontal_face_is_covered_without_gaps():
    corners = (topology.CANONICAL[:, :2] * 30 + 40).astype(np.float32)
    both = np.concatenate([topology.TRIANGLES, topology.HOLES])
    drawn = draw_triangles(corners[both], (80, 80))
    rows = np.flatnonzero((drawn >= 0).any(1))
    for row in rows[1:-1]:
        seen = np.flatnonzero(drawn[row] >= 0)
        assert len(seen) == seen[-1] - seen[0] + 1


def test_a_box_holds_its_points_and_stays_in_the_picture():
    box = find_box(np.array([[3.2, 4.8], [9.1, 30]], np.float32), (20, 20), margin=1)
    assert box == Box(left=2, top=3, width=10, height=17)


def test_points_outside_the_picture_have_no_box():
    assert find_box(np.array([[30, 30], [40, 40]], np.float32), (20, 20)) is None


def test_a_grid_covers_the_same_ground_as_its_box():
    box = Box(left=10, top=20, width=40, height=60)
    corners = np.array([[9.5, 19.5], [49.5, 79.5]], np.float32)
    np.testing.assert_allclose(box.to_grid(corners, (20, 30)), [[-0.5, -0.5], [19.5, 29.5]])


@pytest.mark.parametrize("count", [5, 40])
def test_joined_points_cover_their_hull_once(count):
    angle = np.arange(count, dtype=np.float32) / count * 2 * np.pi
    ring = np.stack([np.cos(angle), np.sin(angle)], 1) * 50 + 60
    points = np.concatenate([ring, [[60, 60], [70, 52]]]).astype(np.float32)
    one, two, three = (points[part] for part in join_points(points).T)
    a, b = two - one, three - one
    areas = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    assert (areas > 0).all()
    assert areas.sum() == pytest.approx(count / 2 * 2500 * np.sin(2 * np.pi / count), rel=1e-3)
