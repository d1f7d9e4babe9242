"""Tiny networks, a tiny dataset, and the networks that the reference numbers belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from facewright.datasets.archive import write_dataset
from facewright.datasets.dataset import Dataset, open_dataset
from facewright.datasets.labels import LabelGroup
from facewright.device import seeded
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.train import iterate_generator
from facewright.training.run import finish

GROUPS = (LabelGroup("age", ("young", "old")), LabelGroup("gender", ("female", "male")))


def build_config(**changes: Any) -> GeneratorConfig:
    values: dict[str, Any] = {
        "resolution": 16,
        "z_dim": 8,
        "w_dim": 8,
        "mapping_layers": 2,
        "channel_base": 64,
        "channel_max": 8,
    }
    return GeneratorConfig(**{**values, **changes})


def shake_network(network: torch.nn.Module, seed: int = 1, amount: float = 0.1) -> torch.nn.Module:
    """Give every parameter a value that matters: noise strengths and biases start at zero."""
    rng = seeded(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=rng) * amount)
        for name, buffer in network.named_buffers():
            if name.endswith(("w_avg", "noise_const")):
                buffer.copy_(torch.randn(buffer.shape, generator=rng))
    return network


@pytest.fixture(scope="session")
def tiny_config() -> Callable[..., GeneratorConfig]:
    """Return what builds the configuration of a generator of 16 pixels, with changes."""
    return build_config


@pytest.fixture(scope="session")
def shake() -> Callable[..., torch.nn.Module]:
    """Return what gives every parameter of a network a value that matters."""
    return shake_network


@pytest.fixture
def tiny_generator() -> Generator:
    """A generator of 16 pixels, without labels."""
    return shake_network(Generator(build_config())).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def tiny_archive(tmp_path_factory) -> Path:
    """A zip of twelve blurred random pictures of 16×16 pixels, with two groups of labels."""
    rng = np.random.default_rng(0)
    items = []
    for i in range(12):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (16, 16, 3), np.uint8), (5, 5), 0)
        _, png = cv2.imencode(".png", picture)
        items.append((png.tobytes(), [i % 2, 1 - i % 2, i % 3 == 0, i % 3 != 0]))
    path = tmp_path_factory.mktemp("data") / "tiny.zip"
    write_dataset(path, items, label_groups=GROUPS)
    return path


@pytest.fixture(scope="session")
def tiny_dataset(tiny_archive) -> Dataset:
    """The pictures of `tiny_archive`, with labels, mirrored."""
    return open_dataset(tiny_archive, cond=True, mirror=True)


@pytest.fixture(scope="session")
def tiny_options() -> Callable[..., TrainOptions]:
    """Return what builds options of a tiny run in which everything happens, with changes."""

    def choose(**changes: Any) -> TrainOptions:
        values: dict[str, Any] = {
            "kimg": 0.08,
            "batch": 4,
            "gamma": 1.0,
            "mirror": True,
            "target": 0.2,
            "ada_kimg": 0.1,  # so that p moves
            "cond": True,
            "snap": 5,
            "tick_kimg": 0.008,
            "seed": 3,
            "precision": "float32",
            "lr": 0.01,
            "channel_base": 64,
            "channel_max": 8,
            "mapping_layers": 1,
        }
        if "anchor" not in changes:  # which says how large z has to be
            values |= {"z_dim": 16, "w_dim": 16}  # with 512, centres take seconds to find
        return TrainOptions(**{**values, **changes})

    return choose


def train_generator(*given: Any, **named: Any) -> Path:
    """Train to the end, and return the newest weights."""
    return finish(iterate_generator(*given, **named))


@pytest.fixture(scope="session")
def train(tiny_options) -> Callable[..., Path]:
    """Return what trains a tiny run: `train(dataset, outdir, **changes)`."""

    def go(dataset: Dataset, outdir: Path, **changes: Any) -> Path:
        return train_generator(dataset, outdir, tiny_options(**changes), device=torch.device("cpu"))

    return go


@pytest.fixture(scope="session")
def reference(oracles):
    """Both networks with the reference weights, and the reference numbers. Not to be changed."""
    tensors = load_file(oracles / "stylegan2ada_64_auto.safetensors")

    def pick(prefix: str) -> dict[str, torch.Tensor]:
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in tensors.items()
            if name.startswith(prefix) and not name.endswith("resample_filter")
        }

    G = Generator(GeneratorConfig(64, mapping_layers=2, channel_base=4096, channel_max=128))
    D = Discriminator(DiscriminatorConfig(64, channel_base=4096, channel_max=128))
    G.load_state_dict(pick("G_ema."))
    D.load_state_dict(pick("D."))
    numbers = np.load(oracles / "stylegan2ada_64_auto.npz")
    return SimpleNamespace(
        G=G.eval(), D=D.eval(), numbers={name: torch.from_numpy(numbers[name]) for name in numbers}
    )


@pytest.fixture(scope="session")
def distance() -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Return what measures the relative distance of two tensors."""

    def measure(actual: torch.Tensor, expected: torch.Tensor) -> float:
        assert actual.shape == expected.shape
        return float((actual - expected).norm() / expected.norm())

    return measure
