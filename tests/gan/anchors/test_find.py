import cv2
import numpy as np
import pytest
import torch

from facewright.datasets.archive import write_dataset
from facewright.datasets.dataset import open_dataset
from facewright.errors import DatasetError, InputError, TrainingError
from facewright.faces.detection.landmarks import load_mesh
from facewright.gan.anchors.find import find_anchors, load_anchors, save_anchors
from facewright.gan.weights import load_generator, load_labels
from facewright.latents.sample import sample_people
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import open_weights


@pytest.fixture(scope="module")
def mesh():
    return load_mesh(open_weights("face-mesh"))


def pack(folder, images, name="faces.zip"):
    encoded = (cv2.imencode(".png", image[..., ::-1])[1].tobytes() for image in images)
    write_dataset(folder / name, ((png, None) for png in encoded), extra={"template": "eyes-mouth"})
    return open_dataset(folder / name, mirror=True)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Return eight faces that nobody has."""
    bundle = open_weights("faces-128")
    drawn = sample_people(load_generator(bundle), range(8), labels=load_labels(bundle), batch=8)
    small = [resize_image(sample.image, 64) for sample in drawn]
    return pack(tmp_path_factory.mktemp("data"), small)


@pytest.fixture(scope="module")
def anchors(people, mesh):
    return find_anchors(people, mesh, size=5)


def test_every_picture_has_an_anchor_flipped_ones_too(anchors):
    assert anchors.values.shape == (16, 5)
    assert torch.isfinite(anchors.values).all()
    assert anchors.values.std() > 0.3


def test_pictures_that_were_not_fitted_get_anchors_by_a_model_of_before(people, mesh, anchors):
    again = find_anchors(people, mesh, size=5, model=anchors.model)
    torch.testing.assert_close(again.values, anchors.values)
    with pytest.raises(InputError, match="5 numbers and 0 labels, not 4 and 0"):
        find_anchors(people, mesh, size=4, model=anchors.model)


def test_anchors_are_kept_for_their_dataset_alone(people, anchors, tmp_path):
    save_anchors(tmp_path / "anchors.safetensors", anchors, people)
    again = load_anchors(tmp_path / "anchors.safetensors", people)
    assert torch.equal(again.values, anchors.values)
    other = pack(tmp_path, list(people.images([0, 1])), "other.zip")
    with pytest.raises(TrainingError, match="other pictures than other"):
        load_anchors(tmp_path / "anchors.safetensors", other)


def test_a_picture_without_a_face_is_named(people, mesh, tmp_path):
    squares = np.indices((64, 64)).sum(0) // 8 % 2 * np.uint8(255)
    images = [*people.images([0, 1]), np.repeat(squares[..., None].astype(np.uint8), 3, 2)]
    with pytest.raises(DatasetError, match="no face is seen in .*img00000002.png") as caught:
        find_anchors(pack(tmp_path, images), mesh, size=1)
    assert "--anchor none" in caught.value.hint
