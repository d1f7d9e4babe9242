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
    """What one of the networks is taught."""

    kind: str
    """Of its weights."""

    def config(self) -> dict[str, Json]:
        """Return what is needed to build the network again."""


def train_faces(
    objective: Objective,
    outdir: Path,
    options: SupervisedOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train, or go on training, a detector or a mesh network.

    A run that was stopped goes on where its newest checkpoint is, and ends with the same weights.
    One that has ended goes on with a larger `kimg`: with the learning rate that a run of that
    length would have by then.

    Args:
        objective: What to teach.
        outdir: The folder of the run.
        options: How.
        device: Where to compute.
        clock: Returns seconds.

    Returns:
        The weights, averaged over the end of the run, without batch normalisation.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged network as it will be used."""
        notes = f"{images / 1000:.1f} thousand examples"
        card = Card(f"{objective.kind}-{images // 1000:06d}", objective.kind, notes=notes)
        bundle = Bundle(card, objective.config(), fold_norms(network).state_dict())
        save_bundle(path, bundle, half=True)

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)
