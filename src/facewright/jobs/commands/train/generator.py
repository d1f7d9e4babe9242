"""Train a generator: from a dataset to weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.gan.training.options import TrainOptions
from facewright.jobs.commands.train.runs import (
    Outlook,
    RunFolder,
    Trained,
    conclude,
    joined,
    plan_device,
)
from facewright.types import Json
from facewright.version import __version__

if TYPE_CHECKING:
    from facewright.datasets.dataset import Dataset
    from facewright.training.run import Tick

__all__ = ["TrainOptions", "iterate_generator", "train_generator"]


def train_generator(
    dataset: Path,
    *,
    run: RunFolder,
    options: TrainOptions | None = None,
    dry_run: bool = False,
) -> Outlook | Trained:
    """Train a generator, or continue its training.

    Ctrl-C finishes the step and writes a checkpoint; the same command continues from there. With
    several processes: `torchrun --nproc-per-node 2 -m facewright train generator ...`

    Args:
        dataset: A folder or zip of square pictures of one size, with dataset.json or without.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.
        dry_run: Print what the run would do, and stop.

    Returns:
        The outcome, or, with `dry_run`, the plan.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, what to start from
            does not fit, or the losses are not finite any more.
        WeightsError: There are no such weights to resume from.

    Examples:
        facewright train generator faces.zip --outdir runs/faces
        facewright train generator faces.zip --outdir runs/mine --resume faces-128 --kimg 200
        facewright train generator faces.zip --outdir runs/labels --cond --mirror --dry-run
    """
    from facewright.gan.training.plan import check_options, plan_training
    from facewright.gan.training.train import iterate_generator as iterate
    from facewright.jobs.commands.train import generator_start as begin
    from facewright.training.run import finish

    options, outdir = options or TrainOptions(), run.outdir
    check_options(options)
    begin.check_outdir(outdir)
    place, processes = plan_device(run.device)
    options, start = begin.prepare_start(options, outdir)
    pictures = begin.open_pictures(dataset, options)
    plan = plan_training(pictures, options, place, world=processes.world)
    if dry_run:
        told = asdict(options)
        parts = {name: _to_json(part) for name, part in asdict(plan).items()}
        return Outlook(_describe(pictures), outdir, str(place), told, parts, processes.rank)
    anchoring = begin.prepare_anchoring(pictures, outdir, options)
    with joined(place) as (place, processes):
        ticks = iterate(
            pictures,
            outdir,
            options,
            device=place,
            start=start,
            anchoring=anchoring,
            processes=processes,
            version=__version__,
        )
        return conclude(finish(ticks), options.kimg, place, processes)


def iterate_generator(dataset: Path, *, run: RunFolder, options: TrainOptions) -> Iterator[Tick]:
    """Train as `train_generator` does, in one process, report by report: for notebooks.

    Args:
        dataset: A folder or zip of square pictures of one size, with dataset.json or without.
        run: The folder of the run, and the device.
        options: Options of the training.

    Yields:
        Each report, once its files are written.
    """
    from facewright.gan.training.plan import check_options
    from facewright.gan.training.train import iterate_generator as iterate
    from facewright.jobs.commands.train import generator_start as begin

    check_options(options)
    begin.check_outdir(run.outdir)
    place, _ = plan_device(run.device)
    options, start = begin.prepare_start(options, run.outdir)
    pictures = begin.open_pictures(dataset, options)
    yield from iterate(
        pictures,
        run.outdir,
        options,
        device=place,
        start=start,
        anchoring=begin.prepare_anchoring(pictures, run.outdir, options),
        version=__version__,
    )


def _describe(pictures: Dataset) -> dict[str, Json]:
    """Return what an outlook says about a dataset."""
    told: dict[str, Json] = {
        "name": pictures.name,
        "pictures": len(pictures),
        "resolution": pictures.resolution,
        "labels": list(pictures.label_names),
    }
    return told if pictures.balance is None else told | {"weights": pictures.balance.to_json()}


def _to_json(part: dict[str, object]) -> dict[str, Json]:
    """Return a part of a plan with number formats by their names."""
    import torch

    return {
        name: str(value).removeprefix("torch.") if isinstance(value, torch.dtype) else value  # type: ignore[misc]
        for name, value in part.items()
    }
