"""Transfer learning: start training from other weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import torch

from facewright.errors import TrainingError, WeightsError
from facewright.gan.stylegan1.networks import ProgressiveConfig
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.plan import ARCHITECTURE, CHANNEL_MAX, pick_sizes
from facewright.gan.training.presets import pick_recipe
from facewright.gan.training.projected.anchored import AnchoredTrainer
from facewright.gan.training.steps import AdversarialTrainer
from facewright.gan.weights import KIND, copy_matching, read_config
from facewright.types import Bundle, Json

Start: TypeAlias = Mapping[str, Mapping[str, torch.Tensor]]
"""Weights to start from: "G_ema", and optionally "G", "D", "heads" and "colours"; each by name."""

_SHAPE = (
    *("z_dim", "w_dim", "linear_rgb", "channel_base", "channel_max", "mapping_layers"),
    "generator",
    "discriminator_architecture",
)
_EMBEDDING = "mapping.embed.weight"  # of labels
_BLOCK = re.compile(r"synthesis\.b(\d+)\.")


def shape_of_bundle(bundle: Bundle) -> dict[str, Json]:
    """Return the options that give networks the shape of a bundle's generator.

    Raises:
        WeightsError: The bundle holds no generator, or its configuration is unknown.
    """
    if bundle.card.kind != KIND:
        raise WeightsError(
            f"`{bundle.card.name}` is a {bundle.card.kind}, not a generator",
            hint="`facewright models list` shows which weights are generators",
        )
    config = read_config(bundle)
    if isinstance(config, ProgressiveConfig):
        raise WeightsError(
            f"`{bundle.card.name}` is of StyleGAN 1, and training makes StyleGAN2",
            hint="start without --transfer, or from weights of StyleGAN2",
        )
    shape = {name: getattr(config, name) for name in _SHAPE[:-2]}
    return {**shape, "generator": config.architecture}


def shape_of_run(run: Mapping[str, Any]) -> dict[str, Json]:
    """Return the options that give networks the shape of those of a run.

    Args:
        run: What `load_run` returns.
    """
    names, known = run["contest"]["G"], TrainOptions.__dataclass_fields__
    options = {name: value for name, value in run["options"].items() if name in known}
    resolution = max(int(found[1]) for name in names if (found := _BLOCK.match(name)))
    recipe = pick_recipe(options["cfg"], resolution=resolution)
    shape: dict[str, Json] = {
        **pick_sizes(TrainOptions(**options), resolution),
        "channel_base": recipe.channel_base,
        "channel_max": CHANNEL_MAX,
        "mapping_layers": recipe.mapping_layers,
        "generator": ARCHITECTURE,
        "discriminator_architecture": recipe.discriminator,
    }
    chosen = {name: options[name] for name in _SHAPE if options.get(name) is not None}
    return {**shape, **chosen}


def adopt_shape(options: TrainOptions, shape: Mapping[str, Any]) -> TrainOptions:
    """Return options with what they leave open (None) taken from a shape."""
    left = [name for name in _SHAPE if getattr(options, name) is None]
    return replace(options, **{name: shape[name] for name in left if name in shape})


def check_start(options: TrainOptions, start: Start | None) -> None:
    """Raise unless the weights to start from have all networks that the options need.

    Raises:
        TrainingError: `freezed` is above 0, but there is no discriminator to start from.
    """
    if options.freezed > 0 and not (start or {}).get("D"):
        raise TrainingError(
            f"--freezed {options.freezed} keeps layers of a discriminator that has learned nothing",
            hint="--resume RUNFOLDER: only the folder of a run has a discriminator to start from",
        )


def transfer(trainer: AdversarialTrainer, start: Start) -> str:
    """Copy the tensors of the same name and shape from other weights.

    Args:
        trainer: Its networks are changed in place.
        start: The tensors to copy.

    Returns:
        A sentence that says how many tensors were copied.

    Raises:
        TrainingError: Not one convolution of the generator fits.
    """
    averaged, parts = start["G_ema"], []
    copy_matching(trainer.G_ema, averaged)
    for label, network, tensors in (
        ("generator", trainer.G, start.get("G", averaged)),
        ("discriminator", trainer.D, start.get("D", {})),
    ):
        own, left = network.state_dict(), set(copy_matching(network, tensors))
        parts.append(f"{len(own) - len(left)} of {len(own)} tensors of the {label}")
        if network is trainer.G and not _convolutions(own) - left:
            raise TrainingError(
                "none of the weights to start from fits the layers that draw: "
                f"{parts[0]} have a matching name and shape",
                hint="leave out --channel-base, --channel-max and --generator, or pass those that "
                "they were trained with",
            )
    if isinstance(trainer, AnchoredTrainer):
        copy_matching(trainer.heads, start.get("heads", {}))
        copy_matching(trainer.colours, start.get("colours", {}))
    said = "copied " + " and ".join(parts)
    if _EMBEDDING in averaged and _EMBEDDING not in trainer.G.state_dict():
        said += "; what was copied draws by label: with --cond, and labels, it begins more like it"
    return said


def _convolutions(own: Mapping[str, torch.Tensor]) -> set[str]:
    """Return the names of the weights of all synthesis convolutions."""
    return {
        name
        for name, tensor in own.items()
        if name.startswith("synthesis.") and name.endswith(".weight") and tensor.ndim == 4
    }
