"""Train translators: from the pictures of two styles to weights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from facewright.convert.training.plan import (
    TranslatorTrainOptions,
    check_options,
    open_styles,
    plan_translation,
)
from facewright.convert.training.train import train_translator as run_training
from facewright.device import pick_device
from facewright.errors import InputError
from facewright.faces.similarity.features import load_face_features
from facewright.pipelines.weights import open_weights
from facewright.tasks.training import Trained
from facewright.training.checkpoint import latest_checkpoint
from facewright.training.distributed import (
    all_gather_sum,
    read_processes,
    start_processes,
    stop_processes,
)
from facewright.version import __version__

__all__ = ["TranslatorTrainOptions", "TwoStyles", "train_translator"]


@dataclass(frozen=True, slots=True)
class TwoStyles:
    """Where the pictures of two styles are: square ones of one size, such as `prepare` makes."""

    a: Path
    """A folder or zip of style A; without --b, a folder with the folders trainA and trainB."""
    b: Path | None = None
    """A folder or zip of style B."""


def train_translator(
    *,
    styles: TwoStyles,
    outdir: Path,
    options: TranslatorTrainOptions | None = None,
    device: str = "auto",
) -> Trained:
    """Train two translators that undo each other, or go on training them: CycleGAN.

    No picture of one style has to show what a picture of the other shows. Ctrl-C finishes the step
    and leaves a checkpoint; the same command goes on from there.

    Args:
        styles: Where the pictures are.
        outdir: The folder of the run: samples, weights, checkpoints and logs.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.

    Returns:
        How it ended.

    Raises:
        DatasetError: The pictures cannot be used.
        InputError: An option is invalid, both styles are the same pictures, their sizes differ,
            or there are too few.
        TrainingError: The folder holds another run or one that is going on, or the losses are not
            finite any more.
    """
    options = options or TranslatorTrainOptions()
    check_options(options)
    place, processes = pick_device(device), read_processes(os.environ)
    pictures = open_styles(styles.a, styles.b, mirror=options.mirror)
    plan_translation(pictures, options, place, world=processes.world)
    features = open_weights(options.features) if options.features else None
    if processes.world > 1 and place.index is not None:
        raise InputError(
            f"--device {device} is one GPU, but there are {processes.world} processes",
            hint="--device cuda: each process takes the GPU of its local rank",
        )
    processes = start_processes(os.environ, place.type)
    if processes.world > 1 and place.type == "cuda":
        place = torch.device("cuda", processes.local_rank)
    try:
        weights = run_training(
            pictures,
            outdir,
            options,
            device=place,
            processes=processes,
            features=load_face_features(features, place) if features else None,
            version=__version__,
        )
        newest = latest_checkpoint(outdir) if processes.first else None
        seen = int(newest.stem.rpartition("-")[2]) if newest else 0
        kimg = int(all_gather_sum(torch.tensor(seen, device=place), processes)) / 1000
    finally:
        stop_processes(processes)
    return Trained(weights, kimg, kimg >= options.kimg, processes.rank)
