"""How fast does training go, beside the plain path and the processor's own limit?

By default 64×64, channel_base 8192, batch 16, ADA bgc, lazy R1 and path length regularisation; on
a GPU 128×128 and 256×256 too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch

from benchmarks.plain import computing_plainly
from benchmarks.timing import pick, report, time_beside
from facewright.device import keep_memory, pick_dtype, seeded
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import GeneratorConfig
from facewright.gan.training.presets import pick_gamma
from facewright.gan.training.steps import (
    PATH_LENGTH_INTERVAL,
    R1_INTERVAL,
    AdversarialTrainer,
    TrainConfig,
)
from facewright.training.distributed import Processes


def main() -> None:
    """Measure our path in the precision that `auto` picks, and the plain one in float32."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=None)
    parser.add_argument("--channel-base", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--p", type=float, default=0.2, help="probability of augmentation")
    options, _ = parser.parse_known_args()
    device = torch.device(pick())
    sizes = (64, 128, 256) if device.type == "cuda" else (64,)
    for size in (options.resolution,) if options.resolution else sizes:
        measure(size, options, device)


def measure(size: int, options: argparse.Namespace, device: torch.device) -> None:
    """Time every part of a step both ways, in turns, and report seconds per thousand pictures."""
    dtype = pick_dtype(device)
    plain = list_parts(build(size, options, device, torch.float32))
    ours = list_parts(build(size, options, device, dtype))
    seconds: dict[str, dict[str, float]] = {"unaware": {}, "plain": {}, "ours": {}}
    for part in plain:  # as a program that does not know about kept memory
        run = {"unaware": plainly(plain[part])}
        seconds["unaware"][part] = time_beside(run, device=device.type)["unaware"]
    keep_memory()
    for part in plain:
        run = {"plain": plainly(plain[part]), "ours": ours[part]}
        for name, median in time_beside(run, device=device.type).items():
            seconds[name][part] = median
    pace = {name: add_up(parts) / options.batch * 1000 for name, parts in seconds.items()}
    report(
        "training",
        resolution=size,
        channel_base=options.channel_base,
        batch=options.batch,
        device=device.type,
        precision=str(dtype).removeprefix("torch."),
        plain_seconds_per_kimg=pace["unaware"],
        plain_kept_memory_seconds_per_kimg=pace["plain"],
        ours_seconds_per_kimg=pace["ours"],
        times_faster=pace["unaware"] / pace["ours"],
        times_faster_with_kept_memory_on_both=pace["plain"] / pace["ours"],
    )


def list_parts(trainer: AdversarialTrainer) -> dict[str, Callable[[], object]]:
    """Return what a step consists of, optimisers included."""
    size, batch = trainer.G.config.resolution, trainer.rules.batch
    reals = torch.rand(batch, 3, size, size, generator=seeded(0)).to(trainer.device) * 2 - 1
    c = torch.zeros(batch, 0, device=trainer.device)
    return {
        "generator": trainer.step_generator,
        "path length": trainer.step_path_length,
        "discriminator": lambda: trainer.step_discriminator(reals, c),
        "r1": lambda: trainer.step_r1(reals, c),
    }


def plainly(part: Callable[[], object]) -> Callable[[], object]:
    """Return the same part, computed the plain way."""

    def run() -> None:
        with computing_plainly():
            part()

    return run


def add_up(seconds: dict[str, float]) -> float:
    """Return the seconds of an average step: regularisation is lazy."""
    return (
        seconds["generator"]
        + seconds["path length"] / PATH_LENGTH_INTERVAL
        + seconds["discriminator"]
        + seconds["r1"] / R1_INTERVAL
    )


def build(
    size: int, options: argparse.Namespace, device: torch.device, dtype: torch.dtype
) -> AdversarialTrainer:
    """Return two untrained networks."""
    return AdversarialTrainer(
        GeneratorConfig(size, channel_base=options.channel_base, mapping_layers=2),
        DiscriminatorConfig(size, channel_base=options.channel_base),
        TrainConfig(
            batch=options.batch,
            lr=0.0025,
            gamma=pick_gamma(size, options.batch),
            path_length_weight=2,
            style_mixing=0.9,
            ema_kimg=5,
            ema_rampup=0.05,
            ada_target=None,
            ada_kimg=500,
            dtype=dtype,
        ),
        labels=torch.zeros(1, 0),
        augment=Augment(PIPES["bgc"]),
        p=options.p,
        device=device,
        processes=Processes(),
    )


if __name__ == "__main__":
    main()
