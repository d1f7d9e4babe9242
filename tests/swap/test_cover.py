"""Mouths that something covers are recognised."""

import cv2
import numpy as np
import pytest
from skimage import data

from facewright.faces.geometry import topology
from facewright.pipelines.find import FindPipeline
from facewright.swap.cover import measure_cover

NOSE = [118, 114, 195, 343, 347]


@pytest.fixture(scope="module")
def astronaut():
    """A photo and the mesh of its face."""
    image = data.astronaut()
    return image, FindPipeline()(image).faces[0].points


def wear(image, points, colour):
    """Draw a mask from the nose to the jaw."""
    loop = points[[*topology.OVAL[9:28], *NOSE], :2]
    drawn = image.copy()
    return cv2.fillPoly(drawn, [np.round(loop).astype(np.int32)], colour)


@pytest.mark.parametrize("size", [1, 0.25])
def test_a_bare_face_has_a_mouth(astronaut, size):
    image, points = astronaut
    small = cv2.resize(image, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    assert measure_cover(small, points * np.float32(size)) < -5


@pytest.mark.parametrize("colour", [(150, 190, 215), (235, 235, 235), (30, 30, 35)], ids=str)
def test_a_mask_covers_it(astronaut, colour):
    image, points = astronaut
    assert measure_cover(wear(image, points, colour), points) > 5
