import numpy as np
import pytest
from skimage.data import astronaut

from facewright.media.stills.jpeg import store_as_jpeg


@pytest.fixture
def portrait():
    return np.ascontiguousarray(astronaut()[20:101, 160:250])


def test_worse_quality_takes_more_away(portrait):
    stored = [store_as_jpeg(portrait, quality) for quality in (95, 60, 20)]
    errors = [np.abs(image.astype(float) - portrait).mean() for image in stored]
    assert errors == sorted(errors)
    assert 0 < errors[0] < errors[2] < 12
    assert all(image.shape == portrait.shape for image in stored)
