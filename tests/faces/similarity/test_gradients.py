"""Gradients describe a face whatever the light."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from facewright.errors import InputError
from facewright.faces.similarity.gradients import (
    CELLS,
    DIRECTIONS,
    LENGTH,
    WINDOW,
    cut_window,
    describe_gradients,
)
from facewright.types import Crop

FACE = np.ascontiguousarray(astronaut()[68:188, 160:280])  # 120 pixels
SMALL = cv2.resize(FACE, (WINDOW, WINDOW), interpolation=cv2.INTER_AREA)


def alike(one, other):
    return float(np.corrcoef(describe_gradients(one), describe_gradients(other))[0, 1])


def as_crop(image, template="arcface"):
    return Crop(image, np.eye(2, 3), template)


def test_description_has_its_length_and_range():
    described = describe_gradients(SMALL)
    assert described.shape == (LENGTH,)
    assert described.dtype == np.float32
    assert described.min() >= 0
    assert described.max() < 3


@settings(max_examples=20)
@given(st.floats(0.4, 1.0), st.floats(0.7, 1.5))
def test_light_hardly_matters(gain, gamma):
    lit = (255 * gain * (SMALL / 255.0) ** gamma).astype(np.uint8)
    assert alike(SMALL, lit) > 0.9


def test_light_from_the_side_matters_less_than_another_picture():
    ramp = np.linspace(0.3, 1, WINDOW)[None, :, None]
    side = (SMALL * ramp).astype(np.uint8)
    upside_down = np.ascontiguousarray(SMALL[::-1])
    assert alike(SMALL, side) > 0.9 > 0.5 > alike(SMALL, upside_down)


def test_mirrored_face_has_mirrored_cells_and_directions():
    mirrored = describe_gradients(np.ascontiguousarray(SMALL[:, ::-1]))
    start = 0
    turned = [(DIRECTIONS // 2 - k) % DIRECTIONS for k in range(DIRECTIONS)]
    for cells in CELLS:
        part = slice(start, start + cells * cells * DIRECTIONS)
        straight = describe_gradients(SMALL)[part].reshape(cells, cells, DIRECTIONS)
        back = mirrored[part].reshape(cells, cells, DIRECTIONS)[:, ::-1][..., turned]
        np.testing.assert_allclose(back, straight, atol=0.02)
        start = part.stop


@pytest.mark.parametrize("level", [0, 128, 255])
def test_even_picture_is_no_division_by_zero(level):
    assert np.isfinite(describe_gradients(np.full((WINDOW, WINDOW, 3), level, np.uint8))).all()


@pytest.mark.parametrize("template", ["arcface", "tight", "ffhq"])
@pytest.mark.parametrize("size", [40, 112, 300])
def test_window_shows_the_same_place_at_any_size(template, size):
    large = cv2.resize(FACE, (600, 600), interpolation=cv2.INTER_CUBIC)
    crop = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    window = cut_window(as_crop(crop, template)).astype(float)
    wanted = cut_window(as_crop(large, template)).astype(float)
    assert np.abs(window - wanted).mean() < (12 if size == 40 else 3)


def test_templates_agree_on_where_the_window_is():
    tight = cut_window(as_crop(FACE, "tight"))
    dot = np.zeros_like(FACE)
    cv2.circle(dot, (39, 37), 4, (255, 255, 255), -1)  # the left eye of `tight`: 0.322, 0.312
    row, column = np.argwhere(cut_window(as_crop(dot, "tight"))[..., 0] > 128).mean(0)
    assert tight.shape == (WINDOW, WINDOW, 3)
    assert (row, column) == pytest.approx((21.6, 19.4), abs=1.5)  # of `arcface`, in the window


def test_unknown_template_is_refused():
    with pytest.raises(InputError, match="`cubist` cannot be compared") as raised:
        cut_window(as_crop(FACE, "cubist"))
    assert "arcface" in raised.value.hint


def test_window_of_another_size_is_refused():
    with pytest.raises(InputError, match="64 pixels"):
        describe_gradients(FACE)
