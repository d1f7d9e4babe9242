"""What is around a face follows when it gets another shape."""

import numpy as np

from facewright.faces.geometry import topology
from facewright.swap.mesh.reshape import reshape_face


def test_nothing_moves_nothing(pale):
    image, points = pale
    assert reshape_face(image, points, points) is image


def test_a_face_moves_to_where_it_shall_lie_and_what_is_far_stays(place, draw):
    points = place(size=320, unit=40)
    image = draw(points, size=320)
    moved = points + np.array([4, 0, 0], np.float32)
    bent = reshape_face(image, points, moved)
    x, y = np.round(points[topology.LIPS_OUTER, :2].mean(0)).astype(int)
    before, after = image[y - 8 : y + 9, x - 8 : x + 9], bent[y - 8 : y + 9, x - 4 : x + 13]
    assert np.abs(before.astype(int) - after).mean() < 3
    left, top = (points[:, :2].min(0) - 0.9 * 40 - 2).astype(int)
    assert (bent[:top] == image[:top]).all()
    assert (bent[:, :left] == image[:, :left]).all()
    assert image is not bent


def test_a_face_at_the_border_of_the_picture_is_bent_there_too(place, draw):
    points = place(middle=(10, 80))
    image = draw(points)
    bent = reshape_face(image, points, points * np.array([1, 1.04, 1], np.float32))
    assert bent.shape == image.shape
    assert (bent != image).any()
