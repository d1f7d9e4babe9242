import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.anchors.start import start_linear
from facewright.gan.generator import Generator, GeneratorConfig

SIZES = {"resolution": 16, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}


def test_a_generator_begins_as_the_linear_reconstruction_of_its_anchors():
    rng, anchors = seeded(0), 6
    torch.default_generator.set_state(seeded(1).get_state())
    generator = Generator(GeneratorConfig(z_dim=70, w_dim=128, c_dim=2, linear_rgb=8, **SIZES))
    z = torch.randn(400, 70, generator=rng)
    c = torch.eye(2)[torch.randint(2, (400,), generator=rng)]
    axes = torch.randn(anchors + 2, 3, 3, 3, generator=rng) * 0.2
    axes = torch.nn.functional.interpolate(axes, (8, 8), mode="bicubic")  # faces are smooth too
    images = (torch.cat([z[:, :anchors], c], 1) @ axes.flatten(1)).view(-1, 3, 8, 8)
    start_linear(generator, z, c, images, anchors=anchors)
    with torch.no_grad():
        drawn = generator(z[:50], c[:50], noise="none")
    small = torch.nn.functional.interpolate(drawn, (8, 8), mode="area")
    left = (small - images[:50]).square().mean() / images[:50].square().mean()
    assert left < 0.15
    assert torch.isfinite(generator.mapping.w_avg).all()


def test_a_generator_that_is_too_narrow_is_refused():
    generator = Generator(GeneratorConfig(z_dim=70, w_dim=70, linear_rgb=8, **SIZES))
    with pytest.raises(InputError, match="w_dim of 76"):
        start_linear(generator, *(torch.zeros(1),) * 3, anchors=6)
