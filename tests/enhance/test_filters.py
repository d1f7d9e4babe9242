import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.data import astronaut

from facewright.enhance.filters import STRENGTHS, read_strength, sharpen_image, smooth_image
from facewright.errors import InputError

METHODS = ("gaussian", "bilateral", "guided")
FILTERS = [sharpen_image, *(lambda i, s, m=m: smooth_image(i, s, method=m) for m in METHODS)]
NAMES = ["sharpen", *METHODS]
every_filter = pytest.mark.parametrize("change", FILTERS, ids=NAMES)

pictures = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))
strengths = st.sampled_from([*STRENGTHS, 0.3, 5])


def portrait():
    return np.ascontiguousarray(astronaut()[:128, 150:278])


def roughness(image):
    """Return the mean difference of neighbouring pixels."""
    x = image.astype(np.float64)
    return np.abs(np.diff(x, axis=0)).mean() + np.abs(np.diff(x, axis=1)).mean()


@every_filter
@settings(max_examples=25)
@given(image=pictures, strength=strengths)
def test_size_and_type_stay_and_the_picture_is_not_changed_in_place(change, image, strength):
    before = image.copy()
    out = change(image, strength)
    assert (out.shape, out.dtype) == (image.shape, np.uint8)
    assert out.flags.c_contiguous
    assert np.array_equal(image, before)


@every_filter
@settings(max_examples=15)
@given(image=pictures)
def test_strength_zero_changes_nothing(change, image):
    assert np.array_equal(change(image, 0), image)


@every_filter
@settings(max_examples=15)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3), strength=strengths)
def test_flat_pictures_stay(change, colour, strength):
    image = np.full((9, 7, 3), colour, np.uint8)
    assert np.array_equal(change(image, strength), image)


@every_filter
@settings(max_examples=15)
@given(image=pictures, strength=strengths)
def test_mirrored_pictures_give_mirrored_results(change, image, strength):
    turned = change(np.ascontiguousarray(image[:, ::-1]), strength)[:, ::-1]
    straight = change(image, strength)
    assert np.abs(turned.astype(int) - straight).max() <= 1


@pytest.mark.parametrize("method", ["gaussian", "bilateral"])
@settings(max_examples=25)
@given(image=pictures, strength=strengths)
def test_averages_stay_between_the_darkest_and_the_brightest(method, image, strength):
    out = smooth_image(image, strength, method=method)
    assert (out.min(axis=(0, 1)) >= image.min(axis=(0, 1))).all()
    assert (out.max(axis=(0, 1)) <= image.max(axis=(0, 1))).all()


@pytest.mark.parametrize("method", METHODS)
def test_more_strength_is_smoother(method):
    image = portrait()
    steps = [roughness(smooth_image(image, s, method=method)) for s in (0, *STRENGTHS)]
    assert steps == sorted(steps, reverse=True)
    assert len(set(steps)) == 4


def test_more_strength_is_sharper():
    image = portrait()
    steps = [roughness(sharpen_image(image, s)) for s in (0, *STRENGTHS)]
    assert steps == sorted(set(steps))


def test_sharpening_brings_back_some_of_what_a_blur_took():
    image = portrait()
    blurred = smooth_image(image, "medium")
    errors = [np.abs(x.astype(float) - image).mean() for x in (blurred, sharpen_image(blurred, 1))]
    assert errors[1] < 0.85 * errors[0]


def noisy_edge():
    """A step of 160 in the middle, with noise of 6."""
    image = np.zeros((40, 40, 3)) + 40
    image[:, 20:] += 160
    noise = np.random.default_rng(0).normal(0, 6, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("method", ["bilateral", "guided"])
def test_edges_stand_where_noise_goes(method):
    image = noisy_edge()
    out = smooth_image(image, "medium", method=method)
    assert out[:, :12].std() < 0.5 * image[:, :12].std()
    step = out[:, 20:22].mean() - out[:, 18:20].mean()
    blurred = smooth_image(image, 2.0)
    assert step > 140 > 130 > blurred[:, 20:22].mean() - blurred[:, 18:20].mean()


def test_guided_smoothing_keeps_the_colour_of_an_edge():
    """Between two colours lie their mixtures only, since all channels share a slope."""
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, :10], image[:, 10:] = (200, 40, 40), (40, 200, 120)
    out = smooth_image(image, "strong", method="guided").astype(float)
    share = (out[..., 0] - 40) / 160
    assert np.abs(out[..., 1] - (200 - 160 * share)).max() <= 1.5
    assert np.abs(out[..., 2] - (120 - 80 * share)).max() <= 1.5


def test_gaussian_smoothing_has_the_spread_that_it_says():
    image = np.zeros((31, 31, 3), np.uint8)
    image[15, 15] = 255
    x = smooth_image(image, 1.0)[15, :, 0].astype(float)
    expected = cv2.getGaussianKernel(31, 1.0)[:, 0]
    np.testing.assert_allclose(x / x.sum(), expected, atol=0.02)


@pytest.mark.parametrize("strength", ["huge", -0.1, 5.1, float("nan"), ""])
def test_unknown_strengths_are_refused(strength):
    with pytest.raises(InputError, match="no strength") as error:
        read_strength(strength)
    assert "light, medium, strong, or a number from 0 to 5" in error.value.hint


def test_unknown_methods_and_other_arrays_are_refused():
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(InputError, match="no smoothing is called `median`"):
        smooth_image(image, method="median")
    with pytest.raises(InputError):
        sharpen_image(image[..., 0])
