"""Turn the run into the starter weights, and print their entry for the catalog.

python recipes/encoder-64/ship.py RUN/weights.safetensors
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/encoder-64.safetensors"
CARD = Card(
    name="encoder-64",
    kind="encoder",
    licence="CC-BY-4.0",
    trained_on=(
        "people drawn by faces-64; FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 3,741 frontal "
        "faces of adults, all of which faces-64 learned from, too"
    ),
    source="recipes/encoder-64",
    notes=(
        "Finds latents of faces-64, as a place to begin: what it draws has the pose, the colours "
        "and the expression of a face, and rarely its identity. For adults who look ahead. The "
        "numbers are in recipes/encoder-64."
    ),
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    options = parser.parse_args()
    card = save_bundle(STARTER, replace(load_bundle(options.weights), card=CARD), half=True)
    print(f'[[weights]]\nfile = "{STARTER.name}"\ngenerator = "faces-64"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
