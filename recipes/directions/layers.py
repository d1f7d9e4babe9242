"""Measure what each layer of a generator carries.

    python recipes/directions/layers.py NETWORK.pt [--weights faces-128] [--pairs 150]

NETWORK.pt is what recipes/face-features/fit.py wrote. For pairs of random people A and B, the
styles of one layer of B are put into A. The share of a layer is how far that moves A towards B: the
change along the difference of B and A, in parts of that difference, over all pairs (the slope of a
regression through zero). 1 is all the way. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from attributes import BATCH, Floats, Measured, Networks, join, measure_faces, open_networks

from facewright.device import to_tensor
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels
from facewright.latents.edit import mix_styles
from facewright.latents.sample import draw_latents, draw_styles
from facewright.pipelines.weights import open_weights
from facewright.types import Image

ROWS = {
    "shape of the face": ("shapes",),
    "width of the face": ("face-width",),
    "yaw": ("yaw",),
    "pitch": ("pitch",),
    "smile": ("smile",),
    "mouth open": ("mouth-open",),
    "eyes open": ("eyes-open",),
    "height of the brows": ("brows-up",),
    "lightness of the skin": ("skin-l",),
    "hue of the skin": ("skin-a", "skin-b"),
    "lightness of the hair": ("hair-l",),
    "background": ("background-l", "background-a", "background-b"),
    "light from the side": ("light-side",),
    "contrast": ("contrast",),
    "age, as guessed": ("age",),
    "gender, as guessed": ("male",),
    "likeness": ("identity",),
}
"""Row of the table → attributes."""


def pick(measured: Measured, names: tuple[str, ...]) -> Floats:
    """Return attributes as vectors, (n, d)."""
    if names == ("shapes",):
        return measured.shapes[:, :, :2].reshape(len(measured.shapes), -1)
    if names == ("identity",):
        return measured.identity
    return np.stack([measured.numbers[name] for name in names], 1)


def find_share(own: Floats, mixed: Floats, other: Floats) -> float:
    """Return how far `mixed` is on the way from `own` to `other`, (n, d) each."""
    whole, moved = other - own, mixed - own
    known = np.isfinite(whole).all(1) & np.isfinite(moved).all(1)
    return float((moved[known] * whole[known]).sum() / (whole[known] ** 2).sum())


def draw_and_measure(
    generator: Generator, networks: Networks, ws: torch.Tensor
) -> tuple[Image, Measured]:
    """Draw w+ and measure the faces."""
    images = draw_styles(generator, ws, batch=16)
    parts = [measure_faces(networks, x) for x in np.split(images, range(BATCH, len(ws), BATCH))]
    return images, join(parts)


@torch.no_grad()
def find_feature_share(networks: Networks, own: Image, mixed: Image, other: Image) -> float:
    """Return the perceptual distance from `own` to `mixed`, in parts of that to `other`."""
    cpu, features = torch.device("cpu"), networks.guesser.features
    one, two, three = (to_tensor(x, cpu, torch.float32) for x in (own, mixed, other))
    return float(features.compare(one, two).sum() / features.compare(one, three).sum())


def main() -> None:
    """Read the command line, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--pairs", type=int, default=150)
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, networks = load_generator(bundle), open_networks(options.network, bundle)
    seeds = range(2 * options.pairs)
    z, c = draw_latents(generator.config, seeds, labels=load_labels(bundle))
    with torch.no_grad():
        ws = generator.map_to_w(z, c, truncation_psi=0.7)
    images, people = draw_and_measure(generator, networks, ws)
    table = {name: [] for name in (*ROWS, "change as a network sees it")}
    for layer in range(generator.num_ws):
        mixed = mix_styles(ws[::2], ws[1::2], [layer])
        drawn, measured = draw_and_measure(generator, networks, mixed)
        for row, names in ROWS.items():
            values = pick(people, names)
            table[row].append(find_share(values[::2], pick(measured, names), values[1::2]))
        table["change as a network sees it"].append(
            find_feature_share(networks, images[::2], drawn, images[1::2])
        )
    print("| layer | " + " | ".join(map(str, range(generator.num_ws))) + " |")
    print("|---" * (generator.num_ws + 1) + "|")
    for row, shares in table.items():
        print(f"| {row} | " + " | ".join(f"{share:.2f}" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
