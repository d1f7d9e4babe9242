"""Turn a snapshot of the run into the starter weights, and print their entry for the catalog.

python recipes/wear/ship.py runs/wear/snapshot-000003.safetensors
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/wear.safetensors"
CARD = Card(
    name="wear",
    kind="translator",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 843 clean faces of 20 to 29, and 1,200 "
        "others onto which marks were drawn; its discriminators saw them through face-features"
    ),
    source="recipes/wear",
    notes=(
        "128 by 128 pixels, tight crops; `wear:reverse` takes marks away. Draws blotches, creases, "
        "tired eyes and a dull tone as recipes/wear draws them by rule: no picture of anybody who "
        "uses anything was used, it tells nothing about what a substance does, and it predicts "
        "nothing about a person. The redness is faint; the numbers are in recipes/wear."
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
