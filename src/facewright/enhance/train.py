"""Train the enhancement network.

It is trained on degraded patches of pictures to restore the originals. The loss is the distance of
pixels alone, without a discriminator: the network predicts the most likely detail, so that people
stay recognisable.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import nn

from facewright.datasets.stored import Gathered
from facewright.device import name_device, to_images, to_tensor
from facewright.enhance.degrade import degrade_image
from facewright.enhance.network import (
    KIND,
    Enhancer,
    EnhancerConfig,
    build_enhancer,
    enlarge_bicubic,
    pack_enhancer,
)
from facewright.enhance.options import EnhancerTrainOptions
from facewright.errors import InputError, TrainingError
from facewright.faces.training.example_rng import ExampleRng
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.training.supervised import train_network
from facewright.types import Card, Image, Json, Manifest

_SHOWN, _SHOWN_FROM = 8, -(1 << 20)
_CHARBONNIER = 0.004  # about half a step of 256


class Batch(NamedTuple):
    """Degraded patches and their originals."""

    small: Image
    """(n, patch, patch, 3), uint8."""
    truth: Image
    """(n, patch · scale, patch · scale, 3), uint8."""


class EnhancerObjective:
    """The `Objective` of an enhancer: restore degraded patches."""

    def __init__(
        self, images: Sequence[Image], options: EnhancerTrainOptions, device: torch.device
    ) -> None:
        """Set up the objective."""
        self._images, self._options, self._device = images, options, device

    def build(self) -> nn.Module:
        """Return the untrained enhancer, which equals bicubic interpolation."""
        options = self._options
        config = EnhancerConfig(options.scale, options.filters, options.blocks)
        return build_enhancer(config, seed=options.seed)

    def prepare(self, first: int, count: int) -> Batch:
        """Return degraded patches of pictures."""
        options, smalls, truths = self._options, list[Image](), list[Image]()
        for number in range(first, first + count):
            rng = ExampleRng(options.seed, number)
            truth = self._cut(self._images[rng.pick(len(self._images))], rng)
            smalls.append(degrade_image(truth, options.scale, rng, clean=options.clean_share))
            truths.append(truth)
        return Batch(np.stack(smalls), np.stack(truths))

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the distance of pixels by Charbonnier et al. 1994: L1 that is smooth at zero."""
        made = network(self._load(batch.small))
        difference = made.float() - self._load(batch.truth)
        return {"distance": (difference.square() + _CHARBONNIER**2).sqrt().mean()}

    @torch.no_grad()
    def show(self, enhancer: Enhancer) -> Image:
        """Return a sheet: patches, enlarged bicubically and by the network, and the originals."""
        batch = self.prepare(_SHOWN_FROM, _SHOWN)
        x, scale = self._load(batch.small), self._options.scale
        large = batch.small.repeat(scale, axis=1).repeat(scale, axis=2)
        rows = (large, to_images(enlarge_bicubic(x, scale)), to_images(enhancer(x)), batch.truth)
        return contact_sheet([image for row in rows for image in row], columns=_SHOWN)

    def _cut(self, image: Image, rng: ExampleRng) -> Image:
        """Return a square of a picture, (patch · scale, patch · scale, 3), flipped or not."""
        side, least = self._options.patch * self._options.scale, min(image.shape[:2])
        factor = max(rng.ratio(self._options.shrink, 1.0), side / least)
        if factor < 1:
            size = [max(round(length * factor), side) for length in image.shape[1::-1]]
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        top = rng.pick(image.shape[0] - side + 1)
        left = rng.pick(image.shape[1] - side + 1)
        cut = image[top : top + side, left : left + side]
        return np.ascontiguousarray(cut[:, ::-1] if rng.chance(0.5) else cut)

    def _load(self, images: Image) -> torch.Tensor:
        """Return pictures as a tensor, channels last."""
        x = to_tensor(images, self._device, torch.float32)
        return x.contiguous(memory_format=torch.channels_last)


def train_enhancer(
    pictures: Gathered,
    outdir: Path,
    options: EnhancerTrainOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train an enhancer, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    Sheets are written beside the weights: the input, bicubic interpolation, the output of the
    network, and the originals.

    Args:
        pictures: The training data; the shorter side of each is at least a patch times the scale.
        outdir: The folder of the run.
        options: Options of the training.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """
    check_options(options)
    _check_earlier(pictures, outdir)
    objective = EnhancerObjective(pictures.images, options, device)

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged enhancer and a sheet."""
        assert isinstance(network, Enhancer)  # noqa: S101 - for the type checker
        notes = f"{images / 1000:.1f} thousand patches"
        name = f"enhancer-{images // 1000:06d}"
        card = Card(name, KIND, trained_on=pictures.name, notes=notes)
        bundle = pack_enhancer(network, card)
        learned: Json = {"name": pictures.name, "sha256": pictures.sha256}
        bundle = replace(bundle, config={**bundle.config, "pictures": learned})
        save_bundle(path, bundle, half=True)
        manifest = _describe(pictures, options, images, device)
        sheet = outdir / f"samples-{images // 1000:06d}.png"
        publish_image(objective.show(network), sheet, manifest, overwrite=True)

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)


def check_options(options: EnhancerTrainOptions) -> None:
    """Raise InputError if an option is invalid."""
    EnhancerConfig(options.scale, options.filters, options.blocks)
    if options.patch < 4:
        raise InputError(f"--patch {options.patch} is too small", hint="48 is usual")
    if not 0 <= options.clean_share <= 1:
        raise InputError(f"--clean-share is from 0 to 1, not {options.clean_share}")
    if not (math.isfinite(options.shrink) and 0 < options.shrink <= 1):
        raise InputError(f"--shrink is above 0 and at most 1, not {options.shrink}")


def _describe(
    pictures: Gathered, options: EnhancerTrainOptions, images: int, device: torch.device
) -> Manifest:
    """Return the manifest of a sheet."""
    return Manifest(
        task="train enhancer",
        parameters={**asdict(options), "images": images},
        seeds=(options.seed,),
        sources={pictures.name: pictures.sha256},
        torch=torch.__version__,
        device=name_device(device),
    )


def _check_earlier(pictures: Gathered, outdir: Path) -> None:
    """Raise if the folder holds a run on other pictures."""
    earlier = outdir / "weights.safetensors"
    if not earlier.exists():
        return
    told = load_bundle(earlier).config.get("pictures")
    if not isinstance(told, dict) or told.get("sha256") != pictures.sha256:
        raise TrainingError(
            f"{outdir} holds an enhancer of other pictures", hint="use another --outdir"
        )
