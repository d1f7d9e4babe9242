import pytest
import torch

from facewright.errors import WeightsError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import pack_generator
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.jobs.commands.train.encoder import EncoderNetworks, train_encoder
from facewright.jobs.commands.train.runs import RunFolder
from facewright.latents.encoder.options import EncoderTrainOptions
from facewright.latents.encoder.psp import load_encoder
from facewright.types import Card

OPTIONS = EncoderTrainOptions(kimg=0.002, batch=2)


@pytest.fixture
def weights(tmp_path):
    config = GeneratorConfig(16, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    path = tmp_path / "tiny.safetensors"
    save_bundle(path, pack_generator(Generator(config), Card("tiny", "generator")))
    return path


def test_an_encoder_is_trained_without_any_picture(weights, tmp_path):
    ended = train_encoder(
        run=RunFolder(outdir=tmp_path / "run", device="cpu"),
        networks=EncoderNetworks(generator=str(weights), features="none"),
        options=OPTIONS,
    )
    assert (ended.finished, ended.kimg) == (True, 0.002)
    bundle = load_bundle(ended.weights)
    assert bundle.config["generator"] == {"name": "tiny", "sha256": file_sha256(weights)}
    encoder = load_encoder(bundle)
    assert encoder(torch.zeros(1, 3, 32, 32)).shape == (1, 6, 8)


def test_a_folder_without_a_run_gives_no_features(weights, tmp_path):
    with pytest.raises(WeightsError, match="holds no checkpoint"):
        train_encoder(
            run=RunFolder(outdir=tmp_path / "run", device="cpu"),
            networks=EncoderNetworks(generator=str(weights), features=str(tmp_path)),
        )
    assert not (tmp_path / "run").exists()
