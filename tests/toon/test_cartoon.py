"""Drawings are enlarged and put back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facewright.faces.align import align
from facewright.faces.geometry.matrices import invert_matrix, transform_points
from facewright.faces.geometry.topology import CANONICAL
from facewright.toon.cartoon import enlarge_crop, enlarge_drawing, paste_character


def build_mesh(scale=40.0, middle=(70, 60)):
    points = CANONICAL * scale
    points[:, :2] += middle
    return points.astype(np.float32)


def test_enlarged_edge_is_crisper_than_a_filter_leaves_it():
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 8:] = 200
    row = enlarge_drawing(image, 64)[32, :, 0].astype(int)
    assert ((row > 20) & (row < 180)).sum() <= 3
    assert row.max() <= 205


@given(st.integers(0, 255), st.sampled_from([16, 40, 64]))
def test_plain_drawings_stay_plain(value, size):
    image = np.full((16, 16, 3), value, np.uint8)
    assert (enlarge_drawing(image, size) == value).all()


def test_enlarged_crop_covers_the_same_square():
    picture = np.zeros((120, 140, 3), np.uint8)
    crop = align(picture, build_mesh(), template="tight", size=16)
    larger = enlarge_crop(crop, np.zeros((64, 64, 3), np.uint8))
    corners = [np.float32([[-0.5, -0.5], [n - 0.5, n - 0.5]]) for n in (16, 64)]
    ends = [
        transform_points(c, invert_matrix(m.matrix))
        for c, m in zip(corners, (crop, larger), strict=True)
    ]
    assert np.abs(ends[0] - ends[1]).max() < 1e-3


def test_character_replaces_the_face_and_fades_before_its_square_ends():
    picture = np.full((120, 140, 3), 90, np.uint8)
    points = build_mesh()
    crop = align(picture, points, template="tight", size=16)
    result = paste_character(picture, points, crop, np.full((16, 16, 3), 200, np.uint8))
    assert abs(int(result[60, 70, 0]) - 200) <= 2
    changed = np.argwhere((result != picture).any(-1))
    steps = np.abs(np.diff(result[60, :, 0].astype(int))).max()
    assert steps < 30  # no seam
    assert changed[:, 1].min() > 0
    assert changed[:, 1].max() < 139
