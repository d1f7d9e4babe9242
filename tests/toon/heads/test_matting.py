"""A blend of two colours is taken apart into alpha and front, without a trace of the back."""

import numpy as np
import pytest

from facewright.toon.heads.matting import fill_holes, find_alpha, find_front

FRONT, BACK = np.array([200.0, 120, 60]), np.array([20.0, 90, 220])


@pytest.fixture
def blended():
    """A picture of a soft edge, and its alpha."""
    ramp = np.clip((np.arange(80) - 30) / 20, 0, 1)
    alpha = np.broadcast_to(ramp, (60, 80)).astype(np.float32)
    image = BACK + alpha[..., None] * (FRONT - BACK)
    return np.rint(image).astype(np.uint8), alpha


def leave_open(alpha):
    sure = np.full(alpha.shape, 128, np.uint8)
    sure[:, :25], sure[:, 55:] = 0, 255
    return sure


def test_the_alpha_of_a_blend_is_found_again(blended):
    image, alpha = blended
    found = find_alpha(image, leave_open(alpha))
    assert np.abs(found - alpha).max() < 0.06
    assert (found[:, :25] == 0).all()
    assert (found[:, 55:] == 1).all()


def test_what_is_known_everywhere_stays(blended):
    image, _ = blended
    sure = np.zeros(image.shape[:2], np.uint8)
    sure[20:40] = 255
    assert (find_alpha(image, sure) == sure / 255).all()


def test_the_front_has_nothing_of_the_back_in_it(blended):
    image, alpha = blended
    front = find_front(image, alpha)
    assert (front[:, 55:] == image[:, 55:]).all()
    edge = front[:, 34:55].astype(float)  # from a fifth on
    assert np.abs(edge - FRONT).max() < 12  # the back differs by up to 180
    assert np.abs(edge - FRONT).mean() < 3


def test_colours_go_on_beyond_the_front():
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 8:] = (10, 200, 30)
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, 8:] = 1
    assert (find_front(image, alpha) == (10, 200, 30)).all()
    assert (find_front(image, np.ones_like(alpha)) == image).all()


def test_holes_are_filled_with_what_is_around():
    field = np.full((33, 21, 2), 7, np.float32)
    weight = np.ones((33, 21), np.float32)
    field[10:20, 5:15], weight[10:20, 5:15] = 99, 0
    assert np.allclose(fill_holes(field, weight), 7, atol=1e-3)
