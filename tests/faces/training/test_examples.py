import numpy as np
import pytest

from facewright.faces.geometry.topology import OVAL, five_points
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.examples import make_mesh_example, stack_mesh_examples


def test_points_lie_on_the_face_of_the_square(labelled):
    hits = []
    for number in range(60):
        square, points, present = make_mesh_example(labelled, 64, ExampleRng(0, number))
        assert square.shape == (64, 64, 3)
        assert square.dtype == np.uint8
        if not present:
            assert not points.any()
            continue
        pixels = (points[:, :2] + 1) * 32 - 0.5
        middle = np.clip(np.round(pixels[OVAL].mean(0)), 0, 63).astype(int)
        corner = square[[0, 0, -1, -1], [0, -1, 0, -1]].mean()
        hits.append(abs(float(square[middle[1], middle[0]].mean()) - corner) > 5)
    assert len(hits) > 45  # nine in ten show a face
    assert np.mean(hits) > 0.8  # some are covered, or dark


def test_mirrored_examples_keep_left_on_the_left(labelled):
    for number in range(40):
        _, points, present = make_mesh_example(labelled, 64, ExampleRng(7, number))
        if present:
            five = five_points(points)
            across = five[1, :2] - five[0, :2]
            assert across[0] > 0  # no example is turned by more than about 70 degrees


def test_weights_decide_how_often_a_face_is_shown(labelled):
    import dataclasses

    only = dataclasses.replace(labelled, weights=np.array([0.0, 0.0, 1.0, 0.0]))
    moved = labelled.points.copy()
    moved[[0, 1, 3]] = np.nan
    only = dataclasses.replace(only, points=moved)
    for number in range(30):
        assert np.isfinite(make_mesh_example(only, 32, ExampleRng(0, number))[1]).all()


def test_examples_are_stacked_for_the_network(labelled):
    squares, points, present = stack_mesh_examples(
        [make_mesh_example(labelled, 32, ExampleRng(0, number)) for number in range(3)]
    )
    assert squares.shape == (3, 32, 32, 3)
    assert tuple(points.shape) == (3, 478, 3)
    assert present.tolist() == pytest.approx([1, 1, 1], abs=1)
