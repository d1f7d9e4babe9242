"""Measure what each direction changes, and what else changes with it.

    python recipes/directions/effect.py NETWORK.pt FITTED.npz [--weights faces-128] [--people 50]

NETWORK.pt is what recipes/face-features/fit.py wrote, FITTED.npz what fit.py or moods.py wrote.
Moves people that nothing was fitted to, and prints two tables in Markdown. In both, 1 is one
standard deviation of an attribute over random people at psi 0.7. The first: the change of the
attribute that is meant from -2 and 2 units; the share of people who change the right way between
them; how much alike a face and itself 2 units farther are (`faces.identity`, 0 to 1). The second:
how much every attribute changes per unit, between -2 and 2.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from aims import AIMS, MOODS
from attributes import Measured, Networks, open_networks
from layers import draw_and_measure

from facewright.faces.similarity.identity import compare_faces
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels
from facewright.latents.sample import draw_latents
from facewright.pipelines.weights import open_weights

CROWD = 200
AMOUNTS = (-2, 2)
SHOWN = (
    "age",
    "male",
    "smile",
    "mouth-open",
    "eyes-open",
    "brows-up",
    "yaw",
    "pitch",
    "face-width",
    "skin-l",
    "skin-b",
    "hair-l",
    "light-side",
    "background-l",
)


def move(
    generator: Generator, networks: Networks, ws: torch.Tensor, styles: np.ndarray
) -> dict[int, Measured]:
    """Return what is measured on people that moved, by how far."""
    step = torch.from_numpy(styles)
    return {
        amount: draw_and_measure(generator, networks, ws + amount * step)[1] for amount in AMOUNTS
    }


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("fitted", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, networks = load_generator(bundle), open_networks(options.network, bundle)
    z, c = draw_latents(generator.config, range(CROWD), labels=load_labels(bundle))
    with torch.no_grad():
        every = generator.map_to_w(z, c, truncation_psi=0.7)
    crowd = draw_and_measure(generator, networks, every)[1]
    spread = {name: float(np.nanstd(values)) for name, values in crowd.numbers.items()}
    ws, count = every[: options.people], options.people
    rows = []
    print("| direction | -2 | +2 | right way | alike at +2 |")
    print("|---" * 5 + "|")
    with np.load(options.fitted) as fitted:
        wanted = options.only or fitted.files
        for aim in (a for a in (*AIMS, *MOODS) if a.name in wanted):
            moved = move(generator, networks, ws, fitted[aim.name])
            own = crowd.numbers[aim.target][:count]
            means = [
                float(np.nanmean(moved[a].numbers[aim.target] - own)) / spread[aim.target]
                for a in AMOUNTS
            ]
            gain = moved[2].numbers[aim.target] - moved[-2].numbers[aim.target]
            pairs = compare_faces(
                networks.likeness, crowd.identity[:count], moved[2].identity
            ).diagonal()
            told = [f"{mean:+.2f}" for mean in means]
            told += [f"{np.nanmean(gain > 0):.0%}", f"{pairs.mean():.2f}"]
            print(f"| `{aim.name}` | {' | '.join(told)} |", flush=True)
            change = {
                name: np.nanmean(moved[2].numbers[name] - moved[-2].numbers[name])
                / 4
                / spread[name]
                for name in SHOWN
            }
            rows.append((aim.name, change))
    print()
    print("| per unit of | " + " | ".join(SHOWN) + " |")
    print("|---" * (len(SHOWN) + 1) + "|")
    for name, change in rows:
        print(f"| `{name}` | " + " | ".join(f"{change[key]:+.2f}" for key in SHOWN) + " |")


if __name__ == "__main__":
    main()
