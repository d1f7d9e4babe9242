"""Train the networks that name expressions."""

from __future__ import annotations

from pathlib import Path

from facewright.expressions.training.options import ExpressionTrainOptions
from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude


def train_expressions(
    dataset: Path, *, run: RunFolder, options: ExpressionTrainOptions | None = None
) -> Trained:
    """Train a network that names expressions, or go on training one.

    It learns from the part Training, and is measured on PublicTest; PrivateTest is left alone.
    Ctrl-C finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        dataset: A folder or zip of grey, square faces of one size with labels.csv: for each its
            file, its part (usage), its label in FER2013, and the ten counts of votes of FER+.
        run: The folder of the run, and where to compute. How good each network is is written there,
            too.
        options: How to train; None is the default of each.

    Returns:
        How it ended.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.

    Examples:
        facewright train expressions fer2013.zip --outdir runs/expressions
        facewright train expressions fer2013.zip --outdir runs/mini --network mini-xception
    """
    from facewright.device import pick_device
    from facewright.expressions.training.examples import read_examples
    from facewright.expressions.training.train import train_classifier

    options, place = options or ExpressionTrainOptions(), pick_device(run.device)
    weights = train_classifier(read_examples(dataset), run.outdir, options, device=place)
    return conclude(weights, options.kimg, place)
