"""Train networks: from a dataset to weights."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.device import pick_device
from facewright.errors import InputError, TrainingError
from facewright.faces.detection.landmarks import load_mesh
from facewright.gan.anchors.appearance import AppearanceModel, read_appearance
from facewright.gan.anchors.find import FILE as ANCHORS
from facewright.gan.anchors.find import find_anchors, load_anchors, save_anchors
from facewright.gan.training.plan import TrainOptions, check_options, is_anchored, plan_training
from facewright.gan.training.projected.anchored import Anchoring
from facewright.gan.training.projected.efficientnet import load_efficientnet
from facewright.gan.training.snapshots import load_run
from facewright.gan.training.train import train_generator as run_training
from facewright.gan.training.transfer import (
    Start,
    adopt_shape,
    check_start,
    shape_of_bundle,
    shape_of_run,
)
from facewright.gan.weights import load_appearance
from facewright.hub.bundle import load_bundle
from facewright.pipelines.weights import open_weights
from facewright.training.checkpoint import latest_checkpoint
from facewright.training.distributed import (
    all_gather_sum,
    read_processes,
    start_processes,
    stop_processes,
)
from facewright.types import Json
from facewright.version import __version__


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
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, what to start from
            does not fit, or the losses are not finite any more.
        WeightsError: There are no such weights to resume from.
    """
    options = options or TrainOptions()
    check_options(options)
    _check_outdir(outdir)
    place, processes = pick_device(device), read_processes(os.environ)
    if processes.world > 1 and place.index is not None:
        raise InputError(
            f"--device {device} is one GPU, but there are {processes.world} processes",
            hint="--device cuda: each process takes the GPU of its local rank",
        )
    options, start = _prepare(options, outdir)
    pictures = _open_pictures(dataset, options)
    plan = plan_training(pictures, options, place, world=processes.world)
    if dry_run:
        named: dict[str, Json] = {
            "name": pictures.name,
            "pictures": len(pictures),
            "resolution": pictures.resolution,
            "labels": list(pictures.label_names),
        }
        if pictures.balance is not None:
            named["weights"] = pictures.balance.to_json()
        parts = {name: _to_json(part) for name, part in asdict(plan).items()}
        return Outlook(named, outdir, str(place), asdict(options), parts, processes.rank)
    anchoring = _prepare_anchoring(pictures, outdir, options) if is_anchored(options) else None
    processes = start_processes(os.environ, place.type)
    if processes.world > 1 and place.type == "cuda":
        place = torch.device("cuda", processes.local_rank)
    try:
        weights = run_training(
            pictures,
            outdir,
            options,
            device=place,
            start=start,
            anchoring=anchoring,
            processes=processes,
            version=__version__,
        )
        seen = _count_images(outdir) if processes.first else 0  # who writes it knows it is there
        kimg = int(all_gather_sum(torch.tensor(seen, device=place), processes)) / 1000
    finally:
        stop_processes(processes)
    return Trained(weights, kimg, kimg >= options.kimg, processes.rank)


def _prepare_anchoring(dataset: Dataset, outdir: Path, options: TrainOptions) -> Anchoring:
    """Open the frozen network, and the anchors of a run: those in its folder, or new ones.

    Where a run resumes from weights that were anchored, its pictures get anchors by the same model,
    so that z means the same.
    """
    backbone = load_efficientnet()
    if options.anchor == "none":
        return Anchoring(backbone, None)
    path = outdir / ANCHORS
    if not path.exists():
        mesh = load_mesh(open_weights("face-mesh"))
        model = None if options.resume is None else _find_appearance(options.resume)
        found = find_anchors(dataset, mesh, size=options.anchor_size, model=model)
        outdir.mkdir(parents=True, exist_ok=True)
        save_anchors(path, found, dataset)
    return Anchoring(backbone, load_anchors(path, dataset))


def _find_appearance(resume: str) -> AppearanceModel | None:
    """Return what turns faces into anchors of the weights or run to resume from, if anything."""
    if not Path(resume).is_dir():
        return load_appearance(open_weights(resume))
    path = Path(resume) / ANCHORS
    return read_appearance(load_bundle(path).tensors) if path.exists() else None


def _open_pictures(path: Path, options: TrainOptions) -> Dataset:
    """Open the dataset, with the labels that are learned and those that are balanced."""
    names = [name.strip() for name in (options.balance or "").split(",") if name.strip()]
    pictures = open_dataset(
        path, cond=options.cond or bool(names), mirror=options.mirror, verify=True
    )
    if names:
        pictures = pictures.balanced(names, limit=options.balance_limit)
    return pictures if options.cond else pictures.unlabelled()


def _check_outdir(outdir: Path) -> None:
    """Raise if the folder of the run cannot be made, because a file is in its place."""
    for path in (outdir, *outdir.parents):
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file", hint="--outdir names the folder of the run")


def _prepare(options: TrainOptions, outdir: Path) -> tuple[TrainOptions, Start | None]:
    """Return the options, with the shape of what they resume from, and what to start from."""
    goes_on = latest_checkpoint(outdir) is not None
    if options.resume is None or goes_on:
        if not goes_on:
            check_start(options, None)
        elif options.resume is not None:  # its shape was taken over when the run began
            run: Any = load_run(outdir)
            options = adopt_shape(options, run["options"])
        return options, None
    start, shape = _load_start(options.resume)
    check_start(options, start)
    return adopt_shape(options, shape), start


def _load_start(resume: str) -> tuple[Start, dict[str, Json]]:
    """Return what to start from, a run or weights by name or file, and its shape as options."""
    if not Path(resume).is_dir():
        bundle = open_weights(resume)
        return {"G_ema": bundle.tensors}, shape_of_bundle(bundle)
    run: Any = load_run(Path(resume))
    if run is None:
        raise TrainingError(
            f"{resume} holds no checkpoint", hint="name a run that left one, or a file of weights"
        )
    names = ("G", "D", "G_ema", "heads", "patches")
    start = {name: run["contest"][name] for name in names if name in run["contest"]}
    return start, shape_of_run(run)


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
