"""Plan a training run from options and the pictures of two styles."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from facewright.convert.discriminators import PatchConfig
from facewright.convert.generators import TranslatorConfig, check_size
from facewright.convert.training.cyclegan import TrainConfig
from facewright.convert.training.losses import Mode
from facewright.convert.training.options import TranslatorTrainOptions
from facewright.convert.weights import check_name
from facewright.datasets.dataset import Dataset, open_dataset
from facewright.device import pick_dtype
from facewright.errors import InputError

NETWORKS: dict[str, dict[str, Any]] = {
    "resnet-6": {"architecture": "resnet", "blocks": 6},
    "resnet-9": {"architecture": "resnet", "blocks": 9},
    "unet-128": {"architecture": "unet", "blocks": 7},
    "unet-256": {"architecture": "unet", "blocks": 8},
}
_STYLES = ("trainA", "trainB")
_COMPARED = 16  # pictures


@dataclass(frozen=True, slots=True)
class Styles:
    """The pictures of two styles, all of one size."""

    a: Dataset
    b: Dataset


@dataclass(frozen=True, slots=True)
class TranslationPlan:
    """What a run builds and trains."""

    translator: TranslatorConfig
    discriminator: PatchConfig
    config: TrainConfig


def open_styles(a: Path, b: Path | None = None, *, mirror: bool = False) -> Styles:
    """Open the pictures of two styles.

    Args:
        a: A folder or zip of the pictures of style A; without `b`, a folder with the folders
            trainA and trainB.
        b: A folder or zip of the pictures of style B.
        mirror: Whether to add every picture flipped left to right.

    Returns:
        Both datasets; every picture was decoded once.

    Raises:
        DatasetError: There are no pictures, or one cannot be used.
        InputError: There is one picture, both are the same pictures, or the sizes differ.
    """
    if b is None:
        a, b = a / _STYLES[0], a / _STYLES[1]
        if not (a.is_dir() and b.is_dir()):
            raise InputError(
                f"{a.parent} does not hold the folders {_STYLES[0]} and {_STYLES[1]}",
                hint="name two folders or zips: --a young.zip --b old.zip",
            )
    if a.resolve() == b.resolve():
        raise InputError(
            f"{a} is named for both styles", hint="--a and --b name different pictures"
        )
    pictures = Styles(*(open_dataset(path, mirror=mirror, verify=True) for path in (a, b)))
    _check_styles(pictures, a, b)
    return pictures


def plan_translation(
    styles: Styles, options: TranslatorTrainOptions, device: torch.device, *, world: int = 1
) -> TranslationPlan:
    """Plan a run: combine options and pictures, and check them.

    Args:
        styles: The training data.
        options: The options given.
        device: The device that computes.
        world: Number of processes that share a batch.

    Raises:
        InputError: An option is invalid, or does not fit the size of the pictures.
    """
    check_options(options)
    if options.batch % world:
        raise InputError(f"a batch of {options.batch} does not divide among {world} processes")
    translator = TranslatorConfig(
        **NETWORKS[options.generator],
        filters=options.filters,
        norm=options.norm,
        upsampling=options.upsampling,
        residual=options.residual,
        colour=options.colour,
    )
    discriminator = PatchConfig(
        options.discriminator, filters=options.filters, layers=options.layers, norm=options.norm
    )
    side = styles.a.resolution
    check_size(translator, side, side)
    if side < discriminator.smallest:
        raise InputError(
            f"the discriminator {options.discriminator} takes pictures from "
            f"{discriminator.smallest} pixels on, not of {side}",
            hint="--discriminator n-layers --layers 1, or pixel",
        )
    config = TrainConfig(
        batch=options.batch,
        lr=options.lr,
        discriminator_lr=options.discriminator_lr or options.lr,
        total=round(options.kimg * 1000),
        decay=options.decay,
        mode=options.gan,
        cycle=options.cycle,
        identity=options.identity,
        pool=options.pool,
        augment=options.augment,
        ema_kimg=options.ema_kimg,
        dtype=pick_dtype(device, options.precision),
    )
    return TranslationPlan(translator, discriminator, config)


def check_options(options: TranslatorTrainOptions) -> None:
    """Check the options that do not depend on pictures.

    Raises:
        InputError: Options are invalid; the message names all of them.
    """
    numbers = {name: getattr(options, name) for name in asdict(options)}
    broken = [
        f"--{name.replace('_', '-')} is a number, not {value}"
        for name, value in numbers.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]
    above = ("batch", "layers", "filters", "lr", "snap", "tick_kimg", "ema_kimg")
    least = ("cycle", "identity", "pool", "decay", "augment", "seed", "discriminator_lr")
    broken += [f"--{n.replace('_', '-')} is above 0" for n in above if not numbers[n] > 0]
    broken += [f"--{n.replace('_', '-')} is 0 or more" for n in least if not numbers[n] >= 0]
    if round(options.kimg * 1000 if math.isfinite(options.kimg) else 1) < 1:
        broken.append("--kimg is at least 0.001, one picture")
    broken += [f"--{n} is at most 1" for n in ("decay", "augment") if numbers[n] > 1]
    if options.generator not in NETWORKS:
        broken.append(f"--generator is one of {', '.join(NETWORKS)}")
    if options.features and options.gan == "wgangp":
        broken.append("--features goes with --gan lsgan or vanilla")
    if options.gan not in get_args(Mode):
        broken.append(f"--gan is one of {', '.join(get_args(Mode))}")
    if broken:
        raise InputError(
            "; ".join(broken), hint="`facewright train translator --help` says what each option is"
        )
    if options.name:
        check_name(options.name)


def _check_styles(styles: Styles, a: Path, b: Path) -> None:
    """Raise unless two styles are suitable for training."""
    for dataset, path in ((styles.a, a), (styles.b, b)):
        if len(dataset.names) < 2:
            raise InputError(
                f"there is one picture in {path}", hint="a style is learned from many pictures"
            )
    if _look_alike(styles):
        raise InputError(
            f"{a} and {b} hold the same pictures", hint="--a and --b name different pictures"
        )
    if styles.a.resolution != styles.b.resolution:
        raise InputError(
            f"the pictures in {a} have {styles.a.resolution} pixels a side, "
            f"those in {b} {styles.b.resolution}",
            hint="`facewright prepare` cuts out faces at one --size",
        )


def _look_alike(styles: Styles) -> bool:
    """Return whether the first files of both styles have equal names and pictures."""
    a, b = styles.a, styles.b
    if a.names != b.names or a.resolution != b.resolution:
        return False
    places = range(min(len(a.names), _COMPARED))
    return np.array_equal(a.images(places), b.images(places))
