"""What is measured of a crop is what a person would say of it."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut
from tests.collect.drawn_faces import place_face

from facewright.collect.preparing.measures import (
    measure_cut_off,
    measure_light,
    measure_outside,
    measure_sharpness,
    measure_smile,
    name_smile,
)
from facewright.faces.geometry.topology import CANONICAL

FACE = place_face(172, 62, 102)  # where the astronaut's is


def crop_face(side=128, blur=0.0, half=64):
    """Return the astronaut's face at some size, and its points."""
    image = astronaut()
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    part = np.ascontiguousarray(image[115 - half : 115 + half, 223 - half : 223 + half])
    zoom = side / (2 * half)
    points = (FACE.points[:, :2] - [223 - half, 115 - half] + 0.5) * zoom - 0.5
    flag = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    return cv2.resize(part, (side, side), interpolation=flag), points


def test_blur_takes_sharpness_away():
    values = [measure_sharpness(*crop_face(blur=blur)) for blur in (0, 0.7, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.4
    assert values[3] < 0.1


def test_enlarging_takes_sharpness_away_and_shrinking_hides_blur():
    assert measure_sharpness(*crop_face(384)) < 0.12
    assert measure_sharpness(*crop_face(48, blur=2)) > 2 * measure_sharpness(*crop_face(blur=2))


@given(contrast=st.floats(0.3, 1), brightness=st.integers(0, 60))
def test_sharpness_is_no_matter_of_contrast_or_brightness(contrast, brightness):
    crop, points = crop_face()
    changed = np.rint(crop * contrast * 0.75 + brightness).astype(np.uint8)
    assert measure_sharpness(changed, points) == pytest.approx(
        measure_sharpness(crop, points), rel=0.1
    )


def test_an_even_surface_is_not_sharp():
    crop = np.full((64, 64, 3), 130, np.uint8)
    assert measure_sharpness(crop, place_face(10, 10, 40).points) == 0


def test_points_outside_of_the_crop_do_no_harm():
    crop, points = crop_face()
    for shift in (-500, 500):
        assert measure_sharpness(crop, points + shift) >= 0
        assert measure_light(crop, points + shift).middle >= 0


def test_light_is_that_of_the_face_alone():
    crop = np.zeros((64, 64, 3), np.uint8)
    points = place_face(10, 10, 40).points
    crop[15:50, 15:45] = 255
    light = measure_light(crop, points)
    assert (light.middle, light.bright) == (1, 1)
    assert light.clipped > 0.6
    dark, bright = (measure_light(crop_face()[0] // n, crop_face()[1]) for n in (8, 1))
    assert dark.bright < 0.15 < bright.middle < bright.bright


@pytest.mark.parametrize(
    ("shift", "outside"),
    [((0, 0), 0), ((-10, 0), 0.1), ((0, 50), 0.5), ((-90, -90), 0.99), ((200, 0), 1)],
)
def test_the_share_outside_of_the_picture_is_exact(shift, outside):
    matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], float)
    assert measure_outside(matrix, 100, (100, 100)) == pytest.approx(outside, abs=1e-4)


def test_a_turned_crop_in_a_large_picture_is_inside():
    turned = np.array([[0.7, -0.7, 0], [0.7, 0.7, -700]])
    assert measure_outside(turned, 50, (1000, 1000)) == 0


def test_a_face_is_cut_off_where_its_picture_ends():
    assert measure_cut_off(place_face(10, 10, 40).points, (100, 100)) == 0
    assert 0.3 < measure_cut_off(place_face(-20, 10, 40).points, (100, 100)) < 0.7
    assert measure_cut_off(place_face(-60, 10, 40).points, (100, 100)) == 1


# ---------------------------------------------------------------- smiles


def face(wide=0.0, high=0.0):
    """Return a mean face whose corners of the mouth are moved outwards and upwards."""
    points = CANONICAL.astype(np.float64)
    unit = np.linalg.norm(points[263] - points[33])
    for corner, side in ((61, -1), (291, 1)):
        points[corner] += np.array([side * wide, -high, 0]) * unit
    return points


@pytest.mark.parametrize("change", [{"wide": 0.05}, {"high": 0.05}])
def test_corners_of_the_mouth_that_move_out_or_up_smile(change):
    assert measure_smile(face(**change)) > measure_smile(face()) + 0.1


@given(st.floats(-180, 180), st.floats(0.1, 500), st.floats(-1000, 1000))
def test_a_smile_is_no_matter_of_place_size_and_tilt(degrees, scale, shift):
    turn = np.deg2rad(degrees)
    matrix = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    smiling = face(wide=0.07, high=0.03)
    moved = scale * smiling @ matrix.T + shift
    assert measure_smile(moved) == pytest.approx(measure_smile(smiling), abs=1e-6)


def test_a_face_without_any_extent_does_not_smile():
    assert measure_smile(np.zeros((478, 3))) == 0


def test_smiles_get_names_by_how_broad_they_are():
    smiles = [name_smile(measure_smile(face(wide=w, high=w / 2))) for w in (-0.08, 0.01, 0.2)]
    assert smiles == ["no", "slight", "broad"]
