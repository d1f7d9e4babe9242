"""Put options, dataset and configuration together: what a training run is going to do."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

from facewright.datasets.balance import LIMIT
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


FREE_Z = 64
"""Numbers of z beyond the anchors, which nothing but chance decides."""

_LINEAR_RGB = 32
_ANCHORED_MIXING = 0.5  # style mixing, in parts of the batches


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
    balance: str | None = None
    """Draw every combination of these labels equally often, such as age,ethnicity; with --cond or
    without."""
    balance_limit: float = LIMIT
    """How many times as often as without --balance a picture may be drawn at most."""
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
    z_dim: int | None = None
    """Size of z; 512, or with anchors 64 more than there are components."""
    w_dim: int | None = None
    """Size of w."""
    linear_rgb: int | None = None
    """Blocks up to this resolution add a picture that is linear in w; 0, or 32 with anchors."""
    generator: Architecture | None = None
    """Architecture of the generator; skip, or as in the weights to start from."""
    discriminator: Literal["stylegan2", "projected", "both"] = "stylegan2"
    """What judges: StyleGAN2's own network, heads on a frozen network, or both."""
    discriminator_architecture: Architecture | None = None
    """Architecture of StyleGAN2's discriminator."""
    projected_weight: float = 0.2
    """Weight of the heads in the loss of the generator."""
    patch_weight: float = 0.1
    """Weight of a small network beside the heads that judges patches of 38 pixels; 0 leaves it
    out."""
    anchor: Literal["none", "components"] = "none"
    """Give every picture a latent of its own, by the components of its shape and texture."""
    anchor_size: int = 192
    """How many components; the rest of z stays free."""
    anchor_kimg: float = 7.0
    """Thousands of pictures that are only reconstructed before a discriminator joins in."""
    anchor_pixels: float = 1.0
    """Weight of the pixels in reconstruction."""
    anchor_features: float = 0.3
    """Weight of what the frozen network sees in reconstruction."""
    ema_kimg: float | None = None
    """Half-life of the averaged weights, in thousands of pictures."""


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
    """Tell whether anchors or projected heads join StyleGAN2's two networks."""
    return options.anchor != "none" or options.discriminator != "stylegan2"


def pick_sizes(options: TrainOptions, resolution: int) -> dict[str, int]:
    """Return the sizes of z and w, and up to which resolution pictures are linear in w."""
    sizes = {"z_dim": 512, "w_dim": 512, "linear_rgb": 0}
    if options.anchor != "none":
        sizes["z_dim"] = options.anchor_size + FREE_Z
        sizes["w_dim"] = max(512, 2 * options.anchor_size + FREE_Z)
        sizes["linear_rgb"] = min(_LINEAR_RGB, resolution // 2)
    chosen = {name: value for name in sizes if (value := getattr(options, name)) is not None}
    return sizes | chosen


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
    above += [*("channel_base", "channel_max", "mapping_layers", "anchor_size", "ema_kimg")]
    above += ["z_dim", "w_dim"]
    small = [name for name in above if numbers[name] is not None and not numbers[name] > 0]
    small = [f"--{name.replace('_', '-')} is above 0" for name in small]
    least = [*("gamma", "freezed", "path_length_weight", "seed", "linear_rgb")]
    least += ["projected_weight", "patch_weight", "anchor_kimg", "anchor_pixels", "anchor_features"]
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
        (options.anchor in {"none", "components"}, "--anchor is none or components"),
        (options.augpipe in PIPES, f"--augpipe is one of {', '.join(PIPES)}"),
        (options.cfg in PRESETS, f"--cfg is one of {', '.join(PRESETS)}, not {options.cfg}"),
    )
    broken = strange or small + negative + [text for holds, text in config if not holds]
    if broken:
        raise InputError(
            "; ".join(broken), hint="`facewright train generator --help` says what each option is"
        )
