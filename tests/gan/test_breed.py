"""Generators are made out of two, layer by layer."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.breed import Crossing, breed_generators
from facewright.gan.generator import Generator
from facewright.gan.ops.upfirdn import setup_filter, upsample2d
from facewright.gan.stylegan1.networks import ProgressiveConfig, ProgressiveGenerator
from facewright.latents.edit import extend_styles


@pytest.fixture
def pair(tiny_config, shake):
    """Two generators of 16 pixels whose every tensor differs."""
    return [shake(Generator(tiny_config()), seed=seed).eval() for seed in (1, 2)]


def draw(generator, z):
    with torch.no_grad():
        return generator(z)


def resolution_of(name):
    return int(name.split(".")[1][1:]) if name.startswith("synthesis.") else None


def test_hard_crossing_takes_each_layer_from_one_of_the_two(pair):
    low, high = pair
    bred = breed_generators(low, high, Crossing(at=8)).state_dict()
    for name, tensor in bred.items():
        origin = high if (resolution_of(name) or 0) >= 8 else low
        assert torch.equal(tensor, origin.state_dict()[name]), name


def test_picture_of_a_crossing_is_that_of_the_layers_put_together(pair):
    low, high = pair
    bred = breed_generators(low, high, Crossing(at=16))
    ws = low.map_to_w(torch.randn(2, 8, generator=seeded(0)))
    x = image = None
    with torch.no_grad():
        for size, start in ((4, 0), (8, 1), (16, 3)):
            block = (low if size < 16 else high).synthesis.get_submodule(f"b{size}")
            styles = ws[:, start : start + block.num_ws + 1]
            x, image = block(x, image, styles, noise="const", rng=None, dtype=torch.float32)
        torch.testing.assert_close(bred.synthesis(ws), image, atol=1e-5, rtol=0)


@pytest.mark.parametrize("width", [0.25, 0.5, 2.0])
def test_soft_crossing_follows_the_logistic_curve(width, pair):
    low, high = pair
    bred = breed_generators(low, high, Crossing(at=8, width=width)).state_dict()
    for size, doublings in ((4, -0.5), (8, 0.5), (16, 1.5)):
        share = 1 / (1 + math.exp(-doublings / width))
        name = f"synthesis.b{size}.conv1.weight"
        one, other = (generator.state_dict()[name] for generator in (low, high))
        torch.testing.assert_close(bred[name], (1 - share) * one + share * other)
    assert torch.equal(bred["mapping.fc0.weight"], low.state_dict()["mapping.fc0.weight"])


def test_amount_without_a_crossing_moves_all_weights(pair):
    low, high = pair
    bred = breed_generators(low, high, Crossing(amount=0.25)).state_dict()
    for name, tensor in bred.items():
        one, other = (generator.state_dict()[name] for generator in pair)
        torch.testing.assert_close(tensor, 0.75 * one + 0.25 * other)


def test_the_ends_are_the_two_themselves(pair):
    low, high = pair
    z = torch.randn(2, 8, generator=seeded(3))
    for crossing, origin in (
        (Crossing(amount=0.0), low),
        (Crossing(amount=1.0), high),
        (Crossing(at=4, amount=0.0), low),
    ):
        bred = breed_generators(low, high, crossing)
        torch.testing.assert_close(draw(bred, z), draw(origin, z), atol=1e-5, rtol=0)


def test_a_generator_bred_with_itself_stays(pair):
    z = torch.randn(2, 8, generator=seeded(4))
    bred = breed_generators(pair[0], pair[0], Crossing(at=8, width=0.7))
    torch.testing.assert_close(draw(bred, z), draw(pair[0], z), atol=1e-5, rtol=0)


def test_either_of_the_two_may_be_low(pair):
    low, high = pair
    one = breed_generators(low, high, Crossing(at=8)).state_dict()
    other = breed_generators(high, low, Crossing(at=8)).state_dict()
    names = [name for name in one if name.startswith("synthesis.")]
    for name in names:
        found = {tensor.sum().item() for tensor in (one[name], other[name])}
        assert found == {g.state_dict()[name].sum().item() for g in pair}, name


def test_the_two_stay_as_they_were(pair):
    before = [{k: v.clone() for k, v in g.state_dict().items()} for g in pair]
    breed_generators(*pair, Crossing(at=8, width=1.0))
    for generator, old in zip(pair, before, strict=True):
        assert all(torch.equal(v, old[k]) for k, v in generator.state_dict().items())


@given(
    at=st.sampled_from([4, 8, 16, 64]),
    width=st.floats(0, 10),
    amount=st.floats(0, 1),
    size=st.sampled_from([4, 8, 16, 32, 64]),
)
def test_shares_rise_with_resolution_and_stay_within_the_amount(at, width, amount, size):
    crossing = Crossing(at=at, width=width, amount=amount)
    share, finer = crossing.share(size), crossing.share(2 * size)
    assert 0 <= share <= finer <= amount
    if width == 0:
        assert share == (amount if size >= at else 0)


def test_different_architectures_are_an_error_that_names_the_difference(tiny_config):
    low = Generator(tiny_config())
    for changes, told in (
        ({"resolution": 32, "architecture": "orig"}, "resolution 16 and 32"),
        ({"channel_max": 4}, "channel_max 8 and 4"),
        ({"architecture": "resnet"}, "architecture skip and resnet"),
    ):
        with pytest.raises(WeightsError, match=told) as caught:
            breed_generators(low, Generator(tiny_config(**changes)), Crossing(at=8))
        assert "--resume" in caught.value.hint
    grown = ProgressiveGenerator(ProgressiveConfig(16, z_dim=8, w_dim=8, channels=(8, 8, 4)))
    with pytest.raises(WeightsError, match="differ"):
        breed_generators(low, grown, Crossing(at=8))


def test_labels_of_the_one_do_not_keep_two_from_breeding(tiny_config, shake):
    low, high = (shake(Generator(tiny_config(c_dim=n)), seed=n).eval() for n in (2, 0))
    bred = breed_generators(low, high, Crossing(amount=1.0)).state_dict()
    assert torch.equal(bred["mapping.fc0.weight"], low.state_dict()["mapping.fc0.weight"])
    name = "synthesis.b4.const"
    assert torch.equal(bred[name], high.state_dict()[name])


def test_generators_of_stylegan1_can_be_bred(shake):
    config = ProgressiveConfig(8, z_dim=4, w_dim=4, channels=(4, 4))
    low, high = (shake(ProgressiveGenerator(config), seed=seed).eval() for seed in (1, 2))
    bred = breed_generators(low, high, Crossing(at=8)).state_dict()
    assert torch.equal(bred["synthesis.b4.const"], low.state_dict()["synthesis.b4.const"])
    name = "synthesis.b8.layer0.conv.weight"
    assert torch.equal(bred[name], high.state_dict()[name])


@pytest.mark.parametrize(
    "wrong", [{"at": 12}, {"at": 2}, {"width": -1.0}, {"amount": 1.1}, {"width": math.nan}], ids=str
)
def test_crossings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError):
        Crossing(**wrong)


def test_crossing_beyond_the_last_layer_is_refused(pair, large):
    low, _ = pair
    for one, other, at, told in (
        (*pair, 32, "HIGH has layers of 4 to 16 pixels"),
        (large, low, 32, "HIGH has layers of 4 to 16 pixels"),
        (low, large, 128, "HIGH has layers of 4 to 64 pixels"),
        (low, large, 64, "LOW has layers of 4 to 16 pixels"),
    ):
        with pytest.raises(InputError, match=told):
            breed_generators(one, other, Crossing(at=at))


@pytest.fixture
def large(tiny_config, shake):
    """A generator of the same architecture with two blocks more."""
    return shake(Generator(tiny_config(resolution=64)), seed=3).eval()


def test_crossing_of_two_sizes_is_as_large_as_the_high_one(pair, large):
    low, _ = pair
    for one, other in ((low, large), (large, low)):
        bred = breed_generators(one, other, Crossing(at=8))
        assert bred.config.resolution == other.config.resolution
        for name, tensor in bred.state_dict().items():
            origin = other if (resolution_of(name) or 0) >= 8 else one
            assert torch.equal(tensor, origin.state_dict()[name]), name


def test_a_small_generator_on_the_way_to_a_large_one_is_enlarged_and_gains_detail(pair, large):
    low, _ = pair
    ws = low.map_to_w(torch.randn(2, 8, generator=seeded(5)))
    drawn = [
        breed_generators(low, large, Crossing(amount=amount)).synthesis(extend_styles(ws, 10))
        for amount in (0.0, 1.0)
    ]
    enlarged = low.synthesis(ws)
    for _ in range(2):
        enlarged = upsample2d(enlarged, setup_filter((1, 3, 3, 1)))
    torch.testing.assert_close(drawn[0], enlarged, atol=1e-5, rtol=0)
    torch.testing.assert_close(drawn[1], large.synthesis(extend_styles(ws, 10)), atol=1e-5, rtol=0)


def test_bred_sizes_understand_latents_of_both(pair, large):
    low, _ = pair
    w = low.mapping(torch.randn(1, 8, generator=seeded(6)))
    for one, other in ((low, large), (large, low)):
        bred = breed_generators(one, other, Crossing(at=16, width=0.5))
        ws = w[:, None].expand(-1, one.num_ws, -1)
        side = other.config.resolution
        assert bred.synthesis(extend_styles(ws, bred.num_ws)).shape == (1, 3, side, side)
