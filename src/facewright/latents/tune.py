"""Bend a generator a little, so that it draws one face well: pivotal tuning.

What latents cannot say, the weights learn (Roich et al. 2022, "Pivotal Tuning for Latent-based
Editing of Real Images"): the latents stay where they are, the pivot, and the convolutions of the
synthesis network are corrected until the face is drawn from them. So that other faces stay as they
were, latents near the pivot are drawn before and after, and have to look the same (section 3.2).
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
    """How often to draw the face and correct the weights."""
    lr: float = 0.001
    """The learning rate of Adam."""
    perceptual_weight: float = 0.2
    """How much the distance of what `face-features` sees counts beside the squared distance of the
    pixels, where there are such features."""
    locality_weight: float = 0.1
    """How much it counts that faces near by stay as they were."""
    locality_distance: float = 5.0
    """How far from the pivot they are, as the length of a difference of w."""
    seed: int = 0
    """Of the faces near by."""


def tune_generator(
    generator: Generator,
    ws: torch.Tensor,
    images: Image,
    *,
    features: FaceFeatures | None = None,
    options: TuneOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Generator:
    """Correct a generator until it draws faces from their latents.

    Args:
        generator: Frozen; it stays as it is.
        ws: The pivot: w+, (n, num_ws, w_dim).
        images: What is to be drawn from it, (n, resolution, resolution, 3), uint8.
        features: What sees more than pixels; None compares pixels alone.
        options: How; None is the default.
        progress: Called with how many steps are done, and of how many.

    Returns:
        A frozen copy with other weights.

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
    """Return latents of other faces, as far from a pivot as is said.

    Args:
        generator: Whose latents.
        ws: The pivot, (n, num_ws, w_dim).
        distance: The length of the difference, of each layer.
        rng: Whom to go towards.

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
