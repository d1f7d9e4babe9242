"""How fast does training go, beside the plain path and the processor's own limit?

By default 64×64, channel_base 8192, batch 16, ADA bgc, lazy R1 and path length regularisation; on
a GPU 128×128 and 256×256 too.
"""

from __future__ import annotations

import argparse
import time

import torch

from benchmarks.plain import computing_plainly
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
    """Measure our path in the precision that `auto` picks, and the plain one in float32."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=None)
    parser.add_argument("--channel-base", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--p", type=float, default=0.2, help="probability of augmentation")
    parser.add_argument("--steps", type=int, default=STEPS)
    options, _ = parser.parse_known_args()
    device = torch.device(pick())
    sizes = (64, 128, 256) if device.type == "cuda" else (64,)
    for size in (options.resolution,) if options.resolution else sizes:
        measure(size, options, device)


def measure(size: int, options: argparse.Namespace, device: torch.device) -> None:
    """Train a few steps both ways and report seconds per thousand pictures."""
    dtype = pick_dtype(device)
    with computing_plainly():  # as a program that does not know about kept memory
        plain = train(build(size, options, device, torch.float32), options)
    keep_memory()
    ours = train(build(size, options, device, dtype), options)
    report(
        "training",
        resolution=size,
        channel_base=options.channel_base,
        batch=options.batch,
        device=device.type,
        precision=str(dtype).removeprefix("torch."),
        plain_seconds_per_kimg=plain,
        ours_seconds_per_kimg=ours,
        times_faster=plain / ours,
    )


def build(
    size: int, options: argparse.Namespace, device: torch.device, dtype: torch.dtype
) -> Contest:
    """Return two untrained networks."""
    return Contest(
        GeneratorConfig(size, channel_base=options.channel_base, mapping_layers=2),
        DiscriminatorConfig(size, channel_base=options.channel_base),
        Rules(
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


def train(contest: Contest, options: argparse.Namespace) -> float:
    """Return seconds per thousand pictures."""
    size, batch = contest.G.config.resolution, options.batch
    reals = torch.rand(batch, 3, size, size, generator=seeded(0)).to(contest.device) * 2 - 1
    c = torch.zeros(batch, 0, device=contest.device)
    contest.step(reals, c)  # warms up, and does both regularisations
    contest.averages.take()
    contest.steps = 0
    start = time.perf_counter()
    for _ in range(options.steps):
        contest.step(reals, c)
    contest.averages.take()  # waits for the device
    return (time.perf_counter() - start) / (options.steps * batch) * 1000


if __name__ == "__main__":
    main()
