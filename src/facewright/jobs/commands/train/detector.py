"""Train the network that finds faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude
from facewright.training.options import SupervisedOptions

if TYPE_CHECKING:
    import torch

    from facewright.faces.training.examples import Labelled
    from facewright.faces.training.train import Objective

    Build: TypeAlias = Callable[[Labelled, torch.device, int], Objective]


@dataclass(frozen=True, kw_only=True)
class FacePictures:
    """The pictures that networks learn to find faces in, as recipes/finder makes them."""

    pictures: Path
    """The folder of the zips that the labels name."""
    empty: Path
    """A zip of pictures without faces."""


def train_detector(
    labels: Path,
    *,
    pictures: FacePictures,
    run: RunFolder,
    options: SupervisedOptions | None = None,
    resume: str | None = None,
) -> Trained:
    """Train a network that finds faces, or go on training one.

    It learns from scenes of 224 pixels that are composed of labelled faces on the way. Ctrl-C
    finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        pictures: Where the pictures are.
        run: The folder of the run, and where to compute.
        options: How to train; None is the default of each.
        resume: Weights to start from, a name or a file; otherwise random ones.

    Returns:
        How it ended.

    Raises:
        DatasetError: The labels or the pictures cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
        WeightsError: `resume` is no such weights.

    Examples:
        facewright train detector faces.npz --pictures zips --empty none.zip --outdir runs/one
        facewright train detector faces.npz --pictures zips --empty none.zip --outdir two --lr 0.001
    """
    from facewright.faces.detection.detector import DetectorConfig, load_detector
    from facewright.faces.training.objectives import DetectorObjective
    from facewright.pipelines.weights import open_weights

    start = None if resume is None else load_detector(open_weights(resume))

    def build(labelled: Labelled, place: torch.device, seed: int) -> Objective:
        config = DetectorConfig() if start is None else start.config
        return DetectorObjective(labelled, config, place, seed=seed, start=start)

    return train_faces_on(labels, pictures, build, run, options)


def train_faces_on(
    labels: Path,
    pictures: FacePictures,
    build: Build,
    run: RunFolder,
    options: SupervisedOptions | None,
) -> Trained:
    """Train one of the two networks.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        pictures: Where the pictures are.
        build: Called with what was read, where to compute and the seed: returns what to learn.
        run: The folder of the run, and where to compute.
        options: How to train; None is the default of each.
    """
    from facewright.datasets.labelled import read_labelled
    from facewright.device import pick_device
    from facewright.faces.training.train import train_faces

    options, place = options or SupervisedOptions(), pick_device(run.device)
    labelled, _ = read_labelled(labels, pictures.pictures, pictures.empty)
    objective = build(labelled, place, options.seed)
    return conclude(train_faces(objective, run.outdir, options, device=place), options.kimg, place)
