"""Schedule of progressive growing: which resolution is trained when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch

from facewright.datasets.dataset import Dataset
from facewright.device import pick_dtype
from facewright.errors import InputError
from facewright.gan.layers.basic import channels_at, resolutions_up_to
from facewright.gan.stylegan1.networks import ProgressiveConfig
from facewright.gan.training.progressive.options import StyleGAN1Options

_GROUP = 4  # pictures whose spread the discriminator sees


@dataclass(frozen=True, slots=True)
class Phase:
    """The part of a training that is spent on one resolution."""

    resolution: int
    """Width of the pictures in pixels."""
    start: int
    """Number of pictures seen before it."""
    fade: int
    """Number of pictures over which its layers fade in; 0 is at once."""
    batch: int
    """Pictures per step, of all processes together."""
    lr: float
    """Learning rate; the mapping network has a hundredth."""

    def alpha(self, images: int) -> float:
        """Return the blend of the new resolution after `images` pictures, 0 to 1."""
        if not self.fade:
            return 1.0
        return min(max((images - self.start) / self.fade, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class ProgressivePlan:
    """What a run builds, and its schedule."""

    phases: tuple[Phase, ...]
    """One for each resolution, smallest first; the last has no end."""
    generator: ProgressiveConfig
    group: int
    """Pictures per group of the minibatch standard deviation."""
    loss: Literal["logistic", "wgan-gp"]
    gamma: float
    n_critic: int
    style_mixing: float
    ema_kimg: float
    dtype: torch.dtype

    def phase_at(self, images: int) -> Phase:
        """Return the phase of the step after `images` pictures."""
        return [phase for phase in self.phases if phase.start <= images][-1]


def plan_progressive(
    dataset: Dataset, options: StyleGAN1Options, device: torch.device, *, world: int = 1
) -> ProgressivePlan:
    """Plan a run: combine options and dataset, and check them.

    Args:
        dataset: The training data.
        options: The options given.
        device: The device that computes.
        world: Number of processes that share a batch.

    Raises:
        InputError: An option is invalid.
    """
    check_options(options)
    largest = options.resolution or dataset.resolution
    if not options.initial_resolution <= largest <= dataset.resolution:
        raise InputError(
            f"`resolution` {largest} is not between `initial_resolution` "
            f"{options.initial_resolution} and the {dataset.resolution} pixels of the dataset",
            hint="`initial_resolution` 4 begins with the smallest pictures",
        )
    grown = [size for size in resolutions_up_to(largest) if size >= options.initial_resolution]
    length = round((options.fade_kimg + options.stable_kimg) * 1000)
    phases = tuple(
        Phase(
            size,
            start=number * length,
            fade=round(options.fade_kimg * 1000) if number else 0,
            batch=_share(options.batch_at.get(str(size), options.batch), size, world),
            lr=options.lr_at.get(str(size), options.lr),
        )
        for number, size in enumerate(grown)
    )
    generator = ProgressiveConfig(
        resolution=largest,
        z_dim=options.z_dim,
        w_dim=options.w_dim or options.z_dim,
        mapping_layers=options.mapping_layers,
        channels=tuple(
            channels_at(size, options.channel_base, options.channel_max)
            for size in resolutions_up_to(largest)
        ),
    )
    return ProgressivePlan(
        phases,
        generator,
        _GROUP,
        loss=options.loss,
        gamma=options.gamma,
        n_critic=options.n_critic,
        style_mixing=options.style_mixing,
        ema_kimg=options.ema_kimg,
        dtype=pick_dtype(device, options.precision),
    )


def check_options(options: StyleGAN1Options) -> None:
    """Check the options that do not depend on a dataset.

    Raises:
        InputError: Options are invalid; the message names all of them.
    """
    problems = [text for holds, text in _list_rules(options) if not holds]
    if problems:
        raise InputError(
            "; ".join(problems), hint="`facewright train stylegan1 --help` says what each is"
        )


def _list_rules(options: StyleGAN1Options) -> list[tuple[bool, str]]:
    """Return the conditions that must hold, each with its message."""
    above = ["kimg", "tick_kimg", "snap", "batch", "lr", "n_critic", "z_dim", "mapping_layers"]
    above += ["channel_base", "channel_max", "ema_kimg"]
    rules = [(_is_above(getattr(options, name)), f"`{name}` is above 0") for name in above]
    for name in ("fade_kimg", "stable_kimg", "gamma", "seed"):
        value = getattr(options, name)
        rules.append((math.isfinite(value) and value >= 0, f"`{name}` is 0 or more"))
    for name in ("batch_at", "lr_at"):
        for size, value in getattr(options, name).items():
            rules.append((_is_size(size), f"`{name}` names no resolution by {size}"))
            rules.append((_is_above(value), f"`{name}` is above 0 at {size} pixels"))
    for name in ("initial_resolution", "resolution"):
        value = getattr(options, name)
        fits = value is None or _is_size(value)
        rules.append((fits, f"`{name}` is a power of two from 4 to 1024"))
    grows = options.fade_kimg + options.stable_kimg > 0
    rules.append((grows, "`fade_kimg` and `stable_kimg` are not both 0"))
    rules.append((0 <= options.style_mixing <= 1, "`style_mixing` is between 0 and 1"))
    rules.append((options.w_dim is None or options.w_dim > 0, "`w_dim` is above 0"))
    return rules


def _is_above(value: float) -> bool:
    """Return whether a number is finite and above 0."""
    return math.isfinite(value) and value > 0


def _is_size(value: int | str) -> bool:
    """Return whether a number is a valid resolution."""
    return str(value) in {str(4 << level) for level in range(9)}


def _share(batch: int, resolution: int, world: int) -> int:
    """Return the batch of a resolution, if it splits evenly between the processes."""
    if batch % world:
        raise InputError(
            f"a batch of {batch} at {resolution} pixels cannot be shared by {world} processes",
            hint=f"choose multiples of {world} for `batch` and `batch_at`",
        )
    return batch
