"""Train StyleGAN 1: from a dataset to weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

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

__all__ = ["StyleGAN1Options", "iterate_stylegan1", "rename_stylegan1", "train_stylegan1"]


def train_stylegan1(
    dataset: Path | None = None,
    *,
    run: RunFolder,
    options: StyleGAN1Options | None = None,
    dry_run: bool = False,
) -> Outlook | Trained:
    """Train a StyleGAN 1, or continue its training.

    It begins with small pictures; layers for pictures twice as large fade in, one resolution after
    another. Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there.
    With several processes: `torchrun --nproc-per-node 2 -m facewright train stylegan1 ...`

    Args:
        dataset: A folder or zip of square pictures of one size. It may stand in the options file.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.
        dry_run: Print what the run would do, and stop.

    Returns:
        The outcome, or, with `dry_run`, the plan.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the losses are no longer
            finite.

    Examples:
        facewright train stylegan1 faces.zip --outdir runs/one --resolution 64 --mirror
        facewright train stylegan1 faces.zip --outdir runs/two --batch 8 --batch-at.8 64 --dry-run
    """
    from facewright.gan.training.progressive.train import iterate_stylegan1 as iterate
    from facewright.training.run import finish

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
        ticks = iterate(
            pictures,
            run.outdir,
            options,
            device=place,
            processes=processes,
            version=__version__,
        )
        return conclude(finish(ticks), options.kimg, place, processes)


def iterate_stylegan1(
    dataset: Path, *, run: RunFolder, options: StyleGAN1Options
) -> Iterator[Tick]:
    """Train as `train_stylegan1` does, in one process, report by report: for notebooks.

    Args:
        dataset: A folder or zip of square pictures of one size.
        run: The folder of the run, and the device.
        options: Options of the training.

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


# ---------------------------------------------------------------- names of older notebooks

_MINI_BATCH = 8  # where nobody names another
_Rename: TypeAlias = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


def rename_stylegan1(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters of older notebooks under the names of `facewright train stylegan1`.

    Args:
        told: Name → value; names of the older notebooks (`n_sample`, `DGR` ...), of the command,
            or both.

    Returns:
        Names of the command → values. What stands under both names has the value of the newer one.

    Raises:
        InputError: A parameter had one value for good, or asks for another command.

    Example:
        >>> rename_stylegan1({"n_sample": 600_000, "max_step": 4, "DGR": 1, "lr": 0.002})
        {'fade_kimg': 600.0, 'stable_kimg': 0.0, 'resolution': 64, 'n_critic': 1, 'lr': 0.002}
    """
    renamed: dict[str, Any] = {}
    for name, value in told.items():
        if name in _NAMES:
            renamed |= _NAMES[name](value, told)
    kept = {name: value for name, value in told.items() if name not in _NAMES}
    return renamed | kept


def _rename(name: str) -> _Rename:
    """Return what gives a value another name."""
    return lambda value, _: {name: value}


def _rename_table(name: str) -> _Rename:
    """Return what renames a table of resolutions, or the number that stands for all of them."""

    def rename(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return {f"{name}_at": {str(size): number for size, number in value.items()}}
        return {name: value, f"{name}_at": {}}

    return rename


def _rename_report(value: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """Turn steps between two reports into thousands of pictures, at the smallest batch."""
    return {"tick_kimg": value * told.get("mini_batch_size", _MINI_BATCH) / 1000}


def _rename_mixing(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Take a probability; an empty list was no mixing."""
    if isinstance(value, list) and value:
        raise InputError(
            f"style_mixing={value} is a list of steps, which no training ever used",
            hint="a probability, such as 0.9, or [] for none; `facewright mix` mixes layers",
        )
    return {"style_mixing": value or 0.0}


def _check_input(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept the only size that the first feature maps have."""
    if value != 4:
        raise InputError(f"dim_input={value}: the first feature maps have 4×4 pixels")
    return {}


def _check_gpus(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept as many GPUs as there are processes."""
    if value not in {1, int(os.environ.get("WORLD_SIZE", "1"))}:
        raise InputError(
            f"n_gpu={value}, but each GPU has a process of its own, and this is the only one",
            hint=f"torchrun --nproc-per-node {value} -m facewright train stylegan1 ...",
        )
    return {}


def _check_training(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept that this command trains."""
    if not value:
        raise InputError(
            "is_train is false, and this command trains",
            hint="`facewright generate --weights runs/one/snapshot-... -o people.png` draws",
        )
    return {}


_NAMES: dict[str, _Rename] = {
    "n_gpu": _check_gpus,
    "learning_rate": _rename_table("lr"),
    "batch_size": _rename_table("batch"),
    "mini_batch_size": _rename("batch"),
    "n_fc": _rename("mapping_layers"),
    "dim_latent": lambda value, _: {"z_dim": value, "w_dim": value},
    "dim_input": _check_input,
    "n_sample": lambda value, _: {"fade_kimg": value / 1000, "stable_kimg": 0.0},
    "n_sample_total": lambda value, _: {"kimg": value / 1000},
    "DGR": _rename("n_critic"),
    "n_show_loss": _rename_report,
    "step": lambda value, _: {"initial_resolution": 4 << value},
    "max_step": lambda value, _: {"resolution": 4 << value},
    "style_mixing": _rename_mixing,
    "image_folder_path": _rename("dataset"),
    "save_folder_path": _rename("outdir"),
    "is_train": _check_training,
    "is_continue": _rename("continue"),
}
"""Name in the older notebooks → what it is here; `device` is the same."""
