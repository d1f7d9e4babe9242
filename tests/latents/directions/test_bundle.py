"""Directions in files, and faces that move along them."""

from dataclasses import replace

import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.directions.bundle import (
    Direction,
    Directions,
    load_directions,
    pack_directions,
    push_styles,
    restrict_direction,
)
from facewright.types import Card

CARD = Card(name="ways", kind="directions")


def build(*names):
    every = [
        Direction(name, f"less {name}", f"more {name}", 3.0, torch.full((4, 2), float(n + 1)))
        for n, name in enumerate(names)
    ]
    return Directions(tuple(every), "tiny", "ab" * 32)


def test_directions_come_back_from_a_file(tmp_path):
    directions = build("smile", "age")
    save_bundle(tmp_path / "d.safetensors", pack_directions(directions, CARD), half=True)
    loaded = load_directions(load_bundle(tmp_path / "d.safetensors"))
    assert (loaded.generator, loaded.sha256) == ("tiny", "ab" * 32)
    for read, written in zip(loaded.every, directions.every, strict=True):
        assert replace(read, styles=None) == replace(written, styles=None)
        assert torch.equal(read.styles, written.styles)


def test_directions_know_their_generator():
    directions = build("smile")
    directions.check_generator("renamed", "ab" * 32)
    with pytest.raises(InputError, match="belong to the generator `tiny`.*not `other`") as caught:
        directions.check_generator("other", "cd" * 32)
    assert "sefa-1" in caught.value.hint
    with pytest.raises(InputError, match="other weights of that name"):
        directions.check_generator("tiny", "cd" * 32)


def test_a_direction_is_found_by_name_or_the_names_are_told():
    directions = build("smile", "age")
    assert directions.find("age") is directions.every[1]
    with pytest.raises(InputError, match="no direction is called `smyle`") as caught:
        directions.find("smyle")
    assert "smile, age" in caught.value.hint


def test_pushing_there_and_back_changes_nothing():
    smile, age = build("smile", "age").every
    ws = torch.arange(16.0).view(2, 4, 2)
    pushed = push_styles(ws, [(smile, 2.0), (age, -1.0)])
    torch.testing.assert_close(pushed, ws)
    torch.testing.assert_close(push_styles(ws, [(smile, 1.5)]), ws + 1.5)


def test_only_some_layers_move():
    (smile,) = build("smile").every
    ws = torch.zeros(1, 4, 2)
    moved = push_styles(ws, [(restrict_direction(smile, [1, 3]), 1.0)])
    assert moved[0, :, 0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("amount", [3.1, -4.0, float("nan")])
def test_nobody_goes_farther_than_was_measured(amount):
    (smile,) = build("smile").every
    with pytest.raises(InputError, match="`smile` goes 3 units either way"):
        push_styles(torch.zeros(1, 4, 2), [(smile, amount)])


def test_latents_of_another_shape_are_refused():
    (smile,) = build("smile").every
    with pytest.raises(InputError, match="does not fit latents"):
        push_styles(torch.zeros(1, 6, 2), [(smile, 1.0)])


def test_what_holds_no_directions_is_refused():
    good = pack_directions(build("smile"), CARD)
    with pytest.raises(WeightsError, match="holds no directions"):
        load_directions(replace(good, card=Card(name="g", kind="generator")))
    with pytest.raises(WeightsError, match="not understood"):
        load_directions(replace(good, config={}))
    with pytest.raises(WeightsError, match="not understood"):
        load_directions(replace(good, tensors={"styles": torch.zeros(2, 4, 2)}))
    with pytest.raises(WeightsError, match="damaged"):
        load_directions(replace(good, tensors={"styles": torch.full((1, 4, 2), torch.nan)}))
    with pytest.raises(InputError, match="kind `directions`"):
        pack_directions(build("smile"), Card(name="g", kind="generator"))
    with pytest.raises(InputError, match="no directions to pack"):
        pack_directions(build(), CARD)
