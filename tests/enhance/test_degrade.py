import numpy as np
import pytest
from skimage.data import astronaut

from facewright.enhance.degrade import degrade_image
from facewright.faces.training.example_rng import ExampleRng
from facewright.media.stills.resize import reduce_image


@pytest.fixture(scope="module")
def portrait():
    return np.ascontiguousarray(astronaut()[20:116, 160:256])


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_pictures_get_smaller_and_the_same_dice_do_the_same(portrait, scale):
    one, two = (degrade_image(portrait, scale, ExampleRng(0, 5)) for _ in range(2))
    assert one.shape == (96 // scale, 96 // scale, 3)
    assert np.array_equal(one, two)


def test_a_clean_share_gets_smaller_only(portrait):
    expected = [reduce_image(portrait, 2, method) for method in ("area", "bicubic")]
    for number in range(8):
        small = degrade_image(portrait, 2, ExampleRng(0, number), clean=1)
        assert any(np.array_equal(small, one) for one in expected)


def test_the_others_get_dull_in_different_ways_but_keep_their_colours(portrait):
    expected = reduce_image(portrait, 2).astype(float)
    made = [degrade_image(portrait, 2, ExampleRng(0, number), clean=0) for number in range(12)]
    assert len({image.tobytes() for image in made}) == 12
    assert all(
        np.abs(image.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < 3 for image in made
    )
    errors = [np.abs(image - expected).mean() for image in made]
    assert 1 < np.mean(errors) < 12
