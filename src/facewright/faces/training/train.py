"""Train the detector and the landmark network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from facewright.faces.detection.blocks import fold_norms
from facewright.hub.bundle import save_bundle
from facewright.training import supervised
from facewright.training.options import SupervisedOptions
from facewright.training.supervised import train_network
from facewright.types import Bundle, Card, Json


class Objective(supervised.Objective, Protocol):
    """The objective of one of the networks."""

    kind: str
    """The kind of its weights."""

    def config(self) -> dict[str, Json]:
        """Return the configuration from which the network is built again."""


def train_faces(
    objective: Objective,
    outdir: Path,
    options: SupervisedOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train a detector or a mesh network, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    A finished run continues with a larger `kimg`, at the learning rate that a run of that length
    would have at that point.

    Args:
        objective: The objective.
        outdir: The folder of the run.
        options: Options of the training.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights, averaged over the end of the run, with batch normalisation merged.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged network as it will be used."""
        notes = f"{images / 1000:.1f} thousand examples"
        card = Card(f"{objective.kind}-{images // 1000:06d}", objective.kind, notes=notes)
        bundle = Bundle(card, objective.config(), fold_norms(network).state_dict())
        save_bundle(path, bundle, half=True)

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)
