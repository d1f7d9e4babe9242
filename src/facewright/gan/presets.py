"""The field's named configurations, and what they mean for a dataset and a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.errors import InputError
from facewright.gan.generator import Architecture

Preset: TypeAlias = Literal["auto", "stylegan2", "paper256", "paper512", "paper1024", "cifar"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers that a named configuration fixes."""

    batch: int
    """Pictures per step."""
    group_size: int
    """Pictures per group of the minibatch standard deviation."""
    channel_base: int
    """Feature maps times resolution."""
    lr: float
    """Learning rate of both networks."""
    gamma: float
    """Weight of R1 regularisation."""
    ema_kimg: float
    """Half-life of the averaged weights, in thousands of pictures."""
    ema_rampup: float | None
    """The half-life is at most this share of the pictures seen so far; None is no limit."""
    mapping_layers: int
    """Fully connected layers from z to w."""
    path_length_weight: float = 2.0
    """Weight of path length regularisation; 0 leaves it out."""
    style_mixing: float = 0.9
    """How often a training picture takes its styles from two z."""
    discriminator: Architecture = "resnet"
    """Architecture of the discriminator."""


_FIXED = {
    "stylegan2": Recipe(32, 4, 32768, 0.002, 10, 10, None, 8),
    "paper256": Recipe(64, 8, 16384, 0.0025, 1, 20, None, 8),
    "paper512": Recipe(64, 8, 32768, 0.0025, 0.5, 20, None, 8),
    "paper1024": Recipe(32, 4, 32768, 0.002, 2, 10, None, 8),
    "cifar": Recipe(64, 32, 32768, 0.0025, 0.01, 500, 0.05, 2, 0, 0, "orig"),
}
PRESETS: tuple[str, ...] = ("auto", *_FIXED)
"""Every name that `pick_recipe` takes."""


def pick_recipe(name: str, *, resolution: int, batch: int | None = None) -> Recipe:
    """Return the numbers of a configuration.

    "auto" derives them from resolution and batch; the others are those that the StyleGAN2 and the
    StyleGAN2-ADA papers report results with.

    Args:
        name: One of `PRESETS`.
        resolution: Of the dataset, in pixels.
        batch: Pictures per step; None is the configuration's own choice.

    Returns:
        The numbers, for that batch.

    Raises:
        InputError: The name is unknown, or the batch is not positive.
    """
    if batch is not None and batch < 1:
        raise InputError(f"a batch has at least one picture, not {batch}")
    if name == "auto":
        return _derive(resolution, batch or max(min(4096 // resolution, 32), 4))
    if name not in _FIXED:
        raise InputError(
            f"no configuration is called `{name}`", hint=f"one of: {', '.join(PRESETS)}"
        )
    fixed = _FIXED[name]
    if batch is None or batch == fixed.batch:
        return fixed
    values = {key: getattr(fixed, key) for key in Recipe.__slots__}
    return Recipe(**{**values, "batch": batch, "group_size": _group(batch, fixed.group_size)})


def pick_gamma(resolution: int, batch: int) -> float:
    """Return the usual weight of R1 (Karras et al. 2020, "Training GANs with limited data")."""
    return 0.0002 * resolution**2 / batch


def _derive(resolution: int, batch: int) -> Recipe:
    """Return the numbers of "auto"."""
    return Recipe(
        batch=batch,
        group_size=_group(batch, 4),
        channel_base=32768 if resolution >= 512 else 16384,
        lr=0.002 if resolution >= 1024 else 0.0025,
        gamma=pick_gamma(resolution, batch),
        ema_kimg=batch * 10 / 32,
        ema_rampup=0.05,
        mapping_layers=2,
    )


def _group(batch: int, largest: int) -> int:
    """Return the largest group size up to `largest` that divides the batch."""
    return max(size for size in range(1, min(batch, largest) + 1) if batch % size == 0)
