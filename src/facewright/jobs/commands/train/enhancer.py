"""Train the networks that make small or dull pictures large and clear."""

from __future__ import annotations

from pathlib import Path

from facewright.enhance.options import EnhancerTrainOptions
from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude


def train_enhancer(
    pictures: Path, *, run: RunFolder, options: EnhancerTrainOptions | None = None
) -> Trained:
    """Train an enhancer, which makes small or dull pictures large and clear, or go on training one.

    It learns from patches that are made small, blurred, noisy and badly stored on the way. Ctrl-C
    finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        pictures: A folder or zip of sharp pictures of any sizes, but none smaller than a patch
            times the scale.
        run: The folder of the run, and where to compute.
        options: How to train; None is the default of each.

    Returns:
        How it ended.

    Raises:
        DatasetError: The pictures cannot be read.
        InputError: An option is invalid, or a picture is too small.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.

    Examples:
        facewright train enhancer photos --outdir runs/enhancer
        facewright train enhancer photos.zip --outdir runs/four --scale 4 --patch 32
    """
    from facewright.datasets.stored import gather_pictures
    from facewright.device import pick_device
    from facewright.enhance.train import check_options
    from facewright.enhance.train import train_enhancer as train

    options, place = options or EnhancerTrainOptions(), pick_device(run.device)
    check_options(options)
    gathered = gather_pictures(pictures, least=options.patch * options.scale)
    weights = train(gathered, run.outdir, options, device=place)
    return conclude(weights, options.kimg, place)
