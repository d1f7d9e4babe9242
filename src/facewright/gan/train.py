"""Train a generator and a discriminator: the whole loop, top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from facewright.data.dataset import Dataset
from facewright.data.sampler import InfiniteSampler
from facewright.device import Precision, pick_dtype, to_tensor
from facewright.errors import InputError, TrainingError
from facewright.fit.checkpoint import StopSignal
from facewright.fit.distributed import Processes, all_gather_sum, broadcast_module
from facewright.fit.log import TrainingLog, peak_memory
from facewright.gan.augment import PIPES, Augment
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import Architecture, GeneratorConfig
from facewright.gan.presets import Recipe, pick_recipe
from facewright.gan.snapshots import Archive, Gallery, load_run
from facewright.gan.steps import Contest, Rules
from facewright.gan.weights import copy_matching
from facewright.types import Json

_FREE = {"kimg", "snap", "tick_kimg", "resume"}  # may change when a run goes on


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
    channel_max: int = 512
    """Most feature maps of any layer."""
    mapping_layers: int | None = None
    """Fully connected layers from z to w."""
    path_length_weight: float | None = None
    """Weight of path length regularisation; 0 leaves it out."""
    generator: Architecture = "skip"
    """Architecture of the generator."""
    discriminator: Architecture | None = None
    """Architecture of the discriminator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Options, dataset and configuration put together: what a run is going to do."""

    recipe: Recipe
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    rules: Rules


def plan_training(dataset: Dataset, options: TrainOptions, device: torch.device) -> Plan:
    """Put options, dataset and configuration together, and check them.

    Args:
        dataset: What to learn from.
        options: What was asked for.
        device: Where to compute.

    Returns:
        The plan.

    Raises:
        InputError: An option makes no sense.
    """
    _check(options)
    recipe = pick_recipe(options.cfg, resolution=dataset.resolution, batch=options.batch)
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
        "channel_max": options.channel_max,
        "conv_clamp": 256 if dtype == torch.float16 else None,
    }
    ada_kimg = options.ada_kimg or (500 if options.resume is None else 100)
    return Plan(
        recipe,
        GeneratorConfig(
            mapping_layers=recipe.mapping_layers, architecture=options.generator, **common
        ),
        DiscriminatorConfig(
            architecture=recipe.discriminator,
            group_size=recipe.group_size,
            freeze_layers=options.freezed,
            **common,
        ),
        Rules(
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


def train_generator(  # noqa: PLR0913, PLR0912 - the loop in plain sight
    dataset: Dataset,
    outdir: Path,
    options: TrainOptions,
    *,
    device: torch.device,
    start: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
    processes: Processes | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train, or go on training, a StyleGAN2 with adaptive augmentation.

    Karras et al. 2020, "Training generative adversarial networks with limited data". A run that
    was stopped goes on where its newest checkpoint is; on one CPU process the result is the same
    to the last bit as if it had never stopped.

    Args:
        dataset: What to learn from.
        outdir: The folder of the run: pictures, weights, checkpoints and logs.
        options: How to train.
        device: Where to compute.
        start: Weights to start from, "G_ema" and optionally "G" and "D": name → tensor.
        processes: Which of how many processes this is; None is the only one.
        clock: Returns seconds.

    Returns:
        The newest weights.

    Raises:
        InputError: An option makes no sense.
        TrainingError: The folder holds another run, or the losses are not finite any more.
    """
    processes = processes or Processes()
    plan = plan_training(dataset, options, device)
    saved: dict[str, Json] = asdict(options)
    archive = Archive(outdir, dataset, saved)

    # The networks, as they start or as they were.
    contest = Contest(
        plan.generator,
        plan.discriminator,
        plan.rules,
        labels=dataset.labels,
        augment=Augment(PIPES[options.augpipe]),
        p=options.p if options.aug == "fixed" else 0.0,
        seed=options.seed,
        device=device,
        processes=processes,
    )
    sampler = InfiniteSampler(
        len(dataset), seed=options.seed, rank=processes.rank, world=processes.world
    )
    earlier: Any = load_run(outdir)
    if earlier is not None:
        _check_same_run(earlier["options"], saved, outdir)
        contest.load(earlier["contest"])
        sampler.position = earlier["position"]
    elif start is not None:
        _transfer(contest, start)
    for network in (contest.G, contest.D, contest.G_ema):
        broadcast_module(network, processes)

    # What is there to see before the first step.
    gallery = Gallery(dataset, seed=options.seed, z_dim=plan.generator.z_dim)
    total = round(options.kimg * 1000)
    if processes.first and contest.images == 0:
        archive.save_sheet("reals.png", gallery.draw_reals(dataset))
        archive.save_sheet("fakes_init.png", gallery.draw_fakes(contest))

    # The loop. One tick is a report; every `snap` ticks leave pictures, weights and a checkpoint.
    tick_images = max(round(options.tick_kimg * 1000), 1)
    log = _open_log(outdir, total, contest.images, processes, clock)
    ticks_since_snap, stopping = 0, False
    with StopSignal() as stop, log:
        while contest.images < total and not stopping:
            places = sampler.take(plan.rules.batch)
            reals = to_tensor(dataset.images(places), device, torch.float32)
            contest.step(reals, dataset.labels[torch.from_numpy(places)].to(device))
            log.advance(contest.images)

            wishes = torch.tensor(float(stop.requested), device=device)
            stopping = bool(all_gather_sum(wishes, processes) > 0)
            done = contest.images >= total or stopping
            ticks = contest.images // tick_images
            if ticks == (contest.images - plan.rules.batch) // tick_images and not done:
                continue

            # A report.
            values = contest.averages.take(processes)
            _check_finite(values, archive.outdir)
            memory = peak_memory(device)
            log.write(contest.images, {**values, "p": contest.p, "memory_GiB": memory})
            ticks_since_snap += 1
            if ticks_since_snap < options.snap and not done:
                continue

            # A snapshot.
            ticks_since_snap = 0
            if processes.first:
                name = f"fakes-{contest.images // 1000:06d}.png"
                archive.save_sheet(name, gallery.draw_fakes(contest), images=contest.images)
                archive.save_weights(contest)
                archive.save_checkpoint(contest, sampler.position)
        if stopping:
            log.note(f"stopped at {contest.images / 1000:.1f} kimg; the same command goes on")
    return outdir / f"snapshot-{contest.images // 1000:06d}.safetensors"


