from typing import get_args

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.faces.geometry.matrices import make_similarity, transform_points
from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.faces.templates import TEMPLATES, fit_template
from facewright.types import TemplateName

SYMMETRIC = sorted(set(TEMPLATES) - {"arcface"})  # the published places are not
MOVE = make_similarity(80 * np.exp(0.3j), 200 + 150j)
MESH = transform_points(CANONICAL, MOVE)


def test_options_take_every_template():
    assert set(get_args(TemplateName)) == set(TEMPLATES)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@pytest.mark.parametrize("points", [MESH, five_points(MESH)], ids=["mesh", "five"])
def test_mean_face_lands_where_the_template_says(name, points):
    placed = transform_points(five_points(MESH), fit_template(points, name))
    within = 0.06 if name == "arcface" else 0.02
    np.testing.assert_allclose(placed[:, :2], TEMPLATES[name].points, atol=within)


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize("points", [MESH, five_points(MESH)], ids=["mesh", "five"])
def test_turned_face_comes_out_upright(name, points):
    left, right, *_ = transform_points(five_points(MESH), fit_template(points, name))
    assert right[0] > left[0]
    assert right[1] == pytest.approx(left[1], abs=1e-4)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_template_is_symmetric(name):
    points = TEMPLATES[name].points
    np.testing.assert_allclose(points[[1, 0, 2, 4, 3]] * (-1, 1) + (1, 0), points, atol=1e-6)


def test_ffhq_is_the_published_quad():
    # Eyes 100 apart, the mouth 110 below: 4 times the one is more than 3.6 times the other.
    points = [[150, 200, 0], [250, 200, 0], [200, 250, 0], [170, 310, 0], [230, 310, 0]]
    matrix = fit_template(np.array(points, np.float32), "ffhq")
    centre = np.array([[200, 211, 0]], np.float32)  # a tenth of the way from the eyes to the mouth
    np.testing.assert_allclose(matrix, [[1 / 400, 0, 0], [0, 1 / 400, -11 / 400]], atol=1e-9)
    np.testing.assert_allclose(transform_points(centre, matrix)[0, :2], 0.5, atol=1e-6)


def test_ffhq_keeps_the_size_of_a_face_that_looks_aside():
    points = np.array(
        [[195, 200, 0], [205, 200, 0], [160, 250, 0], [195, 300, 0], [205, 300, 0]], np.float32
    )
    matrix = fit_template(points, "ffhq")
    assert matrix[0, 0] == pytest.approx(1 / 360)  # 3.6 times from the eyes to the mouth


def test_arcface_is_the_published_reference():
    published = np.array([[38.2946, 51.6963], [73.5318, 51.5014]])
    np.testing.assert_allclose(TEMPLATES["arcface"].points[:2] * 112 - 0.5, published, atol=1e-9)


def test_portrait_shows_the_shoulders_and_expression_the_face_down_to_the_chin():
    mesh = MESH[:468]
    portrait, expression = (
        transform_points(mesh, fit_template(MESH, name)) for name in ("portrait", "expression")
    )
    assert np.ptp(portrait[:, 0]) == pytest.approx(0.4, abs=0.01)
    assert portrait[:, 1].max() < 0.75
    assert np.ptp(expression[:, 0]) > 0.8
    assert expression[:, 1].max() == pytest.approx(1.0, abs=0.07)


def test_unknown_template_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="`square`") as error:
        fit_template(MESH, "square")
    assert "ffhq, tight, eyes-mouth, portrait" in error.value.hint


@pytest.mark.parametrize("shape", [(68, 3), (5,), (478, 4), (2, 5, 3)])
def test_points_of_something_else_are_refused(shape):
    with pytest.raises(InputError, match="aligned by points"):
        fit_template(np.zeros(shape, np.float32), "ffhq")


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@pytest.mark.parametrize("value", [7, np.nan])
def test_points_that_say_nothing_are_refused(name, value):
    with pytest.raises(InputError, match="all in one place"):
        fit_template(np.full((5, 3), value, np.float32), name)
