"""A face is chosen by a picture of somebody whom it looks like."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.hub.bundle import file_sha256
from facewright.media.decode import read_image
from facewright.pipelines.photos.swap import SwapPipeline
from facewright.provenance.publish import read_manifest


@pytest.fixture
def crowd(portrait, paint, tmp_path):
    """A picture of two: a large stranger on the left, the portrait on the right."""
    image = paint((10, 10, 109, 129), size=(150, 260))
    image[15:135, 150:250] = read_image(portrait)
    Pillow.fromarray(image).save(tmp_path / "crowd.png")
    return tmp_path / "crowd.png"


def test_the_same_face_scores_more_than_another(find, portrait, crowd):
    pipeline = SwapPipeline(find=find, device="cpu")
    reference = pipeline.read_face(portrait)
    score = pipeline.resemblance.prefer(reference.source.image, reference.face)
    image = read_image(crowd)
    stranger, same = find(image).faces
    assert score(image, same) > 0.9
    assert score(image, stranger) < 0.5
    assert list(pipeline.resemblance.models) == ["likeness"]


@pytest.mark.usefixtures("unmarked")
def test_the_face_that_looks_like_a_reference_is_covered(swap, portrait, crowd):
    (path,) = swap(portrait, crowd, faces=f"like:{portrait}").files
    manifest = read_manifest(path)
    difference = (read_image(crowd) != read_image(path)).any(-1)
    assert not difference[:, :140].any()
    assert manifest.parameters["faces"] == "like:face.png"
    assert manifest.sources["like/face.png"] == file_sha256(portrait)
    assert set(manifest.models) == {"custom", "likeness"}


def test_a_reference_without_a_face_is_named(swap, portrait, crowd, tmp_path):
    Pillow.fromarray(np.zeros((90, 90, 3), np.uint8)).save(tmp_path / "dark.png")
    with pytest.raises(InputError, match=r"dark\.png: no face was found"):
        swap(portrait, crowd, faces=f"like:{tmp_path / 'dark.png'}")
