"""Draw random people whose layers come from two each, and measure them.

    python recipes/directions/sample.py NETWORK.pt SAMPLES.npz [--weights faces-128] [--count 12000]

NETWORK.pt is what recipes/face-features/fit.py wrote. Each group of layers takes its styles from
one of two people, by the toss of a coin: so a fit can tell what each group does. SAMPLES.npz gets
one row per picture: the seeds of both people, the groups that come from the second, and everything
that attributes.py measures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from attributes import BATCH, measure_faces, open_networks

from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable, load_generator, load_labels
from facewright.latents.sample import draw_latents, draw_styles
from facewright.pipelines.weights import open_weights

GROUPS = {
    10: ((0,), (1,), (2, 3), (4,), (5, 6, 7), (8, 9)),
    12: ((0,), (1,), (2, 3), (4, 5), (6, 7), (8, 9, 10, 11)),
}
"""Number of layers → those that do similar things, as layers.py found."""
PSI = 0.8
FIRST_SEED = 100_000


def find_styles(generator: Generator, labels: LabelTable, seeds: np.ndarray) -> torch.Tensor:
    """Return w of people, (n, w_dim), at PSI."""
    z, c = draw_latents(generator.config, seeds.tolist(), labels=labels)
    with torch.no_grad():
        return generator.map_to_w(z, c, truncation_psi=PSI)[:, 0]


def mix_people(pairs: torch.Tensor, second: np.ndarray, layers: int) -> torch.Tensor:
    """Return w+ (n, num_ws, w_dim) of pairs (n, 2, w_dim), by the tosses (n, groups)."""
    ws = pairs[:, :1].repeat(1, layers, 1)
    for group, tossed in zip(GROUPS[layers], torch.from_numpy(second).T, strict=True):
        for layer in group:
            ws[tossed, layer] = pairs[tossed, 1]
    return ws


def main() -> None:
    """Read the command line, draw, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--count", type=int, default=12_000)
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, labels = load_generator(bundle), load_labels(bundle)
    groups = len(GROUPS[generator.num_ws])
    networks, rng = open_networks(options.network, bundle), np.random.default_rng(0)
    seeds = np.arange(2 * options.count).reshape(-1, 2) + FIRST_SEED
    second = rng.random((options.count, groups)) < 0.5
    parts = []
    for start in range(0, options.count, BATCH):
        mine = slice(start, start + BATCH)
        pairs = find_styles(generator, labels, seeds[mine].ravel()).unflatten(0, (-1, 2))
        images = draw_styles(generator, mix_people(pairs, second[mine], generator.num_ws), batch=16)
        parts.append(measure_faces(networks, images).numbers)
        if start % (16 * BATCH) == 0:
            print(f"{start} of {options.count}", flush=True)
    numbers = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    np.savez_compressed(options.samples, seeds=seeds, second=second, **numbers)


if __name__ == "__main__":
    main()
