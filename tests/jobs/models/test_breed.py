"""Two sets of weights become one."""

from pathlib import Path

import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.models.breed import BreedOptions, breed_models


def tensors(path):
    return load_generator(load_bundle(Path(path))).state_dict()


def test_bred_weights_take_coarse_layers_from_low_and_fine_ones_from_high(
    weights, characters, tmp_path
):
    out = breed_models(
        weights, characters, options=BreedOptions(out=tmp_path / "b.safetensors", at=8)
    )
    low, high, bred = (tensors(path) for path in (weights, characters, out))
    assert torch.equal(bred["synthesis.b4.const"], low["synthesis.b4.const"])
    assert torch.equal(bred["synthesis.b8.conv0.weight"], high["synthesis.b8.conv0.weight"])
    assert load_labels(load_bundle(out)).groups == load_labels(load_bundle(Path(weights))).groups


def test_card_names_both_parents_and_both_licences(weights, characters, tmp_path):
    options = BreedOptions(out=tmp_path / "mine.safetensors", at=16, width=0.5)
    card = load_bundle(breed_models(weights, characters, options=options)).card
    assert (card.name, card.kind) == ("mine", "generator")
    assert card.licence == "CC0-1.0; and CC-BY-4.0"
    assert card.trained_on == "nothing; and drawings"
    assert "tiny" in card.source
    assert "HIGH from 16 pixels on, width 0.5" in card.source


def test_order_may_be_turned(weights, characters, tmp_path):
    options = BreedOptions(out=tmp_path / "b.safetensors", at=8)
    bred = tensors(breed_models(characters, weights, options=options))
    assert torch.equal(bred["synthesis.b4.const"], tensors(characters)["synthesis.b4.const"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, "nothing says"),
        ({"width": 0.5, "amount": 0.5}, "--width"),
        ({"at": 9}, "not 9"),
        ({"at": 32}, "cannot cross at 32"),
        ({"at": 8, "out": Path("x.pt")}, "does not end in"),
    ],
)
def test_options_that_make_no_sense_write_nothing(wrong, told, weights, characters, tmp_path):
    options = BreedOptions(**{"out": tmp_path / "b.safetensors", **wrong})
    with pytest.raises(InputError, match=told):
        breed_models(weights, characters, options=options)
    assert list(tmp_path.iterdir()) == []


def test_sizes_may_differ_and_the_second_says_which_it_is(weights, larger, tmp_path):
    for low, high, side in ((weights, larger, 32), (larger, weights, 16)):
        options = BreedOptions(out=tmp_path / f"{side}.safetensors", at=8)
        bred = load_generator(load_bundle(breed_models(low, high, options=options)))
        assert bred.config.resolution == side


def test_other_architectures_and_files_that_are_there_are_refused(weights, thinner, tmp_path):
    options = BreedOptions(out=tmp_path / "b.safetensors", at=8)
    with pytest.raises(WeightsError, match="channel_max") as caught:
        breed_models(weights, thinner, options=options)
    assert "--resume" in caught.value.hint
    options.out.write_bytes(b"mine")
    with pytest.raises(InputError, match="is there already"):
        breed_models(weights, weights, options=options)
    assert options.out.read_bytes() == b"mine"
