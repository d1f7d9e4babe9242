"""Larger and smaller pictures."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.stills.resize import fit_image, reduce_image, resize_image


def test_even_pictures_stay_even():
    image = np.full((8, 8, 3), 77, np.uint8)
    for size in (1, 5, 8, 24):
        resized = resize_image(image, size)
        assert resized.shape == (size, size, 3)
        assert (resized == 77).all()


def test_smooth_pictures_survive_a_round_trip():
    ramp = np.linspace(20, 230, 16)
    image = np.repeat((ramp[:, None] / 2 + ramp[None] / 2)[..., None], 3, axis=2).astype(np.uint8)
    back = resize_image(resize_image(image, 64), 16)
    assert np.abs(back.astype(int) - image).max() <= 6


def test_same_size_is_the_same_picture():
    image = np.zeros((4, 4, 3), np.uint8)
    assert resize_image(image, 4) is image


@pytest.mark.parametrize(
    ("shape", "size", "message"), [((4, 5, 3), 8, "square"), ((4, 4, 3), 0, "resized to 1 to")]
)
def test_what_makes_no_sense_is_refused(shape, size, message):
    with pytest.raises(InputError, match=message):
        resize_image(np.zeros(shape, np.uint8), size)


@pytest.mark.parametrize("method", ["area", "bicubic"])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_reduced_pictures_keep_their_mean(method, scale):
    image = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    small = reduce_image(image, scale, method)
    assert small.shape == (16 // scale, 24 // scale, 3)
    assert np.abs(small.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 3


def test_the_area_method_takes_the_mean_of_each_square():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    means = image.reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(reduce_image(image, 2, "area") - means).max() <= 0.5


def test_a_size_that_is_no_multiple_is_refused():
    with pytest.raises(InputError, match="cannot be made 2 times smaller"):
        reduce_image(np.zeros((4, 5, 3), np.uint8), 2)


@pytest.mark.parametrize(
    ("shape", "expected"), [((40, 80), (20, 40)), ((80, 40), (40, 20)), ((900, 2), (40, 1))]
)
def test_a_picture_is_made_to_fit_and_a_small_one_stays(shape, expected):
    image = np.full((*shape, 3), 9, np.uint8)
    assert fit_image(image, 40).shape == (*expected, 3)
    assert fit_image(image, 900) is image
