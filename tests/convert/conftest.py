"""Two tiny sets of pictures, and options of a tiny run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from facewright.convert.training.options import TranslatorTrainOptions
from facewright.convert.training.plan import Styles, open_styles
from facewright.convert.training.train import train_translator
from facewright.datasets.archive import write_dataset


def draw_zip(path: Path, *, side: int = 16, count: int = 6, seed: int = 0, red: int = 0) -> Path:
    """Write a zip of blurred random pictures with more or less red."""
    rng, items = np.random.default_rng(seed), []
    for _ in range(count):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (side, side, 3), np.uint8), (5, 5), 0)
        picture[..., 2] = np.maximum(picture[..., 2], red)  # OpenCV writes blue first
        items.append((cv2.imencode(".png", picture)[1].tobytes(), None))
    write_dataset(path, items)
    return path


@pytest.fixture(scope="session")
def draw() -> Callable[..., Path]:
    """Return what writes a zip of pictures."""
    return draw_zip


@pytest.fixture(scope="session")
def zips(tmp_path_factory) -> tuple[Path, Path]:
    """Six dull pictures and five reddish ones of 16 pixels."""
    folder = tmp_path_factory.mktemp("styles")
    return draw_zip(folder / "dull.zip"), draw_zip(folder / "red.zip", count=5, seed=1, red=200)


@pytest.fixture(scope="session")
def styles(zips) -> Styles:
    """Both sets, opened."""
    return open_styles(*zips)


@pytest.fixture(scope="session")
def options() -> Callable[..., TranslatorTrainOptions]:
    """Return what builds the options of a tiny run, with changes."""

    def choose(**changes: Any) -> TranslatorTrainOptions:
        values: dict[str, Any] = {
            "name": "reddening",
            "kimg": 0.012,
            "batch": 2,
            "generator": "resnet-6",
            "discriminator": "n-layers",
            "layers": 1,
            "filters": 2,
            "pool": 3,
            "augment": 0.3,
            "lr": 0.01,
            "snap": 2,
            "tick_kimg": 0.004,
            "seed": 3,
            "precision": "float32",
        }
        return TranslatorTrainOptions(**{**values, **changes})

    return choose


@pytest.fixture(scope="session")
def train(options) -> Callable[..., Path]:
    """Return what trains a tiny run: `train(styles, outdir, **changes)`, `clock` among them."""

    def go(
        pictures: Styles, outdir: Path, clock: Callable[[], float] = time.monotonic, **changes: Any
    ) -> Path:
        return train_translator(
            pictures, outdir, options(**changes), device=torch.device("cpu"), clock=clock
        )

    return go
