"""Train the networks that name expressions."""

from __future__ import annotations

from pathlib import Path

from facewright.device import pick_device
from facewright.expressions.examples import read_examples
from facewright.expressions.objective import ExpressionTrainOptions
from facewright.expressions.train import train_classifier
from facewright.tasks.training import Trained
from facewright.training.checkpoint import latest_checkpoint

__all__ = ["ExpressionTrainOptions", "train_expressions"]


def train_expressions(
    dataset: Path,
    *,
    outdir: Path,
    options: ExpressionTrainOptions | None = None,
    device: str = "auto",
) -> Trained:
    """Train a network that names expressions, or go on training one.

    It learns from the part Training, and is measured on PublicTest; PrivateTest is left alone.
    Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        dataset: A folder or zip of grey, square faces of one size with labels.csv: for each its
            file, its part (usage), its label in FER2013, and the ten counts of votes of FER+.
        outdir: The folder of the run: weights, checkpoints, logs, and how good each of them is.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.

    Returns:
        How it ended.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """
    options, place = options or ExpressionTrainOptions(), pick_device(device)
    weights = train_classifier(read_examples(dataset), outdir, options, device=place)
    newest = latest_checkpoint(outdir)
    kimg = int(newest.stem.rpartition("-")[2]) / 1000 if newest else 0.0
    return Trained(weights, kimg, kimg >= options.kimg)
