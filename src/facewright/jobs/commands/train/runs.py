"""What training commands share: devices, processes, outcome."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.options import Runtime
from facewright.types import Json

if TYPE_CHECKING:
    import torch

    from facewright.training.distributed import Processes


@dataclass(frozen=True, kw_only=True)
class RunFolder(Runtime):
    """The folder of a run."""

    outdir: Path
    """The folder of the run: weights, pictures, checkpoints and logs. A run that it contains is
    continued."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a training run is going to do."""

    dataset: dict[str, Json]
    outdir: Path
    device: str
    options: dict[str, Json]
    """As they were asked for, and for what was left open as the weights to resume from have it;
    null is what the configuration chooses."""
    plan: dict[str, dict[str, Json]]
    """As they are: "recipe", "generator", "discriminator" and "config"."""
    process: int = 0
    """Which of several processes says so; all say the same."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The outcome of a training run."""

    weights: Path
    kimg: float
    """Thousands of examples that the networks have seen."""
    finished: bool
    """False for a run that was stopped: the same command goes on."""
    process: int = 0
    """Which of several processes says so; all say the same."""


def plan_device(device: str) -> tuple[torch.device, Processes]:
    """Return where to compute, and which of how many processes this is going to be.

    Raises:
        InputError: There is no such device, or it is one GPU for several processes.
        TrainingError: The variables of torchrun are incomplete.
    """
    from facewright.device import pick_device
    from facewright.training.distributed import read_processes

    place, processes = pick_device(device), read_processes(os.environ)
    if processes.world > 1 and place.index is not None:
        raise InputError(
            f"device={device} is one GPU, but there are {processes.world} processes",
            hint="device=cuda: each process takes the GPU of its local rank",
        )
    return place, processes


@contextlib.contextmanager
def joined(place: torch.device) -> Iterator[tuple[torch.device, Processes]]:
    """Join the processes that torchrun started, and part from them at the end.

    Args:
        place: From `plan_device`.

    Yields:
        Where this process computes, and which it is.

    Raises:
        TrainingError: The processes do not find each other, or there are too few GPUs.
    """
    import torch

    from facewright.training.distributed import start_processes, stop_processes

    processes = start_processes(os.environ, place.type)
    if processes.world > 1 and place.type == "cuda":
        place = torch.device("cuda", processes.local_rank)
    try:
        yield place, processes
    finally:
        stop_processes(processes)


def conclude(
    weights: Path, kimg: float, place: torch.device, processes: Processes | None = None
) -> Trained:
    """Say how a run ended.

    Args:
        weights: The newest, in the folder of the run.
        kimg: When it was to end, in thousands of examples.
        place: Where this process computes.
        processes: Rank of this process and number of all; None is a single process.
    """
    import torch

    from facewright.training.checkpoint import latest_checkpoint
    from facewright.training.distributed import Processes, all_gather_sum

    processes = processes or Processes()
    newest = latest_checkpoint(weights.parent) if processes.first else None
    seen = int(newest.stem.rpartition("-")[2]) if newest else 0  # who writes it knows it is there
    total = int(all_gather_sum(torch.tensor(seen, device=place), processes))
    return Trained(weights, total / 1000, total / 1000 >= kimg, processes.rank)
