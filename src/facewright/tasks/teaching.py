"""Train the two networks that find faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from facewright.datasets.labelled import read_labelled
from facewright.device import pick_device
from facewright.faces.detection.detector import DetectorConfig, load_detector
from facewright.faces.detection.landmarks import MeshConfig
from facewright.faces.training.examples import Labelled
from facewright.faces.training.objectives import DetectorObjective, MeshObjective
from facewright.faces.training.train import FaceTrainOptions, Objective, train_faces
from facewright.pipelines.weights import open_weights
from facewright.tasks.training import Trained
from facewright.training.checkpoint import latest_checkpoint

__all__ = ["FaceObjectives", "FaceTrainOptions", "train_finder", "train_mesh"]


@dataclass(frozen=True, slots=True)
class FaceObjectives:
    """What the networks learn from, as recipes/finder makes it."""

    pictures: Path
    """The folder of the zips that the labels name."""
    empty: Path
    """A zip of pictures without faces."""


def train_finder(
    labels: Path,
    *,
    lessons: FaceObjectives,
    outdir: Path,
    options: FaceTrainOptions | None = None,
    device: str = "auto",
    resume: str | None = None,
) -> Trained:
    """Train a network that finds faces, or go on training one.

    It learns from scenes of 224 pixels that are composed of labelled faces on the way. Ctrl-C
    finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        lessons: Where the pictures are.
        outdir: The folder of the run: weights, checkpoints and logs.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        resume: Weights to start from, a name or a file; None starts with random ones.

    Returns:
        How it ended.

    Raises:
        DatasetError: The labels or the pictures cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
        WeightsError: `resume` is no such weights.
    """
    start = None if resume is None else load_detector(open_weights(resume))

    def prepare(labelled: Labelled, place: torch.device, seed: int) -> Objective:
        config = DetectorConfig() if start is None else start.config
        return DetectorObjective(labelled, config, place, seed=seed, start=start)

    return _teach(prepare, (labels, lessons), outdir, options or FaceTrainOptions(), device)


def train_mesh(
    labels: Path,
    *,
    lessons: FaceObjectives,
    outdir: Path,
    options: FaceTrainOptions | None = None,
    device: str = "auto",
) -> Trained:
    """Train a network that places 478 points on a face, or go on training one.

    Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        lessons: Where the pictures are.
        outdir: The folder of the run: weights, checkpoints and logs.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.

    Returns:
        How it ended.

    Raises:
        DatasetError: The labels or the pictures cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """

    def prepare(labelled: Labelled, place: torch.device, seed: int) -> Objective:
        return MeshObjective(labelled, MeshConfig(), place, seed=seed)

    return _teach(prepare, (labels, lessons), outdir, options or FaceTrainOptions(), device)


def _teach(
    prepare: Callable[[Labelled, torch.device, int], Objective],
    taught: tuple[Path, FaceObjectives],
    outdir: Path,
    options: FaceTrainOptions,
    device: str,
) -> Trained:
    """Train what a lesson is for, and say how it ended."""
    place, (labels, lessons) = pick_device(device), taught
    labelled, _ = read_labelled(labels, lessons.pictures, lessons.empty)
    weights = train_faces(prepare(labelled, place, options.seed), outdir, options, device=place)
    newest = latest_checkpoint(outdir)
    kimg = int(newest.stem.rpartition("-")[2]) / 1000 if newest else 0.0
    return Trained(weights, kimg, kimg >= options.kimg)
