"""Turn the run into the starter weights, and print their entry for the catalog.

python recipes/encoder-128/ship.py RUN/weights.safetensors --notes "..."
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/encoder-128.safetensors"
CARD = Card(
    name="encoder-128",
    kind="encoder",
    licence="CC-BY-4.0",
    trained_on=(
        "people drawn by faces-128, and the pictures that it learned from: FairFace (Kärkkäinen & "
        "Joo 2021), CC BY 4.0; official portraits of members of the United States Congress, public "
        "domain; portraits drawn by Stable Diffusion 3 (faker-js/assets-person-portrait), CC0 1.0"
    ),
    source="recipes/encoder-128",
    notes="",
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--notes", required=True)
    options = parser.parse_args()
    bundle = load_bundle(options.weights)
    card = save_bundle(STARTER, replace(bundle, card=replace(CARD, notes=options.notes)), half=True)
    print(f'[[weights]]\nfile = "{STARTER.name}"\ngenerator = "faces-128"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
