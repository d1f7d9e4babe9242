"""Train the networks that name expressions."""

from __future__ import annotations

from pathlib import Path

from facewright.expressions.training.options import ExpressionTrainOptions
from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude


def train_expressions(
    dataset: Path, *, run: RunFolder, options: ExpressionTrainOptions | None = None
) -> Trained:
    """Train a classifier of expressions, or continue its training.

    It is trained on the part Training, and evaluated on PublicTest; PrivateTest is not used.
    Ctrl-C finishes the step and writes a checkpoint; the same command continues from there.

    Args:
        dataset: A folder or zip of grey, square faces of one size with labels.csv: for each its
            file, its part (usage), its label in FER2013, and the ten counts of votes of FER+.
        run: The folder of the run, and the device. How good each network is is written there,
            too.
        options: Options of the training; None uses the defaults.

    Returns:
        The outcome.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.

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
