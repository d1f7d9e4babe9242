"""Which networks invert faces, and which belong to each other."""

from pathlib import Path

import pytest
import torch
from tests.tiny import build_generator

from facewright.errors import InputError, WeightsError
from facewright.gan.weights import pack_generator
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.latents.encoder.psp import Encoder, EncoderConfig, pack_encoder
from facewright.pipelines.draw.latents import TEMPLATE, LatentsPipeline
from facewright.types import Card

TINY = EncoderConfig(6, 8, 32, widths=(4, 4, 4, 8), depths=(1, 1, 1, 1), head=8)


@pytest.fixture
def encoder(tmp_path):
    """Write an encoder that belongs to a generator."""

    def write(sha256):
        bundle = pack_encoder(Encoder(TINY), Card("e", "encoder"), generator={"sha256": sha256})
        save_bundle(tmp_path / "e.safetensors", bundle)
        return str(tmp_path / "e.safetensors")

    return write


def test_a_generator_without_an_encoder_begins_with_the_average_face(weights):
    people = LatentsPipeline(weights, device="cpu")
    assert (people.encoder, people.encoder_name) == (None, "none")
    assert people.inverters["tiny"] == file_sha256(Path(weights))
    assert set(people.inverters) == {"tiny", "face-features", "likeness"}


def test_its_own_encoder_is_taken_and_no_other(weights, encoder):
    own = encoder(load_bundle(Path(weights)).card.sha256)
    people = LatentsPipeline(weights, encoder=own, device="cpu")
    assert people.encoder(torch.zeros(1, 3, 32, 32)).shape == (1, 6, 8)
    assert "e" in people.inverters
    with pytest.raises(InputError, match="another generator"):
        assert LatentsPipeline(weights, encoder=encoder("0" * 64), device="cpu").encoder_bundle
    with pytest.raises(WeightsError, match="not an encoder"):
        assert LatentsPipeline(weights, encoder=weights, device="cpu").encoder


def test_weights_say_how_faces_are_cut_for_them(weights, tmp_path):
    path = tmp_path / "g.safetensors"
    card = Card("g", "generator")
    save_bundle(path, pack_generator(build_generator(c_dim=0), card, template="ffhq"))
    assert LatentsPipeline(weights, device="cpu").template == TEMPLATE
    assert LatentsPipeline(str(path), device="cpu").template == "ffhq"
    assert LatentsPipeline(str(path), template="arcface", device="cpu").template == "arcface"
    with pytest.raises(InputError, match="no template"):
        LatentsPipeline(weights, template="square", device="cpu")
