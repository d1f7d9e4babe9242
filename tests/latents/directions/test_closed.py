"""Directions that the weights of a generator tell."""

import pytest
import torch

from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.stylegan1.networks import ProgressiveConfig, ProgressiveGenerator
from facewright.latents.directions.closed import find_closed_directions, list_style_weights
from facewright.latents.sample import draw_latents


def test_directions_are_orthogonal_and_the_strongest_comes_first(tiny_generator):
    found = find_closed_directions(tiny_generator, range(tiny_generator.num_ws))
    unit = found / found.norm(dim=1, keepdim=True)
    torch.testing.assert_close(unit @ unit.T, torch.eye(8), atol=1e-5, rtol=0)
    weights = torch.cat(list_style_weights(tiny_generator))
    strength = (weights @ unit.T).norm(dim=0)
    assert bool((strength[:-1] >= strength[1:] - 1e-5).all())


def test_a_direction_is_as_long_as_people_differ_along_it(tiny_generator):
    (direction, *_) = find_closed_directions(tiny_generator, [0, 1])
    z, c = draw_latents(tiny_generator.config, range(2000, 4000))
    along = tiny_generator.mapping(z, c) @ (direction / direction.norm())
    assert float(along.std()) == pytest.approx(float(direction.norm()), rel=0.1)


def test_directions_are_the_same_each_time_and_others_for_other_layers(tiny_generator):
    once, again = (find_closed_directions(tiny_generator, [0]) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.allclose(once, find_closed_directions(tiny_generator, [3]))
    assert bool((once.gather(1, once.abs().argmax(1, keepdim=True)) > 0).all())


def test_every_layer_has_weights_in_both_generations(tiny_generator, tiny_config, shake):
    assert len(list_style_weights(tiny_generator)) == tiny_generator.num_ws
    first = shake(ProgressiveGenerator(ProgressiveConfig(8, z_dim=8, w_dim=8, channels=(8, 4))))
    assert len(list_style_weights(first)) == first.num_ws
    resnet = shake(Generator(tiny_config(architecture="resnet")))
    assert len(list_style_weights(resnet)) == resnet.num_ws


def test_what_demodulation_cancels_is_left_out(tiny_generator):
    affine = tiny_generator.synthesis.b4.conv1.affine
    styles = affine(tiny_generator.mapping.w_avg[None])[0]
    left = styles @ list_style_weights(tiny_generator)[0]
    torch.testing.assert_close(left, torch.zeros(8), atol=1e-5, rtol=0)


@pytest.mark.parametrize("layers", [[], [6], [-1]])
def test_layers_that_do_not_exist_are_refused(tiny_generator, layers):
    with pytest.raises(InputError, match="0 to 5"):
        find_closed_directions(tiny_generator, layers)
