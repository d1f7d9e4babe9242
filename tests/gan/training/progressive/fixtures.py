"""Options of a tiny StyleGAN 1 in which everything happens: three resolutions, two fade-ins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from facewright.datasets.dataset import Dataset
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.gan.training.progressive.train import iterate_stylegan1


def choose_options(**changes: Any) -> StyleGAN1Options:
    values: dict[str, Any] = {
        "kimg": 0.072,
        "initial_resolution": 4,
        "fade_kimg": 0.016,
        "stable_kimg": 0.008,
        "batch": 4,
        "batch_at": {"4": 8},
        "lr": 0.01,
        "lr_at": {"16": 0.005},
        "z_dim": 8,
        "mapping_layers": 2,
        "channel_base": 64,
        "channel_max": 8,
        "ema_kimg": 0.02,
        "tick_kimg": 0.012,
        "snap": 2,
        "seed": 3,
        "precision": "float32",
    }
    return StyleGAN1Options(**{**values, **changes})


@pytest.fixture(scope="session")
def progressive_options() -> Callable[..., StyleGAN1Options]:
    """Return what builds the options of a tiny run, with changes."""
    return choose_options


@pytest.fixture(scope="session")
def grow() -> Callable[..., list[Any]]:
    """Return what trains a tiny run: `grow(dataset, outdir, **changes)` gives its reports."""

    def train(dataset: Dataset, outdir: Path, **changes: Any) -> list[Any]:
        options = choose_options(**changes)
        return list(iterate_stylegan1(dataset, outdir, options, device=torch.device("cpu")))

    return train


@pytest.fixture(scope="session")
def grown_run(grow, tiny_dataset, tmp_path_factory) -> Path:
    """The folder of a tiny run that nothing disturbed."""
    outdir = tmp_path_factory.mktemp("runs") / "grown"
    grow(tiny_dataset, outdir)
    return outdir
