"""Turn a run into the starter `refiner-256`, and print its entry for the catalog.

python recipes/refiner/ship.py RUN/weights.safetensors --notes "..."
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

STARTERS = Path(__file__).parents[2] / "src/facewright/hub/starter"
CARD = Card(
    name="refiner-256",
    kind="refiner",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: pictures that a person found good; official "
        "portraits of the United States Congress, public domain; portraits drawn by Stable "
        "Diffusion 3 (faker-js/assets-person-portrait), CC0 1.0: the 1,074 sharpest of 3,068 "
        "pictures; and 2,000 people drawn by faces-128"
    ),
    source="recipes/refiner",
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--notes", required=True, help="limits and measured numbers, in prose")
    options = parser.parse_args()
    bundle = load_bundle(options.weights)
    card, config = replace(CARD, notes=options.notes), {"refiner": bundle.config["refiner"]}
    path = STARTERS / f"{card.name}.safetensors"
    written = save_bundle(path, replace(bundle, card=card, config=config), half=True)
    print(f'\n[[weights]]\nfile = "{path.name}"\ninside = true')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(written, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
