from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.device import seeded, to_images
from facewright.errors import InputError
from facewright.latents.tune import TuneOptions, draw_near, tune_generator

SHORT = TuneOptions(steps=12, lr=0.01)


@pytest.fixture
def pivot(generator):
    """Latents of one person, and a picture that they do not draw."""
    with torch.no_grad():
        ws, other = generator.map_to_w(torch.randn(2, 8, generator=seeded(7))).split(1)
        return ws, to_images(generator.synthesis(0.8 * ws + 0.2 * other))


def measure(generator, ws, images):
    return np.square(to_images(generator.synthesis(ws)).astype(float) - images).mean()


def test_a_tuned_generator_draws_the_face_better(generator, pivot):
    ws, images = pivot
    before = measure(generator, ws, images)
    tuned = tune_generator(generator, ws, images, options=SHORT)
    assert measure(tuned, ws, images) < 0.5 * before
    assert measure(generator, ws, images) == before  # which stayed as it was
    assert not any(parameter.requires_grad for parameter in tuned.parameters())


def test_only_convolutions_and_colours_change(generator, pivot):
    tuned = tune_generator(generator, *pivot, options=SHORT).state_dict()
    was = generator.state_dict()
    changed = {name.rpartition(".")[0] for name in was if not torch.equal(was[name], tuned[name])}
    assert {name.split(".")[-1] for name in changed} == {"conv0", "conv1", "torgb"}


def test_locality_keeps_faces_near_by_as_they_were(generator, pivot):
    near = draw_near(generator, pivot[0].expand(16, -1, -1), 1.0, seeded(9))
    moved = []
    for weight in (0.0, 5.0):
        options = replace(SHORT, locality_weight=weight, locality_distance=1.0, steps=24)
        tuned = tune_generator(generator, *pivot, options=options)
        with torch.no_grad():
            moved.append(float((tuned.synthesis(near) - generator.synthesis(near)).square().mean()))
    assert moved[1] < moved[0]


def test_faces_near_by_are_as_far_as_is_said(generator, pivot):
    near = draw_near(generator, pivot[0], 2.0, seeded(0))
    assert torch.allclose((near - pivot[0]).norm(dim=2), torch.full((1, 6), 2.0), atol=1e-4)


def test_the_same_seed_gives_the_same_weights(generator, pivot):
    one, two = (tune_generator(generator, *pivot, options=SHORT).state_dict() for _ in range(2))
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


@pytest.mark.parametrize("change", [{"steps": 0}, {"lr": float("nan")}, {"locality_weight": -1}])
def test_options_that_make_no_sense_are_refused(generator, pivot, change):
    with pytest.raises(InputError, match="(is|are) invalid"):
        tune_generator(generator, *pivot, options=replace(SHORT, **change))


def test_what_does_not_fit_is_refused(generator, pivot):
    ws, images = pivot
    for wrong in ((ws[:, :4], images), (ws, images[:, :8]), (ws.expand(2, -1, -1), images)):
        with pytest.raises(InputError, match="do not fit"):
            tune_generator(generator, *wrong)
