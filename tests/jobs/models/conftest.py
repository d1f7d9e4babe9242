"""Two generators of which one could have been trained on from the other."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny import build_generator

from facewright.gan.generator import Generator
from facewright.gan.weights import load_labels, pack_generator
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card


@pytest.fixture(scope="session")
def characters(tmp_path_factory, weights):
    """The file of a generator of the architecture and with the labels of `weights`."""
    path = tmp_path_factory.mktemp("weights") / "characters.safetensors"
    card = Card("characters", "generator", licence="CC-BY-4.0", trained_on="drawings")
    labels = load_labels(load_bundle(Path(weights)))
    save_bundle(path, pack_generator(build_generator(seed=2), card, labels=labels))
    return str(path)


@pytest.fixture(scope="session")
def larger(tmp_path_factory, weights):
    """The file of a generator with one block more."""
    path = tmp_path_factory.mktemp("weights") / "larger.safetensors"
    return _save_other(path, weights, resolution=32)


@pytest.fixture(scope="session")
def thinner(tmp_path_factory, weights):
    """The file of a generator of other layers."""
    path = tmp_path_factory.mktemp("weights") / "thinner.safetensors"
    return _save_other(path, weights, channel_max=4)


def _save_other(path, weights, **changes):
    """Write a generator that differs from `weights` in some of its configuration."""
    generator = Generator(replace(build_generator().config, **changes))
    labels = load_labels(load_bundle(Path(weights)))
    save_bundle(path, pack_generator(generator, Card(path.stem, "generator"), labels=labels))
    return str(path)
