import numpy as np
import pytest
import torch
from skimage.data import astronaut

from facewright.device import to_images, to_tensor
from facewright.enhance.chain import ChainOptions, enhance_image
from facewright.enhance.local import enhance_faces, enlarge_plainly, scale_points
from facewright.enhance.network import enlarge_bicubic
from facewright.faces.geometry.topology import CANONICAL
from facewright.types import Face

CHAIN = ChainOptions(smooth=0, sharpen=2)


@pytest.fixture(scope="module")
def photo():
    return np.ascontiguousarray(astronaut()[0:220, 100:340])


def place(x, y, size=30.0):
    points = CANONICAL * size + np.float32([x, y, 0])
    return Face(np.zeros(4, np.float32), points.astype(np.float32), 1.0)


def test_outside_of_the_faces_nothing_changes_and_inside_all_does(photo):
    face = place(125, 110)
    out = enhance_faces(photo, [face], CHAIN)
    changed = (out != photo).any(axis=2)
    rows, columns = changed.nonzero()
    low, high = face.points.min(axis=0), face.points.max(axis=0)
    assert low[0] - 1 <= columns.min() <= columns.max() <= high[0] + 1
    assert low[1] - 1 <= rows.min() <= rows.max() <= high[1] + 1
    middle = enhance_image(photo, CHAIN)[105:115, 120:130]
    assert np.array_equal(out[105:115, 120:130], middle)


def test_the_rest_is_enlarged_without_the_network(photo, build):
    out = enhance_faces(photo, [place(125, 110)], CHAIN, enhancer=build())
    plain = enlarge_plainly(photo, 2)
    assert out.shape == plain.shape == (440, 480, 3)
    assert np.array_equal(out[:, :80], plain[:, :80])
    assert not np.array_equal(out[190:250, 220:280], plain[190:250, 220:280])


@pytest.mark.parametrize("where", [(0, 0), (239, 219), (-500, 50), (125, 1e9)])
def test_faces_that_are_cut_off_or_outside_are_no_mistake(photo, where):
    out = enhance_faces(photo, [place(*where)], CHAIN)
    assert out.shape == photo.shape


def test_plain_enlargement_is_what_the_network_starts_from(photo):
    x = to_tensor(photo[None], torch.device("cpu"), torch.float32)
    expected = to_images(enlarge_bicubic(x, 2))[0]
    assert np.abs(enlarge_plainly(photo, 2).astype(int) - expected).max() <= 1


def test_points_stay_on_what_they_mark():
    corners = np.float32([[-0.5, -0.5], [9.5, 4.5]])  # of a picture of 10 by 5
    assert scale_points(corners, 4).tolist() == [[-0.5, -0.5], [39.5, 19.5]]
