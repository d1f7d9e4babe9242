"""Train the networks that find the latents of faces."""

from __future__ import annotations

from pathlib import Path

import torch

from facewright.datasets.dataset import open_dataset
from facewright.device import pick_device
from facewright.faces.similarity.features import KIND as FACE_FEATURES
from facewright.faces.similarity.features import load_face_features
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.store import Progress
from facewright.latents.encoder.features import FacePerception, Perception, load_features
from facewright.latents.encoder.objective import EncoderTrainOptions, Subject
from facewright.latents.encoder.train import train_encoder as run_training
from facewright.pipelines.weights import open_weights, pick_weights
from facewright.tasks.training import Trained
from facewright.training.checkpoint import latest_checkpoint

__all__ = ["EncoderTrainOptions", "train_encoder"]

_NONE = "none"


def train_encoder(  # noqa: PLR0913
    dataset: Path | None = None,
    *,
    outdir: Path,
    generator: str | None = None,
    features: str = FACE_FEATURES,
    options: EncoderTrainOptions | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Trained:
    """Train an encoder, which finds the latents of faces, or go on training one.

    It learns on generated faces, whose latents are known, then more and more on real ones. Ctrl-C
    finishes the step and leaves a checkpoint; the same command goes on from there.

    Args:
        dataset: A folder or zip of real faces, cut as the generator draws them and of its size;
            without one, generated faces alone are learned from.
        outdir: The folder of the run: weights, sheets, checkpoints and logs.
        generator: Whose latents to find: a name of the catalog or a file; None is the starter.
        features: What compares faces for the perceptual part of the loss: weights that see tight
            crops, by name or file; or the folder of the run that trained the generator, for what
            its discriminator sees; or none.
        options: How to train; None is the default of each.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        progress: Called with how far a download of weights is.

    Returns:
        How it ended.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid, or the pictures have another size.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
        WeightsError: There are no such weights, or no run to take features from.
    """
    options, place = options or EncoderTrainOptions(), pick_device(device)
    perception, models = _open_perception(features, place, progress)
    bundle = open_weights(pick_weights(generator), progress)
    subject = Subject(
        load_generator(bundle, place),
        bundle.card.name,
        bundle.card.sha256,
        load_labels(bundle),
        open_dataset(dataset, mirror=True, verify=True) if dataset else None,
        perception,
        models,
    )
    weights = run_training(subject, outdir, options, device=place)
    newest = latest_checkpoint(outdir)
    kimg = int(newest.stem.rpartition("-")[2]) / 1000 if newest else 0.0
    return Trained(weights, kimg, kimg >= options.kimg)


def _open_perception(
    features: str, device: torch.device, progress: Progress | None
) -> tuple[Perception | None, dict[str, str]]:
    """Return what compares faces, and name → sha256 of its weights, where it has a file."""
    if features == _NONE:
        return None, {}
    if Path(features).is_dir():
        return load_features(Path(features), device), {}
    bundle = open_weights(features, progress)
    models = {bundle.card.name: bundle.card.sha256}
    return FacePerception(load_face_features(bundle, device)), models
