"""Put options, dataset and configuration together: what a training run is going to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import torch

from facewright.datasets.dataset import Dataset
from facewright.device import pick_dtype
from facewright.errors import InputError
from facewright.gan.augment.pipeline import PIPES
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import Architecture, GeneratorConfig
from facewright.gan.training.presets import PRESETS, Recipe, pick_recipe
from facewright.gan.training.steps import TrainConfig
from facewright.types import Precision

_SEEDS = 1 << 48  # so that the seeds of several processes fit in 64 bits

CHANNEL_MAX = 512
"""Most feature maps of any layer, where nobody says anything else."""

ARCHITECTURE: Architecture = "skip"
"""Of the generator, where nobody says anything else."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train; None is what the configuration chooses."""

    cfg: str = "auto"
    """Named configuration: auto, stylegan2, paper256, paper512, paper1024 or cifar."""
    kimg: float = 25000
    """Stop after so many thousands of pictures."""
    batch: int | None = None
    """Pictures per step, of all processes together."""
    gamma: float | None = None
    """Weight of R1 regularisation."""
    mirror: bool = False
    """Add every picture flipped left to right."""
    aug: Literal["ada", "fixed", "noaug"] = "ada"
    """Adaptive augmentation, a fixed probability, or none."""
    p: float = 0.2
    """Probability of augmentation with `aug` "fixed"."""
    target: float = 0.6
    """What adaptive augmentation holds the mean sign of the scores of real pictures at."""
    ada_kimg: float | None = None
    """How fast it adapts: p moves by one in so many thousands of pictures."""
    augpipe: str = "bgc"
    """Which augmentations: blit, geom, color, filter, noise, cutout, or bg, bgc ... bgcfnc."""
    cond: bool = False
    """Learn the labels of the dataset too."""
    resume: str | None = None
    """Start from these weights or this run instead of from noise: transfer learning."""
    freezed: int = 0
    """Layers of the discriminator, from the picture on, that keep their weights."""
    snap: int = 10
    """Ticks between two snapshots of pictures and weights."""
    tick_kimg: float = 4
    """Thousands of pictures between two reports."""
    seed: int = 0
    """Where every random number starts."""
    precision: Precision = "auto"
    """Number format of the convolutions."""
    lr: float | None = None
    """Learning rate of both networks."""
    channel_base: int | None = None
    """Feature maps times resolution."""
    channel_max: int | None = None
    """Most feature maps of any layer; 512, or as in the weights to start from."""
    mapping_layers: int | None = None
    """Fully connected layers from z to w."""
    path_length_weight: float | None = None
    """Weight of path length regularisation; 0 leaves it out."""
    generator: Architecture | None = None
    """Architecture of the generator; skip, or as in the weights to start from."""
    discriminator: Architecture | None = None
    """Architecture of the discriminator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Options, dataset and configuration put together: what a run is going to do."""

    recipe: Recipe
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    config: TrainConfig


def plan_training(
    dataset: Dataset, options: TrainOptions, device: torch.device, *, world: int = 1
) -> Plan:
    """Put options, dataset and configuration together, and check them.

    Args:
        dataset: What to learn from.
        options: What was asked for.
        device: Where to compute.
        world: How many processes share a batch.

    Returns:
        The plan.

    Raises:
        InputError: An option is invalid.
    """
    check_options(options)
    recipe = pick_recipe(
        options.cfg, resolution=dataset.resolution, batch=options.batch, world=world
    )
    chosen = {
        name: value
        for name in ("gamma", "lr", "channel_base", "mapping_layers", "path_length_weight")
        if (value := getattr(options, name)) is not None
    }
    values = {name: getattr(recipe, name) for name in Recipe.__slots__}
    if options.discriminator is not None:
        chosen["discriminator"] = options.discriminator
    recipe = Recipe(**{**values, **chosen})
    dtype = pick_dtype(device, options.precision)
    common: dict[str, Any] = {
        "resolution": dataset.resolution,
        "c_dim": dataset.labels.shape[1],
        "channel_base": recipe.channel_base,
        "channel_max": CHANNEL_MAX if options.channel_max is None else options.channel_max,
        "conv_clamp": 256 if dtype == torch.float16 else None,
    }
    ada_kimg = options.ada_kimg
    if ada_kimg is None:  # a discriminator that is there already learns by heart sooner
        ada_kimg = 500 if options.resume is None else 100
    return Plan(
        recipe,
        GeneratorConfig(
            mapping_layers=recipe.mapping_layers,
            architecture=options.generator or ARCHITECTURE,
            **common,
        ),
        DiscriminatorConfig(
            architecture=recipe.discriminator,
            group_size=recipe.group_size,
            freeze_layers=options.freezed,
            **common,
        ),
        TrainConfig(
            batch=recipe.batch,
            lr=recipe.lr,
            gamma=recipe.gamma,
            path_length_weight=recipe.path_length_weight,
            style_mixing=recipe.style_mixing,
            ema_kimg=recipe.ema_kimg,
            ema_rampup=None if options.resume else recipe.ema_rampup,
            ada_target=options.target if options.aug == "ada" else None,
            ada_kimg=ada_kimg,
            dtype=dtype,
        ),
    )


def check_options(options: TrainOptions) -> None:
    """Raise for numbers that are invalid, whatever the dataset is.

    Raises:
        InputError: At least one; names all of them.
    """
    numbers = {name: getattr(options, name) for name in TrainOptions.__slots__}
    strange = [
        f"--{name.replace('_', '-')} is a number, not {value}"
        for name, value in numbers.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]
    above = [*("kimg", "tick_kimg", "snap", "lr", "ada_kimg", "batch")]
    above += [*("channel_base", "channel_max", "mapping_layers")]
    small = [name for name in above if numbers[name] is not None and not numbers[name] > 0]
    small = [f"--{name.replace('_', '-')} is above 0" for name in small]
    least = ("gamma", "freezed", "path_length_weight", "seed")
    negative = [name for name in least if numbers[name] is not None and numbers[name] < 0]
    negative = [f"--{name.replace('_', '-')} is 0 or more" for name in negative]
    config = (
        (options.seed < _SEEDS, "--seed is below 2 to the power of 48"),
        (options.aug in {"ada", "fixed", "noaug"}, "--aug is ada, fixed or noaug"),
        (0 <= options.p <= 1, "--p is between 0 and 1"),
        (0 < options.target < 1, "--target is between 0 and 1"),
        (options.augpipe in PIPES, f"--augpipe is one of {', '.join(PIPES)}"),
        (options.cfg in PRESETS, f"--cfg is one of {', '.join(PRESETS)}, not {options.cfg}"),
    )
    broken = strange or small + negative + [text for holds, text in config if not holds]
    if broken:
        raise InputError(
            "; ".join(broken), hint="`facewright train generator --help` says what each option is"
        )
