"""Angles mean what the docstring says, whatever the size and the place of a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.geometry.topology import CANONICAL, LIPS_INNER
from facewright.faces.pose import Pose, estimate_pose

ANGLES = st.floats(-75, 75)


def turn(points, first, second, degrees):
    """Rotate points in the plane of two axes, from the first towards the second."""
    angle = np.deg2rad(degrees)
    turned = points.copy()
    turned[:, first] = np.cos(angle) * points[:, first] - np.sin(angle) * points[:, second]
    turned[:, second] = np.sin(angle) * points[:, first] + np.cos(angle) * points[:, second]
    return turned


def place(pose, scale=80.0, shift=(300, 200, 5)):
    """Put the canonical face into a picture: roll it, lift its gaze, turn it to the right."""
    points = turn(CANONICAL.astype(np.float64), 0, 1, pose.roll)  # x towards y: clockwise
    points = turn(points, 2, 1, pose.pitch)  # the nose, at -z, moves to -y: up
    points = turn(points, 0, 2, pose.yaw)  # x towards z, the nose to +x: right
    return (points * scale + shift).astype(np.float32)


def angles(pose):
    return [pose.yaw, pose.pitch, pose.roll]


def test_the_canonical_face_looks_straight_ahead():
    assert angles(estimate_pose(CANONICAL)) == pytest.approx([0, 0, 0], abs=1e-3)


@pytest.mark.parametrize(
    ("pose", "axis", "sign"),
    [(Pose(30, 0, 0), 0, 1), (Pose(0, 30, 0), 1, -1)],
    ids=["right", "up"],
)
def test_the_nose_goes_where_the_face_looks(pose, axis, sign):
    nose, between_eyes = place(pose)[4], place(pose)[168]
    straight = place(Pose(0, 0, 0))
    moved = (nose - between_eyes)[axis] - (straight[4] - straight[168])[axis]
    assert sign * moved > 10
    assert angles(estimate_pose(place(pose))) == pytest.approx(angles(pose), abs=0.01)


def test_a_head_tilted_clockwise_has_its_right_eye_lower():
    points = place(Pose(0, 0, 20))
    left, right = sorted((points[33], points[263]), key=lambda point: point[0])
    assert right[1] > left[1]
    assert estimate_pose(points).roll == pytest.approx(20, abs=0.01)


@given(ANGLES, ANGLES, st.floats(-170, 170), st.floats(5, 2000))
def test_estimating_undoes_turning(yaw, pitch, roll, scale):
    found = estimate_pose(place(Pose(yaw, pitch, roll), scale))
    assert angles(found) == pytest.approx([yaw, pitch, roll], abs=0.1)


def test_an_open_mouth_changes_nothing():
    points = place(Pose(10, -5, 3))
    before = estimate_pose(points)
    points[list(LIPS_INNER), 1] += 15
    assert estimate_pose(points) == before


def test_a_face_without_extent_looks_straight_ahead():
    assert angles(estimate_pose(np.zeros_like(CANONICAL))) == pytest.approx([0, 0, 0])


@pytest.mark.parametrize("points", [np.zeros((5, 3)), np.full((478, 3), np.nan)])
def test_what_is_no_mesh_is_refused(points):
    with pytest.raises(InputError, match="478"):
        estimate_pose(points.astype(np.float32))
