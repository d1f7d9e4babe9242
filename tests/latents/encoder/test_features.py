import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig
from facewright.latents.encoder.features import DiscriminatorFeatures, FacePerception, load_features
from facewright.training.checkpoint import checkpoint_path, flatten_state, save_checkpoint

PICTURES = torch.randn(2, 3, 16, 16, generator=seeded(0))


def build(**changes):
    return Discriminator(DiscriminatorConfig(16, channel_base=64, channel_max=8, **changes))


def save_run(folder, discriminator):
    tensors, state = flatten_state({"contest": {"D": discriminator.state_dict()}})
    save_checkpoint(checkpoint_path(folder, 4), tensors, state)


def test_equal_pictures_have_no_distance_and_others_have():
    measure = DiscriminatorFeatures(build())
    assert measure(PICTURES, PICTURES).tolist() == [0, 0]
    assert (measure(PICTURES, PICTURES.flip(3)) > 0).all()


def test_the_distance_can_be_lowered_by_gradients():
    measure, moved = DiscriminatorFeatures(build()), (PICTURES * 0.5).requires_grad_()
    measure(PICTURES, moved).sum().backward()
    assert moved.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in measure.parameters())


@pytest.mark.parametrize(
    "shape", [{}, {"architecture": "skip"}, {"architecture": "orig"}, {"c_dim": 3}]
)
def test_the_discriminator_of_a_run_is_read(tmp_path, shape):
    discriminator = build(**shape)
    save_run(tmp_path, discriminator)
    loaded = load_features(tmp_path)
    expected = DiscriminatorFeatures(discriminator)
    others = PICTURES.flip(2)
    assert torch.equal(loaded(PICTURES, others), expected(PICTURES, others))


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="holds no checkpoint"):
        load_features(tmp_path)


def test_a_run_of_another_kind_is_refused(tmp_path):
    tensors, state = flatten_state({"contest": {"D": {"b4.conv.weight": torch.zeros(1)}}})
    save_checkpoint(checkpoint_path(tmp_path, 4), tensors, state)
    with pytest.raises(WeightsError, match="not understood"):
        load_features(tmp_path)


def test_another_size_is_refused():
    with pytest.raises(InputError, match="16×16"):
        DiscriminatorFeatures(build())(PICTURES[..., :8, :8], PICTURES[..., :8, :8])


def test_faces_are_compared_in_detail_and_as_a_whole():
    perception = FacePerception(FaceFeatures(FeaturesConfig(16, (3, 4), (0, 1))).eval())
    equal = perception.measure(PICTURES, PICTURES)
    assert list(equal) == ["perceptual", "traits"]
    assert all(distance.abs().max() < 1e-6 for distance in equal.values())
    moved = (PICTURES * 0.5).requires_grad_()
    sum(d.sum() for d in perception.measure(moved, PICTURES).values()).backward()
    assert moved.grad.abs().sum() > 0
