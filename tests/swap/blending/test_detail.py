"""A pasted face is as sharp as what it joins."""

import cv2
import numpy as np
import pytest

from facewright.swap.blending.detail import match_detail


def measure(image):
    return float(np.abs(cv2.Laplacian(image[..., 1].astype(np.float32), cv2.CV_32F)).mean())


@pytest.fixture
def noisy():
    """A picture with grain, such as a photo of skin."""
    rng = np.random.default_rng(0)
    return np.clip(120 + rng.normal(0, 6, (200, 200, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("coarseness", [1.0, 2.0, 4.0])
def test_what_a_small_source_lacks_is_lent_until_both_are_equally_sharp(noisy, coarseness):
    rng = np.random.default_rng(1)
    side = round(200 / coarseness)
    small = (120 + rng.normal(0, 2, (side, side, 3))).astype(np.float32)
    pasted = cv2.resize(small, (200, 200), interpolation=cv2.INTER_CUBIC)
    mask = np.ones((200, 200), np.float32)
    made = match_detail(pasted, noisy, mask, coarseness)
    assert measure(pasted) < 0.75 * measure(noisy)
    assert measure(made) == pytest.approx(measure(noisy), rel=0.2)


def test_a_source_that_is_sharper_is_softened(noisy):
    smooth = cv2.GaussianBlur(noisy, (0, 0), 1.5)
    mask = np.ones((200, 200), np.float32)
    made = match_detail(noisy.astype(np.float32), smooth, mask, 0.5)
    assert measure(made) < 0.5 * measure(noisy)


def test_a_line_of_the_covered_face_is_cut_to_the_strength_of_grain(noisy):
    lined = noisy.copy()
    lined[100] = 20
    mask = np.ones((200, 200), np.float32)
    made = match_detail(np.full((200, 200, 3), 120, np.float32), lined, mask, 2.0)
    assert np.abs(made - 120).mean((1, 2)).max() < 25


def test_no_line_of_the_covered_face_stays_where_it_was(noisy):
    lined = noisy.copy()
    lined[100] = 20
    mask = np.ones((200, 200), np.float32)
    made = np.abs(match_detail(np.full((200, 200, 3), 120, np.float32), lined, mask, 2.0) - 120)
    assert made[100, 50:].mean() < 1.3 * made[50:90, 50:].mean()
