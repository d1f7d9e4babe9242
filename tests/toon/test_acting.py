"""What a generator draws of an expression comes into the head, and only there."""

import numpy as np
import pytest
import torch
from tests.tiny import build_generator

from facewright.latents.directions.bundle import Direction
from facewright.toon.acting import (
    PARTS,
    Costume,
    cast_actor,
    change_photo,
    choose_step,
    draw_act,
)
from facewright.toon.cartoon import Cartoonist
from facewright.toon.heads.upright import SIDE


def stay(images, mesh):
    """Place meshes that do not move."""
    return [mesh] * len(images)


@pytest.fixture(scope="module")
def cartoonist():
    generator = build_generator(c_dim=0).freeze()
    return Cartoonist(generator, generator, "tight")


@pytest.fixture(scope="module")
def ws(cartoonist):
    return torch.zeros(1, cartoonist.people.num_ws, 8)


@pytest.fixture(scope="module")
def step(ws):
    return torch.randn(ws.shape[1:], generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def actor(cartoonist, ws, person):
    return cast_actor(cartoonist, ws, person.image, person.points, Costume(painted=False))


def test_expressions_differ_in_the_face_alone(actor, step):
    calm, moved = (draw_act(actor, by, stay) for by in (torch.zeros_like(step), 3 * step))
    assert calm.shape == (SIDE, SIDE, 4)
    assert (calm[..., 3] == moved[..., 3]).all()
    changed = (calm != moved).any(-1)
    assert changed[actor.stage > 0.9].mean() > 0.5
    assert not changed[actor.stage == 0].any()


def test_a_photo_keeps_its_own_pixels_where_nothing_moves(actor, step):
    still = change_photo(actor, torch.zeros_like(step), stay)
    away = np.abs(still[..., :3].astype(int) - actor.head.image).mean(-1)
    assert away[actor.stage > 0.5].mean() < 4
    assert not away[actor.stage == 0].any()


def test_generated_heads_are_crowned_whatever_their_size(cartoonist, ws, person, actor):
    costume = Costume(generated=True, painted=False)
    drawn = cast_actor(cartoonist, ws, person.image, person.points, costume)
    assert (drawn.head.hair != actor.head.hair).any()
    assert drawn.painted


def test_an_expression_goes_as_far_as_it_takes(actor, step):
    mood = Direction("happy", "less", "more", 5.0, step)
    for said, part in (
        (("sad", "happy", "happy"), PARTS[1]),
        (("happy", "sad", "sad"), PARTS[0]),
        (("sad", "sad", "sad"), PARTS[2]),
    ):
        chosen = choose_step(actor, mood, lambda _, said=said: said)
        assert torch.allclose(chosen, part * 5 * step)
