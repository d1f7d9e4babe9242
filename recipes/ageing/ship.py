"""Turn a snapshot of the run into the starter weights, and print their entry for the catalog.

python recipes/ageing/ship.py runs/ageing/snapshot-000003.safetensors
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/ageing.safetensors"
CARD = Card(
    name="ageing",
    kind="translator",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 1,704 faces of 20 to 29 and 528 of 60 and "
        "over; its discriminators saw them through face-features"
    ),
    source="recipes/ageing",
    notes=(
        "128 by 128 pixels, tight crops; `ageing:reverse` is the way back. Draws what two groups "
        "of strangers differ in on average: no forecast of what anybody will look like, and no "
        "tool to estimate an age. Changes brightness, not colour: hair does not turn grey. "
        "3 kimg on one core. On 235 faces kept apart, guessed ages move the right way; the "
        "numbers are in recipes/ageing."
    ),
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("snapshot", type=Path)
    options = parser.parse_args()
    bundle = load_bundle(options.snapshot)
    config = {**bundle.config, "template": "tight"}  # FairFace's own crops
    card = save_bundle(STARTER, replace(bundle, card=CARD, config=config), half=True)
    print("[[weights]]")
    print(f'file = "{STARTER.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
