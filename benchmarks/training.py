"""How fast does training go, beside the plain path that needs no trick?

The size is the one that the field's reference implementation is quoted at: 64×64, channel_base
8192, batch 16, ADA bgc, lazy R1 and path length regularisation.
"""

from __future__ import annotations

import argparse
import time

import torch

from benchmarks.timing import pick, report
from facewright.device import keep_memory, pick_dtype, seeded
from facewright.fit.distributed import Processes
from facewright.gan.augment import PIPES, Augment
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import GeneratorConfig
from facewright.gan.presets import pick_gamma
from facewright.gan.steps import Contest, Rules

STEPS = 16  # one whole round of lazy regularisation


def main() -> None:
    """Measure each precision; the fastest is what `auto` picks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--channel-base", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--p", type=float, default=0.2, help="probability of augmentation")
    parser.add_argument("--steps", type=int, default=STEPS)
    options, _ = parser.parse_known_args()
    keep_memory()
    device = torch.device(pick())
    for dtype in dict.fromkeys((pick_dtype(device), torch.float32)):
        measure(options, device, dtype)


def measure(options: argparse.Namespace, device: torch.device, dtype: torch.dtype) -> None:
    """Train a few steps and report seconds per thousand pictures."""
    size, batch = options.resolution, options.batch
    contest = Contest(
        GeneratorConfig(size, channel_base=options.channel_base, mapping_layers=2),
        DiscriminatorConfig(size, channel_base=options.channel_base),
        Rules(
            batch=batch,
            lr=0.0025,
            gamma=pick_gamma(size, batch),
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
    reals = torch.rand(batch, 3, size, size, generator=seeded(0)).to(device) * 2 - 1
    c = torch.zeros(batch, 0, device=device)
    contest.step(reals, c)  # warms up, and does both regularisations, so that the next 16 do too
    contest.averages.take()
    contest.steps = 0
    start = time.perf_counter()
    for _ in range(options.steps):
        contest.step(reals, c)
    contest.averages.take()  # waits for the device
    seconds = time.perf_counter() - start
    report(
        "training",
        resolution=size,
        channel_base=options.channel_base,
        batch=batch,
        device=device.type,
        precision=str(dtype).removeprefix("torch."),
        seconds_per_kimg=seconds / (options.steps * batch) * 1000,
    )


if __name__ == "__main__":
    main()
