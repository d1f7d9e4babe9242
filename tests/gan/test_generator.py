import copy
import dataclasses

import pytest
import torch

from facewright.device import seeded, to_images
from facewright.errors import InputError
from facewright.gan.generator import Generator


def peak_signal_to_noise(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return how near two batches are as 8-bit pictures, in dB."""
    x, y = (torch.from_numpy(to_images(t)).double() for t in (a, b))
    return float(10 * torch.log10(255**2 / (x - y).square().mean()))


@pytest.mark.oracle
def test_images_equal_the_reference(reference, distance):
    G, n = reference.G, reference.numbers
    with torch.no_grad():
        ws = G.map_to_w(n["z"])
        assert distance(G.synthesis(ws), n["img_const"]) < 1e-5
        assert distance(G.synthesis(ws, noise="none"), n["img_none"]) < 1e-5
        assert distance(G(n["z"], truncation_psi=0.7), n["img_const_psi07"]) < 1e-5
        assert distance(G.synthesis(n["w_mixed"]), n["img_mixed"]) < 1e-5


@pytest.mark.oracle
def test_every_block_draws_what_the_reference_draws(reference, distance):
    G, n = reference.G, reference.numbers
    x = image = None
    with torch.no_grad():
        for block, styles in G.synthesis._blocks(n["w"][:1]):
            how = {"noise": "const", "rng": None, "dtype": torch.float32}
            x, image = block(x, image, styles, **how)
            assert distance(image, n[f"rgb_{image.shape[2]}"]) < 1e-5


@pytest.mark.oracle
def test_bfloat16_pictures_are_near_float32(reference):
    G, z = reference.G, reference.numbers["z"]
    with torch.no_grad():
        assert peak_signal_to_noise(G(z, dtype=torch.bfloat16), G(z)) >= 40


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_bfloat16_pictures_of_tiny_networks_are_near_float32(architecture, tiny_config, shake):
    """Below the 40 dB of real networks: few channels average few rounding errors out."""
    G = shake(Generator(tiny_config(architecture=architecture, channel_base=256)))
    z = torch.randn(4, 8, generator=seeded(0))
    with torch.no_grad():
        rounded = G(z, dtype=torch.bfloat16)
        assert rounded.dtype == torch.float32
        assert peak_signal_to_noise(rounded, G(z)) >= 35


@pytest.mark.parametrize("c_dim", [0, 3])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_architecture_draws_and_learns(architecture, c_dim, dtype, tiny_config, shake):
    G = shake(Generator(tiny_config(architecture=architecture, c_dim=c_dim)))
    z, c = torch.randn(3, 8, generator=seeded(0)), torch.eye(3)[:, :c_dim]
    images = G(z, c if c_dim else None, noise="random", rng=seeded(1), dtype=dtype)
    assert images.shape == (3, 3, 16, 16)
    images.square().mean().backward()
    for name, parameter in G.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("resolution", [4, 8, 16, 32, 64, 128, 256, 512, 1024])
def test_every_resolution_has_two_layers_per_doubling(resolution, architecture, tiny_config):
    exponent = resolution.bit_length() - 1
    with torch.device("meta"):
        G = Generator(tiny_config(resolution=resolution, architecture=architecture))
        assert G.num_ws == 2 * exponent - 2
        ws = G.map_to_w(torch.empty(2, 8))
        assert ws.shape == (2, G.num_ws, 8)
        assert G.synthesis(ws).shape == (2, 3, resolution, resolution)


def test_psi_zero_is_one_face_for_all(tiny_generator):
    images = tiny_generator(torch.randn(3, 8, generator=seeded(0)), truncation_psi=0)
    for image in images[1:]:
        torch.testing.assert_close(image, images[0])
    other = tiny_generator(torch.randn(1, 8, generator=seeded(7)), truncation_psi=0)
    torch.testing.assert_close(other[0], images[0])


def test_psi_moves_evenly_from_the_average_face(tiny_generator):
    z = torch.randn(2, 8, generator=seeded(0))
    full, average = tiny_generator.map_to_w(z), tiny_generator.mapping.w_avg
    half = tiny_generator.map_to_w(z, truncation_psi=0.5)
    torch.testing.assert_close(half, (full + average) / 2)
    partly = tiny_generator.map_to_w(z, truncation_psi=0.5, cutoff=2)
    assert torch.equal(partly[:, :2], half[:, :2])
    assert torch.equal(partly[:, 2:], full[:, 2:])
    assert torch.equal(tiny_generator.map_to_w(z, truncation_psi=0.5, cutoff=0), full)


def test_noise_is_fixed_random_or_absent(tiny_generator):
    G, z = tiny_generator, torch.randn(1, 8, generator=seeded(0))
    assert torch.equal(G(z), G(z, noise="const"))
    none = G(z, noise="none")
    assert torch.equal(none, G(z, noise="none"))
    one, again, two = (G(z, noise="random", rng=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not any(torch.allclose(a, b) for a, b in [(one, two), (one, none), (none, G(z))])


def test_random_noise_differs_between_pictures(tiny_generator):
    z = torch.randn(1, 8, generator=seeded(0)).expand(2, -1)
    one, two = tiny_generator(z, noise="random", rng=seeded(1))
    assert not torch.allclose(one, two)


def test_kept_weights_follow_the_optimiser(tiny_config, shake):
    G = shake(Generator(tiny_config()))
    optimiser = torch.optim.Adam(G.parameters(), lr=0.1, fused=True)
    z = torch.randn(2, 8, generator=seeded(0))
    with torch.no_grad():
        before = G(z)
    G(z).square().mean().backward()
    optimiser.step()
    with torch.no_grad():
        kept, after = G(z), G(z)
    assert not torch.allclose(kept, before)
    assert torch.equal(kept, after)
    fresh = Generator(G.config)
    fresh.load_state_dict(G.state_dict())
    with torch.no_grad():
        assert torch.equal(fresh(z), after)
        rounded = G(z, dtype=torch.bfloat16)
        assert torch.equal(fresh(z, dtype=torch.bfloat16), rounded)


def test_kept_weights_follow_new_ones(tiny_generator, tiny_config, shake):
    z = torch.randn(2, 8, generator=seeded(0))
    other = shake(Generator(tiny_config()), seed=5)
    with torch.no_grad():
        before = tiny_generator(z)
        tiny_generator.load_state_dict(other.state_dict())
        assert torch.equal(tiny_generator(z), other(z))
    assert not torch.allclose(tiny_generator(z), before)


@pytest.mark.parametrize("noise", ["const", "random", "none"])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("count", [1, 3])
def test_frozen_generators_draw_the_same(count, architecture, noise, tiny_config, shake):
    """With 64 channels at 64 pixels, so that every way to save work is taken."""
    config = tiny_config(resolution=64, architecture=architecture, channel_base=4096)
    G = shake(Generator(dataclasses.replace(config, channel_max=64, conv_clamp=256)))
    frozen = copy.deepcopy(G).freeze()
    z = torch.randn(count, 8, generator=seeded(0))
    with torch.no_grad():
        expected = G(z, noise=noise, rng=seeded(1))
        found, again = (frozen(z, noise=noise, rng=seeded(1)) for _ in range(2))
        rounded = frozen(z, noise=noise, rng=seeded(1), dtype=torch.bfloat16)
    limit = 1e-5 * float(expected.abs().max())
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=limit)
    assert torch.equal(found, again)
    assert peak_signal_to_noise(rounded, expected) >= 35


@pytest.mark.oracle
@pytest.mark.parametrize("count", [1, 4])
def test_frozen_generators_equal_the_reference(count, reference, distance):
    G, n = copy.deepcopy(reference.G).freeze(), reference.numbers
    with torch.no_grad():
        ws = n["w"][:count]
        assert distance(G.synthesis(ws), n["img_const"][:count]) < 1e-5
        assert distance(G.synthesis(ws, noise="none"), n["img_none"][:count]) < 1e-5


def test_frozen_generators_still_lead_gradients_back(tiny_config, shake):
    """As finding the latents of a face needs."""
    G = shake(Generator(tiny_config()))
    frozen = copy.deepcopy(G).freeze()
    gradients = []
    for network in (G, frozen):
        ws = torch.randn(1, 6, 8, generator=seeded(0)).requires_grad_()
        gradients += torch.autograd.grad(network.synthesis(ws).square().sum(), ws)
    torch.testing.assert_close(*gradients)
    assert not any(p.requires_grad for p in frozen.parameters())


def test_clamp_bounds_every_activation(tiny_config, shake):
    G = shake(Generator(tiny_config(conv_clamp=0.01, architecture="orig")))
    image = G(torch.randn(1, 8, generator=seeded(0)))
    assert float(image.detach().abs().max()) <= 0.0101


@pytest.mark.parametrize("resolution", [0, 2, 24, 2048])
def test_resolutions_that_are_no_power_of_two_are_refused(resolution, tiny_config):
    with pytest.raises(InputError, match=f"power of two from 4 to 1024, not {resolution}"):
        tiny_config(resolution=resolution)


def test_unknown_architectures_are_refused_with_the_known_ones(tiny_config):
    with pytest.raises(InputError, match="dense") as error:
        tiny_config(architecture="dense")
    assert "resnet" in error.value.hint


@pytest.mark.parametrize("shape", [(6, 8), (1, 5, 8), (1, 7, 8)])
def test_styles_of_other_layers_are_refused(shape, tiny_generator):
    with pytest.raises(InputError, match="6, w_dim"):
        tiny_generator.synthesis(torch.zeros(shape))


def test_missing_labels_are_refused_with_a_hint(tiny_config):
    with pytest.raises(InputError, match="missing") as error:
        Generator(tiny_config(c_dim=3))(torch.zeros(1, 8))
    assert "conditional" in error.value.hint
