"""Train StyleGAN 1: from a dataset to weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.jobs.commands.train.runs import (
    Outlook,
    RunFolder,
    Trained,
    conclude,
    joined,
    plan_device,
)
from facewright.version import __version__

if TYPE_CHECKING:
    import torch

    from facewright.datasets.dataset import Dataset
    from facewright.gan.training.progressive.plan import ProgressivePlan
    from facewright.training.distributed import Processes
    from facewright.training.run import Tick
    from facewright.types import Json

__all__ = ["StyleGAN1Options", "iterate_stylegan1", "train_stylegan1"]


def train_stylegan1(
    dataset: Path | None = None,
    *,
    run: RunFolder,
    options: StyleGAN1Options | None = None,
    dry_run: bool = False,
) -> Outlook | Trained:
    """Train a StyleGAN 1, or go on training one.

    It begins with small pictures; layers for pictures twice as large fade in, one resolution after
    another. Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there.
    With several processes: `torchrun --nproc-per-node 2 -m facewright train stylegan1 ...`

    Args:
        dataset: A folder or zip of square pictures of one size. It may stand in the options file.
        run: The folder of the run, and where to compute.
        options: How to train; None is the default of each.
        dry_run: Print what the run would do, and stop.

    Returns:
        How it ended, or, with `dry_run`, what it would do.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the losses are not
            finite any more.

    Examples:
        facewright train stylegan1 faces.zip --outdir runs/one --resolution 64 --mirror
        facewright train stylegan1 faces.zip --outdir runs/two --batch 8 --batch-at.8 64 --dry-run
    """
    from facewright.gan.training.progressive.train import iterate_stylegan1 as iterate
    from facewright.training.names import snapshot_path

    if dataset is None:
        raise InputError("no dataset is named", hint="facewright train stylegan1 faces.zip ...")
    options = options or StyleGAN1Options()
    place, processes = plan_device(run.device)
    pictures, plan = _prepare(dataset, options, place, processes)
    if dry_run:
        named: dict[str, Json] = {
            "name": pictures.name,
            "pictures": len(pictures),
            "resolution": pictures.resolution,
        }
        told, parts = options.to_json(), _describe(plan)
        return Outlook(named, run.outdir, str(place), told, parts, processes.rank)
    with joined(place) as (place, processes):
        where = {"device": place, "processes": processes}
        for _ in iterate(pictures, run.outdir, options, **where, version=__version__):
            pass
        done = conclude(snapshot_path(run.outdir, 0), options.kimg, place, processes)
    return replace(done, weights=snapshot_path(run.outdir, round(done.kimg * 1000)))


def iterate_stylegan1(
    dataset: Path, *, run: RunFolder, options: StyleGAN1Options
) -> Iterator[Tick]:
    """Train as `train_stylegan1` does, in one process, report by report: for notebooks.

    Args:
        dataset: A folder or zip of square pictures of one size.
        run: The folder of the run, and where to compute.
        options: How to train.

    Yields:
        Each report, once its pictures are written.
    """
    from facewright.gan.training.progressive.train import iterate_stylegan1 as iterate

    place, processes = plan_device(run.device)
    pictures, _ = _prepare(dataset, options, place, processes)
    yield from iterate(pictures, run.outdir, options, device=place, version=__version__)


def _prepare(
    dataset: Path, options: StyleGAN1Options, place: torch.device, processes: Processes
) -> tuple[Dataset, ProgressivePlan]:
    """Check the options, open the dataset, and plan the run."""
    from facewright.datasets.dataset import open_dataset
    from facewright.gan.training.progressive.plan import check_options, plan_progressive

    check_options(options)
    pictures = open_dataset(dataset, mirror=options.mirror, verify=True)
    return pictures, plan_progressive(pictures, options, place, world=processes.world)


def _describe(plan: ProgressivePlan) -> dict[str, dict[str, Json]]:
    """Return what a run is going to do, resolution by resolution."""
    phases = {
        str(phase.resolution): {
            "from_kimg": phase.start / 1000,
            "fade_kimg": phase.fade / 1000,
            "batch": phase.batch,
            "lr": phase.lr,
        }
        for phase in plan.phases
    }
    generator = {**asdict(plan.generator), "channels": list(plan.generator.channels)}
    return {"phases": {**phases}, "generator": generator}
