import numpy as np
import pytest

from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.faces.training.coverings import cover_face
from facewright.faces.training.example_rng import ExampleRng


@pytest.mark.parametrize("number", range(30))
def test_something_covers_a_part_of_the_face_and_little_else(number):
    points = (CANONICAL * 40 + np.array([64, 64, 0])).astype(np.float32)
    image = np.full((128, 128, 3), 150, np.uint8)
    before = image.copy()
    covered = cover_face(image, points, ExampleRng(0, number))
    assert covered.shape == image.shape
    assert covered.dtype == np.uint8
    changed = (covered != image).any(-1)
    assert 0.004 < changed.mean() < 0.5
    assert np.array_equal(image, before)
    size = np.linalg.norm(five_points(points)[0] - five_points(points)[1])
    y, x = np.nonzero(changed)
    low, high = points[:, :2].min(0) - size / 2, points[:, :2].max(0) + size / 2
    assert x.min() >= low[0]
    assert x.max() <= high[0]
    assert y.min() >= low[1]
    assert y.max() <= high[1]
