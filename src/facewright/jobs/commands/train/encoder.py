"""Train the networks that find the latents of faces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude
from facewright.latents.encoder.options import EncoderTrainOptions

if TYPE_CHECKING:
    import torch

    from facewright.hub.store import Progress
    from facewright.latents.encoder.features import Perception

_NONE = "none"


@dataclass(frozen=True, kw_only=True)
class EncoderNetworks:
    """Networks for the training of an encoder."""

    generator: str | None = None
    """The generator whose latents it estimates: a name of the catalog or a file; the starter if not
    given."""
    features: str = "face-features"
    """Network of the perceptual loss: weights for tight crops, by name or file; or the folder of
    the run that trained the generator, to use its discriminator; or none."""
    resume: str | None = None
    """Weights of an encoder to start from, a name or a file, such as that of the generator before
    it was trained on; otherwise random ones."""


def train_encoder(
    dataset: Path | None = None,
    /,
    *,
    run: RunFolder,
    networks: EncoderNetworks | None = None,
    options: EncoderTrainOptions | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train an encoder, which estimates the latents of faces, or continue its training.

    It is trained on generated faces, whose latents are known, then increasingly on real ones.
    Ctrl-C finishes the step and writes a checkpoint; the same command continues from there.

    Args:
        dataset: A folder or zip of real faces, cut as the generator draws them and of its size;
            without one, generated faces alone are learned from.
        run: The folder of the run, and the device.
        networks: Whose latents to find, and what compares faces.
        options: Options of the training; None uses the defaults.
        progress: Called with how far a download of weights is.

    Returns:
        The outcome.

    Raises:
        DatasetError: The dataset cannot be used.
        InputError: An option is invalid, or the pictures have another size.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
        WeightsError: There are no such weights, or no run to take features from.

    Examples:
        facewright train encoder faces.zip --outdir runs/encoder
        facewright train encoder faces.zip --outdir runs/encoder --start anchors
        facewright train encoder --outdir runs/encoder --generator mine.safetensors --features none
        facewright train encoder faces.zip --outdir runs/on --start anchors --resume encoder-128
    """
    from facewright.datasets.dataset import open_dataset
    from facewright.device import pick_device
    from facewright.latents.encoder.objective import Subject
    from facewright.latents.encoder.psp import load_encoder
    from facewright.latents.encoder.train import train_encoder as train
    from facewright.pipelines.draw.latents import LatentsPipeline
    from facewright.pipelines.weights import open_weights

    networks = networks or EncoderNetworks()
    options, place = options or EncoderTrainOptions(), pick_device(run.device)
    earlier = None if networks.resume is None else open_weights(networks.resume, progress)
    perception, models = _open_perception(networks.features, place, progress)
    models |= {} if earlier is None else {earlier.card.name: earlier.card.sha256}
    people = LatentsPipeline(networks.generator, device=place, dtype="float32", progress=progress)
    subject = Subject(
        people.generator,
        people.bundle.card.name,
        people.bundle.card.sha256,
        people.labels,
        open_dataset(dataset, mirror=True, verify=True) if dataset else None,
        perception,
        models,
        people.load_anchors() if options.start == "anchors" else None,
        None if earlier is None else load_encoder(earlier),
    )
    return conclude(train(subject, run.outdir, options, device=place), options.kimg, place)


def _open_perception(
    features: str, device: torch.device, progress: Progress | None
) -> tuple[Perception | None, dict[str, str]]:
    """Return what compares faces, and name → sha256 of its weights, where it has a file."""
    from facewright.faces.similarity.features import load_face_features
    from facewright.latents.encoder.features import FacePerception, load_features
    from facewright.pipelines.weights import open_weights

    if features == _NONE:
        return None, {}
    if Path(features).is_dir():
        return load_features(Path(features), device), {}
    bundle = open_weights(features, progress)
    models = {bundle.card.name: bundle.card.sha256}
    return FacePerception(load_face_features(bundle, device)), models
