"""Pivotal tuning: fine-tune a generator so that it reconstructs one face well.

Roich et al. 2022, "Pivotal Tuning for Latent-based Editing of Real Images": the latents, the pivot,
stay fixed, and the convolutions of the synthesis network are trained until they reconstruct the
face. To keep other faces as they were, a penalty compares the pictures of latents near the pivot
before and after (section 3.2).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from facewright.device import seeded, to_tensor
from facewright.errors import InputError
from facewright.faces.similarity.features import FaceFeatures
from facewright.gan.generator import Generator
from facewright.latents.invert import compare_with, draw_styles
from facewright.types import Image

_TUNED = ("conv0.weight", "conv0.bias", "conv1.weight", "conv1.bias", "torgb.weight", "torgb.bias")


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How to tune a generator to a face."""

    steps: int = 100
    """Number of optimisation steps."""
    lr: float = 0.001
    """The learning rate of Adam."""
    perceptual_weight: float = 0.2
    """Weight of the perceptual distance by `face-features`, besides the squared distance of pixels;
    only where such features are given."""
    locality_weight: float = 0.1
    """Weight of the change of pictures near the pivot."""
    locality_distance: float = 5.0
    """Distance of these from the pivot, as a norm in w."""
    seed: int = 0
    """Seed of the latents near the pivot."""


def tune_generator(
    generator: Generator,
    ws: torch.Tensor,
    images: Image,
    *,
    features: FaceFeatures | None = None,
    options: TuneOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Generator:
    """Fine-tune a generator until it reconstructs faces from their latents.

    Args:
        generator: Frozen; it is not changed.
        ws: The pivot: w+, (n, num_ws, w_dim).
        images: The pictures to reconstruct, (n, resolution, resolution, 3), uint8.
        features: Network of the perceptual distance; None compares pixels alone.
        options: Options; None uses the defaults.
        progress: Called with the number of steps done, and of all.

    Returns:
        A tuned copy, frozen.

    Raises:
        InputError: The latents or pictures do not fit each other, or an option is invalid.
    """
    options = options or TuneOptions()
    _check(generator, ws, images, options)
    device = generator.mapping.w_avg.device
    ws, target = ws.to(device), to_tensor(images, device, torch.float32)
    measure = compare_with(target, features, options.perceptual_weight)
    tuned, rng = copy.deepcopy(generator), seeded(options.seed)
    chosen = [p for name, p in tuned.synthesis.named_parameters() if name.endswith(_TUNED)]
    for parameter in chosen:
        parameter.requires_grad_()
    adam = torch.optim.Adam(chosen, lr=options.lr)
    for step in range(options.steps):
        adam.param_groups[0]["lr"] = options.lr * min(1.0, 2 * (1 - step / options.steps))
        loss = measure(tuned.synthesis(ws)).mean()
        if options.locality_weight:
            near = draw_near(generator, ws, options.locality_distance, rng)
            with torch.no_grad():
                before = generator.synthesis(near)
            moved = (tuned.synthesis(near) - before).square().mean()
            loss = loss + options.locality_weight * moved
        adam.zero_grad()
        loss.backward()
        adam.step()
        if progress:
            progress(step + 1, options.steps)
    return tuned.freeze()


def draw_near(
    generator: Generator, ws: torch.Tensor, distance: float, rng: torch.Generator
) -> torch.Tensor:
    """Return latents at a given distance from a pivot, each towards a random w.

    Args:
        generator: The generator that the latents belong to.
        ws: The pivot, (n, num_ws, w_dim).
        distance: Norm of the difference in each layer.
        rng: Draws the random w.

    Returns:
        (n, num_ws, w_dim).
    """
    towards = draw_styles(generator, len(ws), rng)[:, None] - ws  # [n num_ws w_dim]
    return ws + distance * towards / towards.norm(dim=2, keepdim=True).clamp_min(1e-6)


def _check(generator: Generator, ws: torch.Tensor, images: Image, options: TuneOptions) -> None:
    """Raise if something is invalid."""
    size = generator.config.resolution
    wanted = (len(images), generator.num_ws, generator.config.w_dim)
    if images.ndim != 4 or images.shape[1:] != (size, size, 3) or ws.shape != wanted:
        raise InputError(
            f"latents {tuple(ws.shape)} and pictures {images.shape} do not fit a generator of "
            f"{size}×{size} pixels and {generator.num_ws} layers"
        )
    if options.steps < 1:
        raise InputError(f"{options.steps} steps of tuning are invalid", hint="100 are usual")
    for name in ("lr", "perceptual_weight", "locality_weight", "locality_distance"):
        value = getattr(options, name)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} {value} is invalid", hint="it is not below 0")