def _check(options: TrainOptions) -> None:
    """Raise for numbers that make no sense."""
    rules = (
        (options.kimg > 0, "--kimg is above 0"),
        (options.tick_kimg > 0, "--tick-kimg is above 0"),
        (options.snap >= 1, "--snap is 1 or more"),
        (options.aug in {"ada", "fixed", "noaug"}, "--aug is ada, fixed or noaug"),
        (0 <= options.p <= 1, "--p is between 0 and 1"),
        (0 < options.target < 1, "--target is between 0 and 1"),
        (options.gamma is None or options.gamma >= 0, "--gamma is 0 or more"),
        (options.lr is None or options.lr > 0, "--lr is above 0"),
        (options.freezed >= 0, "--freezed is 0 or more"),
        (options.augpipe in PIPES, f"--augpipe is one of {', '.join(PIPES)}"),
    )
    broken = [text for holds, text in rules if not holds]
    if broken:
        raise InputError("; ".join(broken))


def _check_same_run(earlier: dict[str, Json], now: dict[str, Json], outdir: Path) -> None:
    """Raise if a folder holds a run with other options."""
    changed = [k for k in now if k not in _FREE and k in earlier and earlier[k] != now[k]]
    if changed:
        was = ", ".join(f"{name} {earlier[name]}" for name in changed)
        raise TrainingError(
            f"{outdir} holds a run with other options: {was}",
            hint="use the same options to go on, or another --outdir with --resume to branch off",
        )


def _check_finite(values: Mapping[str, float], outdir: Path) -> None:
    """Raise once a loss is not a number any more."""
    lost = [name for name, value in values.items() if not math.isfinite(value)]
    if lost:
        raise TrainingError(
            f"{', '.join(lost)} is not a number any more",
            hint=f"the last checkpoint in {outdir} is sound; try a larger --gamma",
        )


def _transfer(contest: Contest, start: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
    """Copy what fits from other weights."""
    averaged = start["G_ema"]
    for network, tensors in (
        (contest.G, start.get("G", averaged)),
        (contest.G_ema, averaged),
        (contest.D, start.get("D", {})),
    ):
        left = copy_matching(network, tensors)
        if network is contest.G and len(left) == len(contest.G.state_dict()):
            raise TrainingError(
                "none of the weights to start from has a matching name and shape",
                hint="--channel-base and --channel-max must be those that they were trained with",
            )


def _open_log(
    outdir: Path, total: int, images: int, processes: Processes, clock: Callable[[], float]
) -> TrainingLog:
    """Open the log of the run, or one that says nothing in processes after the first."""
    if processes.first:
        return TrainingLog(outdir, total=total, images=images, clock=clock)
    return TrainingLog(
        outdir / f".process-{processes.rank}", total=total, images=images, clock=clock
    )
