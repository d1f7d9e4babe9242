"""Bring directions that were found for earlier weights of a generator to their unit for later ones.

    python recipes/directions/units.py NETWORK.pt FOUND.npz UNITS.npz [--weights faces-128]

NETWORK.pt is what recipes/face-features/fit.py or heads.py wrote, FOUND.npz what fit.py or moods.py
wrote, or directions that shipped (.safetensors). Training moves w slowly: a direction still means
the same after some thousands of pictures, but its length does not. effect.py says whether it does.
Prints one JSON line per direction.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from aims import AIMS, MOODS
from attributes import open_networks
from fit import Scale

from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.latents.directions.bundle import load_directions
from facewright.pipelines.weights import open_weights


def read(path: Path) -> dict[str, torch.Tensor]:
    """Return the directions of a file, (num_ws, w_dim) each, by name."""
    if path.suffix == ".safetensors":
        return {one.name: one.styles for one in load_directions(load_bundle(path)).every}
    with np.load(path) as found:
        return {name: torch.from_numpy(found[name]) for name in found.files}


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("units", type=Path)
    parser.add_argument("--weights", default="faces-128")
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, labels = load_generator(bundle), load_labels(bundle)
    scale = Scale(generator, labels, open_networks(options.network, bundle))
    targets = {one.name: one.target for one in (*AIMS, *MOODS)}
    scaled = {}
    for name, styles in read(options.found).items():
        scaled[name], told = scale.bring_to_unit(styles, targets[name])
        print(json.dumps({"direction": name, **told}), flush=True)
    np.savez(options.units, **scaled)


if __name__ == "__main__":
    main()
