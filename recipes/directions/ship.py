"""Turn fitted directions into the starter weights, and print their entry for the catalog.

python recipes/directions/ship.py FITTED.npz MOODS.npz ... [--weights faces-128] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from aims import AIMS, MOODS

from facewright.hub.bundle import save_bundle
from facewright.hub.store import STARTER
from facewright.latents.directions.bundle import Direction, Directions, pack_directions
from facewright.pipelines.weights import open_weights
from facewright.types import Card

CARD = Card(
    name="faces-128-directions",
    kind="directions",
    licence="CC-BY-4.0",
    trained_on=(
        "5,000 faces that faces-128 drew, as face-mesh and the network of recipes/face-features "
        "see them, which learned from FairFace (Kärkkäinen & Joo 2021), CC BY 4.0; expressions as "
        "the weights expressions see them, which learned from FER2013 (Goodfellow et al. 2013)"
    ),
    source="recipes/directions",
    notes=(
        "Ways to change a face of faces-128; one unit is a standard deviation over random people. "
        "Age and gender are how a network guesses that annotators would see a face, expressions "
        "how one names them: no feelings. What else changes along each direction stands in "
        "recipes/directions."
    ),
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("found", type=Path, nargs="+", help="what fit.py, units.py, moods.py wrote")
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--out", type=Path, default=STARTER / f"{CARD.name}.safetensors")
    options = parser.parse_args()
    generator = open_weights(options.weights).card
    found = {}
    for path in options.found:
        with np.load(path) as file:
            found |= dict(file)
    every = tuple(
        Direction(a.name, a.less, a.more, a.reach, torch.from_numpy(found[a.name]))
        for a in (*AIMS, *MOODS)
        if a.name in found
    )
    directions = Directions(every, generator.name, generator.sha256)
    card = save_bundle(options.out, pack_directions(directions, CARD), half=True)
    print(
        f'[[weights]]\nfile = "{options.out.name}"\ninside = true\ngenerator = "{generator.name}"'
    )
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
