"""StyleGAN 1: grown resolution by resolution, drawn from as any generator."""

import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.stylegan1.networks import (
    ProgressiveConfig,
    ProgressiveDiscriminator,
    ProgressiveGenerator,
)
from facewright.gan.training.transfer import shape_of_bundle
from facewright.gan.weights import load_generator, pack_generator
from facewright.latents.sample import sample_people
from facewright.types import Card

CONFIG = ProgressiveConfig(16, z_dim=6, w_dim=6, mapping_layers=2, channels=(8, 6, 4))


@pytest.fixture
def grown(shake):
    return shake(ProgressiveGenerator(CONFIG)).eval()


def test_bundle_keeps_the_pictures(grown):
    back = load_generator(pack_generator(grown, Card("old", "generator")))
    z = torch.randn(2, 6, generator=seeded(0))
    with torch.no_grad():
        assert torch.equal(back(z, truncation_psi=0.7), grown(z, truncation_psi=0.7))
    assert back.config == CONFIG


def test_people_are_sampled_as_from_any_generator(grown):
    people = list(sample_people(grown, range(3), batch=2))
    assert [person.image.shape for person in people] == [(16, 16, 3)] * 3
    assert (people[0].image != people[1].image).any()


def test_fade_goes_from_the_enlarged_last_resolution_to_the_new_one(grown):
    ws = grown.map_to_w(torch.randn(2, 6, generator=seeded(1)))
    with torch.no_grad():
        before, after = (grown.synthesis(ws, fade=fade) for fade in (0.0, 1.0))
        half = grown.synthesis(ws, fade=0.5)
        small = grown.synthesis(ws, resolution=8)
    torch.testing.assert_close(half, (before + after) / 2)
    pooled = torch.nn.functional.interpolate(small, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(before, pooled, atol=1e-5, rtol=1e-4)


def test_each_layer_has_a_style_of_its_own(grown):
    ws = grown.map_to_w(torch.randn(1, 6, generator=seeded(2))).clone()
    with torch.no_grad():
        plain = grown.synthesis(ws)
        for layer in range(grown.num_ws):
            changed = ws.clone()
            changed[:, layer] += 1
            assert not torch.allclose(grown.synthesis(changed), plain), layer


def test_discriminator_scores_every_resolution(shake):
    network = shake(ProgressiveDiscriminator((8, 6, 4)))
    for size in (4, 8, 16):
        images = torch.randn(3, 3, size, size, generator=seeded(size))
        assert network(images, fade=0.3).shape == (3, 1)
    with pytest.raises(InputError, match="pixels"):
        network(torch.zeros(1, 3, 32, 32))


def test_both_networks_learn(grown, shake):
    network = shake(ProgressiveDiscriminator((8, 6, 4)))
    score = network(grown(torch.randn(2, 6, generator=seeded(3))), fade=0.5).sum()
    score.backward()
    named = [*grown.named_parameters(), *network.named_parameters()]
    idle = {name.rpartition(".")[0] for name, p in named if p.grad is None}
    assert idle == {"synthesis.b4.torgb", "synthesis.b8.torgb", "b4.fromrgb"}  # of other sizes
    assert all(p.grad.isfinite().all() for _, p in named if p.grad is not None)


@pytest.mark.parametrize("changes", [{"channels": (8, 6)}, {"channels": (8, 6, 0)}, {"c_dim": 2}])
def test_configuration_that_cannot_work_is_refused(changes):
    fields = {"channels": (8, 6, 4), "z_dim": 6, "w_dim": 6, **changes}
    with pytest.raises(InputError):
        ProgressiveConfig(16, **fields)


def test_wrong_styles_and_resolutions_are_refused(grown):
    with pytest.raises(InputError, match="w\\+"):
        grown.synthesis(torch.zeros(1, 4, 6))
    with pytest.raises(InputError, match="resolutions"):
        grown.synthesis(torch.zeros(1, 6, 6), resolution=32)


def test_training_does_not_start_from_it(grown):
    with pytest.raises(WeightsError, match="StyleGAN 1"):
        shape_of_bundle(pack_generator(grown, Card("old", "generator")))
