"""A tiny generator, tiny pictures of its size, and what an encoder learns of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from facewright.datasets.archive import write_dataset
from facewright.datasets.dataset import open_dataset
from facewright.device import seeded
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import NO_LABELS
from facewright.latents.encoder.objective import Subject
from facewright.latents.encoder.options import EncoderTrainOptions
from facewright.latents.encoder.psp import Encoder, EncoderConfig

TINY = EncoderConfig(6, 8, 32, widths=(4, 4, 4, 8), depths=(1, 1, 1, 1), head=8)


@pytest.fixture(scope="session")
def generator() -> Generator:
    """A generator of 16 pixels, six layers and eight numbers of w, whose every weight matters."""
    config = GeneratorConfig(16, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        network, rng = Generator(config), seeded(1)
    with torch.no_grad():
        for tensor in (*network.parameters(), network.mapping.w_avg):
            tensor.add_(torch.randn(tensor.shape, generator=rng) * 0.1)
    return network.freeze()


@pytest.fixture
def encoder() -> Encoder:
    """An encoder of 32 pixels for that generator, with weights that are the same each time."""
    network, rng = Encoder(TINY), seeded(2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
        network.latent_avg.copy_(torch.randn(6, 8, generator=rng))
    return network.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A zip of four blurred random pictures of 16×16 pixels."""
    rng = np.random.default_rng(0)
    items = []
    for _ in range(4):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (16, 16, 3), np.uint8), (5, 5), 0)
        items.append((cv2.imencode(".png", picture)[1].tobytes(), None))
    path = tmp_path_factory.mktemp("pictures") / "tiny.zip"
    write_dataset(path, items)
    return path


@pytest.fixture
def subject(generator, pictures) -> Subject:
    """Generated faces and real ones."""
    return Subject(generator, "tiny", "0" * 64, NO_LABELS, open_dataset(pictures, mirror=True))


@pytest.fixture
def options() -> EncoderTrainOptions:
    """Two steps of two faces."""
    return EncoderTrainOptions(kimg=0.004, batch=2, tick_kimg=0.002, generated_kimg=0.001)
