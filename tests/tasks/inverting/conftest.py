"""Networks of sixteen pixels that find latents."""

from pathlib import Path

import pytest
import torch

from facewright.device import seeded
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.faces.similarity.identity import load_likeness
from facewright.gan.weights import load_generator
from facewright.hub.bundle import load_bundle
from facewright.pipelines.weights import open_weights
from facewright.tasks.inverting.inverter import Inverter


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
