"""Train networks: from a dataset to weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from facewright.data.dataset import open_dataset
from facewright.device import pick_device
from facewright.errors import TrainingError
from facewright.fit.checkpoint import latest_checkpoint
from facewright.fit.distributed import all_gather_sum, start_processes, stop_processes
from facewright.gan.plan import TrainOptions, plan_training
from facewright.gan.snapshots import load_run
from facewright.gan.train import train_generator as run_training
from facewright.tasks.weights import open_weights
from facewright.types import Json


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a training run is going to do."""

    dataset: dict[str, Json]
    outdir: Path
    device: str
    options: dict[str, Json]
    """As they were asked for; null is what the configuration chooses."""
    plan: dict[str, dict[str, Json]]
    """As they are: "recipe", "generator", "discriminator" and "rules"."""


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training run ended."""

    weights: Path
    kimg: float
    """Thousands of pictures that the networks have seen."""
    finished: bool
    """False for a run that was stopped: the same command goes on."""
    process: int = 0
    """Which of several processes says so; all say the same."""


def train_generator(
    dataset: Path,
    *,
    outdir: Path,
    options: TrainOptions | None = None,
    device: str = "auto",
    dry_run: bool = False,
) -> Outlook | Trained:
    """Train a generator, or go on training one.

    Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there. With
    several processes: `torchrun --nproc-per-node 2 -m facewright train generator ...`

    Args:
        dataset: A folder or zip of square pictures of one size, with dataset.json or without.
        outdir: The folder of the run: pictures, weights, checkpoints and logs.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        dry_run: Print what the run would do, and stop.

    Returns:
        How it ended, or, with `dry_run`, what it would do.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option makes no sense.
        TrainingError: The folder holds another run, or the losses are not finite any more.
        WeightsError: There are no such weights to resume from.
    """
    options = options or TrainOptions()
    place = pick_device(device)
    pictures = open_dataset(dataset, cond=options.cond, mirror=options.mirror)
    plan = plan_training(pictures, options, place)
    if dry_run:
        named: dict[str, Json] = {
            "name": pictures.name,
            "pictures": len(pictures),
            "resolution": pictures.resolution,
            "labels": list(pictures.label_names),
        }
        parts = {name: _to_json(part) for name, part in asdict(plan).items()}
        return Outlook(named, outdir, str(place), asdict(options), parts)
    goes_on = latest_checkpoint(outdir) is not None
    start = None if options.resume is None or goes_on else _load_start(options.resume)
    processes = start_processes(os.environ, place.type)
    if processes.world > 1 and place.type == "cuda":
        place = torch.device("cuda", processes.local_rank)
    try:
        weights = run_training(
            pictures, outdir, options, device=place, start=start, processes=processes
        )
        seen = _count_images(outdir) if processes.first else 0  # who writes it knows it is there
        kimg = int(all_gather_sum(torch.tensor(seen, device=place), processes)) / 1000
    finally:
        stop_processes(processes)
    return Trained(weights, kimg, kimg >= options.kimg, processes.rank)


def _load_start(resume: str) -> Mapping[str, Mapping[str, torch.Tensor]]:
    """Return the tensors to start from: those of a run, or of weights by name or file."""
    if not Path(resume).is_dir():
        return {"G_ema": open_weights(resume).tensors}
    run: Any = load_run(Path(resume))
    if run is None:
        raise TrainingError(
            f"{resume} holds no checkpoint", hint="name a run that left one, or a file of weights"
        )
    return {name: run["contest"][name] for name in ("G", "D", "G_ema")}


def _count_images(outdir: Path) -> int:
    """Return how many pictures the newest checkpoint of a run has seen."""
    path = latest_checkpoint(outdir)
    return int(path.stem.rpartition("-")[2]) if path else 0


def _to_json(part: dict[str, Any]) -> dict[str, Json]:
    """Return a part of a plan with number formats by their names."""
    return {
        name: str(value).removeprefix("torch.") if isinstance(value, torch.dtype) else value
        for name, value in part.items()
    }
