"""Plan a training run from options, dataset and named configuration."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from facewright.datasets.dataset import Dataset
from facewright.device import pick_dtype
from facewright.errors import InputError
from facewright.gan.augment.pipeline import PIPES
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import Architecture, GeneratorConfig
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.presets import PRESETS, Recipe, pick_recipe
from facewright.gan.training.steps import TrainConfig

_SEEDS = 1 << 48  # so that the seeds of several processes fit in 64 bits

CHANNEL_MAX = 512
"""Default of the most feature maps of any layer."""

ARCHITECTURE: Architecture = "skip"
"""Default architecture of the generator."""


FREE_Z = 64
"""Dimensions of z beyond the anchors, which stay random."""

_LINEAR_RGB = 32
_ANCHORED_MIXING = 0.5  # style mixing, in parts of the batches


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run builds and trains."""

    recipe: Recipe
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    config: TrainConfig


def plan_training(
    dataset: Dataset, options: TrainOptions, device: torch.device, *, world: int = 1
) -> Plan:
    """Plan a run: combine options, dataset and named configuration, and check them.

    Args:
        dataset: The training data.
        options: The options given.
        device: The device that computes.
        world: Number of processes that share a batch.

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
        for name in (
            *("gamma", "lr", "channel_base", "mapping_layers", "path_length_weight", "ema_kimg"),
        )
        if (value := getattr(options, name)) is not None
    }
    if is_anchored(options):
        recipe = replace(recipe, path_length_weight=0.0, style_mixing=_ANCHORED_MIXING)
    values = {name: getattr(recipe, name) for name in Recipe.__slots__}
    if options.discriminator_architecture is not None:
        chosen["discriminator"] = options.discriminator_architecture
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
            **pick_sizes(options, dataset.resolution),
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


def is_anchored(options: TrainOptions) -> bool:
    """Return whether the options ask for anchors or projected heads."""
    return options.anchor != "none" or options.discriminator != "stylegan2"


def pick_sizes(options: TrainOptions, resolution: int) -> dict[str, int]:
    """Return `z_dim`, `w_dim` and `linear_rgb` of the generator."""
    sizes = {"z_dim": 512, "w_dim": 512, "linear_rgb": 0}
    if options.anchor != "none":
        size = options.anchor_size if options.anchor == "components" else 0
        sizes["z_dim"] = size + FREE_Z
        sizes["w_dim"] = max(512, 2 * size + FREE_Z)
        sizes["linear_rgb"] = min(_LINEAR_RGB, resolution // 2)
    chosen = {name: value for name in sizes if (value := getattr(options, name)) is not None}
    return sizes | chosen


def check_options(options: TrainOptions) -> None:
    """Check the options that do not depend on a dataset.

    Raises:
        InputError: Options are invalid; the message names all of them.
    """
    numbers = {name: getattr(options, name) for name in asdict(options)}
    strange = [
        f"--{name.replace('_', '-')} is a number, not {value}"
        for name, value in numbers.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]
    above = [*("kimg", "tick_kimg", "snap", "lr", "ada_kimg", "batch")]
    above += [*("channel_base", "channel_max", "mapping_layers", "anchor_size", "ema_kimg")]
    above += ["z_dim", "w_dim"]
    small = [name for name in above if numbers[name] is not None and not numbers[name] > 0]
    small = [f"--{name.replace('_', '-')} is above 0" for name in small]
    least = [*("gamma", "freezed", "path_length_weight", "seed", "linear_rgb")]
    least += [
        "projected_weight",
        "colour_weight",
        "anchor_kimg",
        "anchor_pixels",
        "anchor_features",
    ]
    negative = [name for name in least if numbers[name] is not None and numbers[name] < 0]
    negative = [f"--{name.replace('_', '-')} is 0 or more" for name in negative]
    config = (
        (options.seed < _SEEDS, "--seed is below 2 to the power of 48"),
        (options.aug in {"ada", "fixed", "noaug"}, "--aug is ada, fixed or noaug"),
        (options.balance_limit >= 1, "--balance-limit is 1 or more"),
        (0 <= options.p <= 1, "--p is between 0 and 1"),
        (0 < options.target < 1, "--target is between 0 and 1"),
        (
            options.discriminator in {"stylegan2", "projected", "both"},
            "--discriminator is stylegan2, projected or both",
        ),
        (
            options.anchor in {"none", "components", "labels"},
            "--anchor is none, components or labels",
        ),
        (options.anchor != "labels" or options.cond, "--anchor labels goes with --cond"),
        (options.augpipe in PIPES, f"--augpipe is one of {', '.join(PIPES)}"),
        (options.cfg in PRESETS, f"--cfg is one of {', '.join(PRESETS)}, not {options.cfg}"),
    )
    broken = strange or small + negative + [text for holds, text in config if not holds]
    if broken:
        raise InputError(
            "; ".join(broken), hint="`facewright train generator --help` says what each option is"
        )
