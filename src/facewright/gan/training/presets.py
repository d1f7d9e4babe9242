"""Named configurations of StyleGAN2-ADA, and their values for a dataset and a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facewright.errors import InputError
from facewright.gan.generator import Architecture


@dataclass(frozen=True, slots=True)
class Recipe:
    """The hyperparameters of a named configuration."""

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
    """Probability that a training picture takes its styles from two z."""
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


def pick_recipe(name: str, *, resolution: int, batch: int | None = None, world: int = 1) -> Recipe:
    """Return the hyperparameters of a named configuration.

    "auto" derives them from resolution and batch; the others are those that the StyleGAN2 and the
    StyleGAN2-ADA papers report results with.

    Args:
        name: One of `PRESETS`.
        resolution: Resolution of the dataset in pixels.
        batch: Pictures per step; None is the configuration's own choice.
        world: Number of processes that share a batch.

    Returns:
        The hyperparameters, for that batch.

    Raises:
        InputError: The name is unknown, the batch is not positive, or it cannot be split
            evenly between the processes.
    """
    if batch is not None and batch < 1:
        raise InputError(f"a batch has at least one picture, not {batch}")
    if name not in PRESETS:
        raise InputError(
            f"no configuration is called `{name}`", hint=f"one of: {', '.join(PRESETS)}"
        )
    if name == "auto":
        batch = batch or max(min(4096 // resolution, 32), 4 * world)
        return _share(_derive(resolution, batch), world)
    fixed = _FIXED[name]
    return _share(replace(fixed, batch=batch or fixed.batch), world)


def pick_gamma(resolution: int, batch: int) -> float:
    """Return the usual weight of R1 (Karras et al. 2020, "Training GANs with limited data")."""
    return 0.0002 * resolution**2 / batch


def _derive(resolution: int, batch: int) -> Recipe:
    """Return the numbers of "auto"."""
    return Recipe(
        batch=batch,
        group_size=4,
        channel_base=32768 if resolution >= 512 else 16384,
        lr=0.002 if resolution >= 1024 else 0.0025,
        gamma=pick_gamma(resolution, batch),
        ema_kimg=batch * 10 / 32,
        ema_rampup=0.05,
        mapping_layers=2,
    )


def _share(recipe: Recipe, world: int) -> Recipe:
    """Return the recipe with groups that fit into the share of each process."""
    share, rest = divmod(recipe.batch, world)
    if rest or share == 0:
        raise InputError(
            f"a batch of {recipe.batch} cannot be shared by {world} processes",
            hint=f"pass --batch {max(share, 1) * world}, or another multiple of {world}",
        )
    fitting = [size for size in range(1, recipe.group_size + 1) if share % size == 0]
    return replace(recipe, group_size=fitting[-1])
