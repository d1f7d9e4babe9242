"""Latents and directions of the tiny generator."""

from pathlib import Path

import pytest
import torch

from facewright.hub.bundle import file_sha256, save_bundle
from facewright.latents.directions.bundle import Direction, Directions, pack_directions
from facewright.latents.files import StoredLatents, save_latents
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
        Direction("age", "younger", "older", 1.5, styles.flip(0) ** 2),
    )
    bundle = pack_directions(
        Directions(every, "tiny", file_sha256(Path(weights))), Card(name="ways", kind="directions")
    )
    save_bundle(path, bundle)
    return str(path)
