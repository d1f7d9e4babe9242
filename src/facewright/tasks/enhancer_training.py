"""Train the networks that make small or dull pictures large and clear."""

from __future__ import annotations

from pathlib import Path

from facewright.datasets.stored import gather_pictures
from facewright.device import pick_device
from facewright.enhance.train import EnhancerTrainOptions, check_options
from facewright.enhance.train import train_enhancer as run_training
from facewright.tasks.training import Trained
from facewright.training.checkpoint import latest_checkpoint

__all__ = ["EnhancerTrainOptions", "train_enhancer"]


def train_enhancer(
    pictures: Path,
    *,
    outdir: Path,
    options: EnhancerTrainOptions | None = None,
    device: str = "auto",
) -> Trained:
    """Train an enhancer, which makes small or dull pictures large and clear, or go on training one.

    It learns from patches that are made small, blurred, noisy and badly stored on the way. Ctrl-C
    finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        pictures: A folder or zip of sharp pictures of any sizes, but none smaller than a patch
            times the scale.
        outdir: The folder of the run: weights, sheets, checkpoints and logs.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.

    Returns:
        How it ended.

    Raises:
        DatasetError: The pictures cannot be read.
        InputError: An option is invalid, or a picture is too small.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """
    options, place = options or EnhancerTrainOptions(), pick_device(device)
    check_options(options)
    gathered = gather_pictures(pictures, least=options.patch * options.scale)
    weights = run_training(gathered, outdir, options, device=place)
    newest = latest_checkpoint(outdir)
    kimg = int(newest.stem.rpartition("-")[2]) / 1000 if newest else 0.0
    return Trained(weights, kimg, kimg >= options.kimg)
