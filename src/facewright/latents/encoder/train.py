"""Train an encoder against a frozen generator."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import torch
from torch import nn

from facewright.device import name_device
from facewright.errors import InputError, TrainingError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.encoder.objective import EncoderObjective, Subject
from facewright.latents.encoder.options import EncoderTrainOptions, Size, Start
from facewright.latents.encoder.psp import KIND, Encoder, pack_encoder
from facewright.provenance.publish import publish_image
from facewright.training.supervised import train_network
from facewright.types import Card, Json, Manifest


def train_encoder(
    subject: Subject,
    outdir: Path,
    options: EncoderTrainOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train an encoder, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    Sheets are written beside the weights: faces above, their reconstructions below.

    Args:
        subject: The generator and the training data.
        outdir: The folder of the run.
        options: Options of the training.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights.

    Raises:
        InputError: An option is invalid, or the pictures have another size.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """
    _check(subject, options, outdir)
    objective = EncoderObjective(subject, options, device)
    if subject.earlier is not None and subject.earlier.config != objective.plan():
        raise InputError(
            "the encoder to resume from has another shape, or another generator's number of layers",
            hint="--network and --start as it was trained with",
        )

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged encoder and a sheet."""
        assert isinstance(network, Encoder)  # noqa: S101 - for the type checker
        notes = f"{images / 1000:.1f} thousand faces; for the generator {subject.name}"
        trained = subject.pictures.name if subject.pictures else "generated faces"
        card = Card(f"encoder-{images // 1000:06d}", KIND, trained_on=trained, notes=notes)
        generator = {"name": subject.name, "sha256": subject.sha256}
        save_bundle(path, pack_encoder(network, card, generator=generator), half=True)
        sheet, name = objective.show(network), f"samples-{images // 1000:06d}.png"
        manifest = _describe(subject, options, images, device)
        publish_image(sheet, outdir / name, manifest, overwrite=True)

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)


def _describe(
    subject: Subject, options: EncoderTrainOptions, images: int, device: torch.device
) -> Manifest:
    """Return the manifest of a sheet."""
    pictures = subject.pictures
    return Manifest(
        task="train encoder",
        parameters={**asdict(options), "images": images},
        seeds=(options.seed,),
        models={subject.name: subject.sha256, **subject.models},
        sources={pictures.name: pictures.sha256} if pictures else {},
        torch=torch.__version__,
        device=name_device(device),
    )


def _check(subject: Subject, options: EncoderTrainOptions, outdir: Path) -> None:
    """Raise if an option is invalid, or if the parts do not fit each other."""
    if options.network not in get_args(Size):
        raise InputError(f"no encoder is called `{options.network}`", hint="small or ir-se-50")
    if options.start not in get_args(Start):
        raise InputError(f"no start is called `{options.start}`", hint="average or anchors")
    if not 0 <= options.real_share <= 1:
        raise InputError(f"--real-share is from 0 to 1, not {options.real_share}")
    weights = ("pixels", "perceptual", "traits", "latents", "norm")
    for name in (*(f"{part}_weight" for part in weights), "generated_kimg"):
        if not (math.isfinite(getattr(options, name)) and getattr(options, name) >= 0):
            raise InputError(f"--{name.replace('_', '-')} is not below 0")
    size = subject.generator.config.resolution
    if subject.pictures is not None and subject.pictures.resolution != size:
        raise InputError(
            f"the pictures have {subject.pictures.resolution} pixels, the generator {size}",
            hint=f"`facewright prepare --size {size}` cuts faces to its size",
        )
    earlier = outdir / "weights.safetensors"
    if earlier.exists() and _read_generator(earlier) != subject.sha256:
        raise TrainingError(
            f"{outdir} holds an encoder for another generator", hint="use another --outdir"
        )


def _read_generator(path: Path) -> Json:
    """Return the sha256 of the generator that an encoder belongs to; None if unknown."""
    told = load_bundle(path).config.get("generator")
    return told.get("sha256") if isinstance(told, dict) else None
