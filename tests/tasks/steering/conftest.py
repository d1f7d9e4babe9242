"""Latents and directions of the tiny generator."""

from pathlib import Path

import pytest
import torch

from facewright.device import seeded
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.faces.similarity.identity import load_likeness
from facewright.gan.weights import load_generator
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.latents.directions.bundle import Direction, Directions, pack_directions
from facewright.latents.files import StoredLatents, save_latents
from facewright.pipelines.weights import open_weights
from facewright.tasks.inverting.inverter import Inverter
from facewright.types import Card, Latents


@pytest.fixture(scope="session")
def keep_latents(weights):
    """Write latents of the tiny generator: `keep_latents(path, values, space)`."""

    def keep(path, values=None, space="w+", sha256=None):
        values = torch.ones(1, 6, 8) if values is None else values
        stored = StoredLatents(Latents(values, space, "tiny"), sha256 or file_sha256(Path(weights)))
        save_latents(path, stored)
        return str(path)

    return keep


@pytest.fixture(scope="session")
def directions(weights, tmp_path_factory):
    """The file of two directions of the tiny generator."""
    path = tmp_path_factory.mktemp("weights") / "ways.safetensors"
    styles = torch.linspace(-1, 1, 48).view(6, 8)
    every = (
        Direction("smile", "serious", "smiling", 3.0, styles),
        Direction("age", "younger", "older", 3.0, styles.flip(0) ** 2),
    )
    bundle = pack_directions(
        Directions(every, "tiny", file_sha256(Path(weights))), Card(name="ways", kind="directions")
    )
    save_bundle(path, bundle)
    return str(path)


@pytest.fixture
def inverter(weights):
    """What inverts faces with the tiny generator, from the average face on."""
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        features = FaceFeatures(FeaturesConfig(16, (3, 4), (0, 1)))
    bundle = load_bundle(Path(weights))
    return Inverter(
        load_generator(bundle),
        "tiny",
        bundle.card.sha256,
        "tight",
        None,
        "none",
        features.eval().requires_grad_(requires_grad=False),
        load_likeness(open_weights("likeness")),
        {"tiny": bundle.card.sha256},
        torch.device("cpu"),
    )
