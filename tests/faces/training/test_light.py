import numpy as np
import pytest

from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.light import change_light, compress

PICTURE = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)


@pytest.mark.parametrize("number", range(40))
def test_light_changes_and_the_picture_keeps_its_form(number):
    before = PICTURE.copy()
    after = change_light(PICTURE, ExampleRng(0, number))
    assert after.shape == PICTURE.shape
    assert after.dtype == np.uint8
    assert np.array_equal(PICTURE, before)
    assert np.array_equal(after, change_light(PICTURE, ExampleRng(0, number)))


def test_less_blur_leaves_more_detail():
    def detail(blur):
        changed = [change_light(PICTURE, ExampleRng(0, n), blur=blur) for n in range(60)]
        return np.mean([np.abs(np.diff(x.astype(float), axis=1)).mean() for x in changed])

    assert detail(0.1) > detail(1.0)


def test_jpeg_loses_more_at_lower_quality():
    off = [np.abs(compress(PICTURE, q).astype(int) - PICTURE).mean() for q in (95, 60, 20)]
    assert 0 < off[0] < off[1] < off[2]
    assert compress(PICTURE, 50).shape == PICTURE.shape
