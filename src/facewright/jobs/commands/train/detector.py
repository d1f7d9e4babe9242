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
    """Training pictures of the face networks, as recipes/finder makes them."""

    pictures: Path
    """The folder of the zips that the labels name, or the zip if there is one."""
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
    """Train a face detector, or continue its training.

    It is trained on scenes of 224 pixels that are composed of labelled faces. Ctrl-C finishes the
    step and writes a checkpoint; the same command continues from there.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        pictures: Where the pictures are.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.
        resume: Weights to start from, a name or a file; otherwise random ones.

    Returns:
        The outcome.

    Raises:
        DatasetError: The labels or the pictures cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
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
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.
    """
    from facewright.datasets.labelled import read_labelled
    from facewright.device import pick_device
    from facewright.faces.training.train import train_faces

    options, place = options or SupervisedOptions(), pick_device(run.device)
    labelled, _ = read_labelled(labels, pictures.pictures, pictures.empty)
    objective = build(labelled, place, options.seed)
    return conclude(train_faces(objective, run.outdir, options, device=place), options.kimg, place)
