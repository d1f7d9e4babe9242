"""A character covers a head, and the rest of the picture stays."""

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.data import astronaut

from facewright.errors import InputError
from facewright.pipelines.photos.toonify import ToonifyPipeline


@pytest.mark.slow
def test_a_toon_covers_the_head_alone():
    result = ToonifyPipeline()(astronaut(), consent="public domain")
    apart = np.abs(result.image.astype(int) - astronaut()).max(-1) > 8
    assert result.image.shape == (512, 512, 3)
    assert apart[60:160, 180:270].mean() > 0.9
    assert not apart[400:, :100].any()
    assert result.manifest.parameters["character"] == "toon"


def test_a_picture_without_a_face_is_refused(tmp_path):
    Pillow.new("RGB", (80, 80)).save(tmp_path / "grey.png")
    with pytest.raises(InputError, match="no face was found"):
        ToonifyPipeline("baby")(tmp_path / "grey.png")
