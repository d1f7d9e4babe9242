import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.enhance.network import (
    EnhancerConfig,
    enlarge_image,
    load_enhancer,
    pack_enhancer,
)
from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card


def draw(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_new_network_is_bicubic_interpolation(build, scale):
    x = torch.randn(2, 3, 5, 7, generator=seeded(0))
    out = build(scale=scale, shaken=False)(x)
    assert torch.equal(out, F.interpolate(x, scale_factor=float(scale), mode="bicubic"))


@pytest.mark.parametrize("scale", [1, 2, 4])
@settings(max_examples=15)
@given(height=st.integers(1, 30), width=st.integers(1, 30), tile=st.integers(1, 20))
def test_tiles_give_what_one_piece_gives(build, scale, height, width, tile):
    network, image = build(scale=scale), draw(height, width)
    whole = enlarge_image(network, image, tile=1000)
    assert whole.shape == (height * scale, width * scale, 3)
    tiled = enlarge_image(network, image, tile=tile)
    # Sums may be rounded differently, which moves a pixel by one where it lies between two.
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    assert (tiled != whole).mean() < 0.001


@pytest.mark.parametrize("blocks", [1, 3])
def test_pixels_depend_on_what_is_within_reach_and_on_nothing_else(build, blocks):
    network = build(blocks=blocks).requires_grad_(False)
    x = torch.randn(1, 3, 41, 41, generator=seeded(0)).requires_grad_()
    network(x)[0, :, 40:42, 40:42].sum().backward()
    rows = x.grad[0].abs().sum(dim=(0, 2)).nonzero()
    assert 20 - network.config.reach <= int(rows.min()) <= 20 - 2 * blocks
    assert 20 + 2 * blocks <= int(rows.max()) <= 20 + network.config.reach


def test_every_weight_learns(build):
    network = build()
    loss = (network(torch.randn(1, 3, 6, 6, generator=seeded(0))) - 1).square().mean()
    loss.backward()
    assert [n for n, p in network.named_parameters() if not p.grad.abs().max() > 0] == []


@pytest.mark.parametrize("half", [True, False])
def test_an_enhancer_comes_back_from_its_file(build, tmp_path, half):
    network, image = build(scale=4), draw(6, 5)
    path = tmp_path / "x.safetensors"
    save_bundle(path, pack_enhancer(network, Card("x", "enhancer")), half=half)
    loaded = load_enhancer(load_bundle(path))
    assert loaded.config == network.config
    difference = enlarge_image(loaded, image).astype(int) - enlarge_image(network, image)
    assert np.abs(difference).max() <= (1 if half else 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"card": Card("x", "generator")}, "is of the kind generator, not enhancer"),
        ({"config": {}}, "is not understood"),
        ({"config": {"enhancer": {"scale": 3}}}, "does not enlarge 3 times"),
        ({"config": {"enhancer": {"filters": 8, "blocks": 1}}}, "do not fit"),
    ],
)
def test_other_bundles_are_refused(build, change, message):
    bundle = pack_enhancer(build(), Card("x", "enhancer"))
    with pytest.raises(WeightsError, match=message):
        load_enhancer(dataclasses.replace(bundle, **change))


def test_what_makes_no_sense_is_refused(build):
    for numbers in ({"scale": 3}, {"blocks": 0}, {"filters": 1.5}):
        with pytest.raises(InputError, match="an enhancer"):
            EnhancerConfig(**numbers)
    with pytest.raises(InputError, match="tiles of 0 pixels"):
        enlarge_image(build(), draw(4, 4), tile=0)
    with pytest.raises(InputError, match="kind `enhancer`"):
        pack_enhancer(build(), Card("x", "generator"))


def test_half_the_digits_give_nearly_the_same_picture(build):
    bundle = pack_enhancer(build(), Card("x", "enhancer"))
    image = draw(20, 30)
    exact = enlarge_image(load_enhancer(bundle), image)
    rough = enlarge_image(load_enhancer(bundle, dtype=torch.bfloat16), image)
    assert np.abs(rough.astype(int) - exact).max() <= 2
