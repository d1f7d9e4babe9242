"""A tiny generator, and the command line as a user has it."""

import pytest
import torch

from facewright.cli.main import main
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import pack_generator
from facewright.hub.bundle import save_bundle
from facewright.types import Card


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """The file of a generator without labels."""
    config = GeneratorConfig(
        resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8, mapping_layers=2
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(config)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_bundle(path, pack_generator(generator, Card("tiny", "generator")))
    return str(path)


@pytest.fixture
def facewright(weights, tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; return its status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", weights)

    def run(*words):
        status = main(words)
        return (status, *capsys.readouterr())

    return run
