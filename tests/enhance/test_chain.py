import numpy as np
import pytest
from skimage.data import astronaut

from facewright.enhance.chain import ChainOptions, check_chain, enhance_image
from facewright.enhance.filters import sharpen_image, smooth_image
from facewright.enhance.network import enlarge_image
from facewright.errors import InputError


@pytest.fixture
def portrait():
    return np.ascontiguousarray(astronaut()[20:120, 160:280])


def test_a_picture_is_enlarged_then_smoothed_then_sharpened(portrait, build):
    options, enhancer = ChainOptions(smooth=0.8, sharpen=1.2, smoothing="guided"), build()
    smooth = smooth_image(portrait, 0.8, method="guided")
    assert np.array_equal(enhance_image(portrait, options), sharpen_image(smooth, 1.2))
    smooth = smooth_image(enlarge_image(enhancer, portrait), 0.8, method="guided")
    made = enhance_image(portrait, options, enhancer=enhancer)
    assert np.array_equal(made, sharpen_image(smooth, 1.2))


def test_without_strength_and_network_nothing_changes(portrait):
    assert np.array_equal(enhance_image(portrait, ChainOptions(0, 0)), portrait)


def test_the_usual_chain_takes_noise_away_and_keeps_the_mean(portrait):
    noise = np.random.default_rng(0).normal(0, 12, portrait.shape)
    noisy = (portrait + noise).clip(0, 255).astype(np.uint8)
    cleared = enhance_image(noisy)
    errors = [np.abs(x.astype(float) - portrait).mean() for x in (noisy, cleared)]
    assert errors[1] < 0.8 * errors[0]
    assert np.abs(cleared.mean(axis=(0, 1)) - noisy.mean(axis=(0, 1))).max() < 1


@pytest.mark.parametrize(
    "options",
    [ChainOptions(smooth="much"), ChainOptions(sharpen=-1), ChainOptions(smoothing="median")],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(options):
    with pytest.raises(InputError):
        check_chain(options)
