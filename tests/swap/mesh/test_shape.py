"""Proportions go from one face to another."""

import numpy as np
import pytest

from facewright.faces.geometry import topology
from facewright.swap.mesh.shape import fit_rotation, lend_shape, measure_facing, rest_shape


def test_a_rotation_is_found_again():
    angle = 0.4
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    moved = (3 * topology.CANONICAL @ turn.T + (5, 6, 7)).astype(np.float32)
    rotation, scale, shift = fit_rotation(topology.CANONICAL, moved)
    np.testing.assert_allclose(rotation, turn, atol=1e-4)
    assert scale == pytest.approx(3, rel=1e-4)
    np.testing.assert_allclose(shift, (5, 6, 7), atol=1e-3)


def test_a_shape_at_rest_forgets_the_pose(place):
    shapes = [rest_shape([place(yaw=yaw, unit=unit)]) for yaw, unit in ((0, 30), (40, 55))]
    np.testing.assert_allclose(shapes[0], shapes[1], atol=1e-3)


def test_no_amount_moves_nothing(place):
    points = place()
    assert lend_shape(points, topology.CANONICAL * 1.2, 0) is points


def test_ones_own_shape_moves_nothing(place):
    points = place(yaw=20)
    np.testing.assert_allclose(lend_shape(points, rest_shape([points]), 1), points, atol=0.02)


def test_the_outline_stays_while_features_move(place):
    points = place()
    other = topology.CANONICAL.copy()
    nose = np.linalg.norm(other - other[4], axis=1) < 0.4
    other[nose, 1] += 0.3
    moved = lend_shape(points, other, 1)
    apart = (moved - points)[topology.OVAL, :2]
    assert np.abs(apart).max() < 1.5  # of 40 from eye to eye
    assert moved[4, 1] > points[4, 1] + 4


def test_a_narrow_jaw_is_lent_and_a_huge_difference_is_not(place):
    points = place()
    narrow, huge = topology.CANONICAL.copy(), topology.CANONICAL.copy()
    low = narrow[:, 1] > narrow[2, 1]
    narrow[low, 0] *= 0.8
    huge[low, 0] *= 4
    jaw = [172, 397]
    widths = [np.ptp(lend_shape(points, shape, 1)[jaw, 0]) for shape in (narrow, huge)]
    assert widths[0] < 0.97 * np.ptp(points[jaw, 0])
    assert np.abs(lend_shape(points, huge, 1) - points)[:, :2].max() <= 0.3 * 40 + 0.01


def test_the_nose_looks_at_the_viewer_and_the_ears_do_not(place):
    facing = measure_facing(place())
    assert facing[4] > 0.95
    assert facing[[234, 454]].max() < 0.3


def test_a_turned_head_hides_one_cheek(place):
    shown, hidden = measure_facing(place(yaw=50))[[50, 280]]
    one, other = measure_facing(place(yaw=-50))[[50, 280]]
    assert hidden < 0.3 < 0.8 < shown or shown < 0.3 < 0.8 < hidden
    assert (shown, hidden) == pytest.approx((other, one), abs=1e-3)
