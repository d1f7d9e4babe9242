"""What the training of a generator starts from: pictures, weights or another run, and anchors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.errors import InputError, TrainingError
from facewright.faces.detection.landmarks import load_mesh
from facewright.gan.anchors.appearance import AppearanceModel, read_appearance
from facewright.gan.anchors.find import FILE as ANCHORS
from facewright.gan.anchors.find import (
    KIND,
    anchor_by_labels,
    find_anchors,
    load_anchors,
    save_anchors,
)
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.plan import is_anchored
from facewright.gan.training.projected.anchored import Anchoring
from facewright.gan.training.projected.efficientnet import load_efficientnet
from facewright.gan.training.snapshots import load_run
from facewright.gan.training.transfer import (
    Start,
    adopt_shape,
    check_start,
    shape_of_bundle,
    shape_of_run,
)
from facewright.gan.weights import load_appearance
from facewright.hub.bundle import load_bundle
from facewright.hub.cards import find_owned
from facewright.latents.encoder.anchors import load_anchor_model
from facewright.pipelines.weights import open_weights
from facewright.training.checkpoint import latest_checkpoint
from facewright.types import Json


def check_outdir(outdir: Path) -> None:
    """Raise InputError if the folder of the run cannot be made: a file is in its place."""
    for path in (outdir, *outdir.parents):
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file", hint="`outdir` names the folder of the run")


def prepare_start(options: TrainOptions, outdir: Path) -> tuple[TrainOptions, Start | None]:
    """Return the options, with the shape of what they resume from, and what to start from.

    Args:
        options: As they were asked for.
        outdir: The folder of the run; a run in it goes on, and starts from nothing else.

    Raises:
        TrainingError: What to start from does not fit, or holds no checkpoint.
        WeightsError: There are no such weights.
    """
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


def open_pictures(path: Path, options: TrainOptions) -> Dataset:
    """Open the dataset, with the labels that are learned and those that are balanced.

    Raises:
        DatasetError: It cannot be used.
    """
    names = [name.strip() for name in (options.balance or "").split(",") if name.strip()]
    pictures = open_dataset(
        path, cond=options.cond or bool(names), mirror=options.mirror, verify=True
    )
    if names:
        pictures = pictures.balanced(names, limit=options.balance_limit)
    return pictures if options.cond else pictures.unlabelled()


def prepare_anchoring(dataset: Dataset, outdir: Path, options: TrainOptions) -> Anchoring | None:
    """Open the frozen network, and the anchors of a run: those in its folder, or new ones.

    Where a run resumes from weights that were anchored, its pictures get anchors by the same model,
    so that z means the same.

    Returns:
        None where neither anchors nor projected heads are asked for.
    """
    if not is_anchored(options):
        return None
    backbone = load_efficientnet()
    if options.anchor == "none":
        return Anchoring(backbone, None)
    if options.anchor == "labels":
        return Anchoring(backbone, anchor_by_labels(dataset))
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
        bundle = open_weights(resume)
        model = load_appearance(bundle)
        if model is None and (owned := find_owned((KIND,), bundle.card.sha256)):
            model = load_anchor_model(open_weights(owned))
        return model
    path = Path(resume) / ANCHORS
    return read_appearance(load_bundle(path).tensors) if path.exists() else None


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
    names = ("G", "D", "G_ema", "heads", "colours")
    start = {name: run["contest"][name] for name in names if name in run["contest"]}
    return start, shape_of_run(run)
