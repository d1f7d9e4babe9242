"""Turn the two runs into the starter weights, and print their entries for the catalog.

python recipes/enhancer/ship.py RUN-X2/weights.safetensors RUN-X4/weights.safetensors
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter"
TRAINED_ON = (
    "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 8,335 faces of adults; official portraits of the "
    "United States Congress, public domain: 792"
)
NOTES = (
    "Makes pictures {} times larger, and clears them of blur, noise and traces of JPEG. Learned "
    "from faces by the distance of pixels alone: it adds what most likely was there, and leaves "
    "the rest soft. What it makes is no evidence. The numbers are in recipes/enhancer."
)


def main() -> None:
    """Read the command line, write the weights, print the entries."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("weights", type=Path, nargs="+")
    for path in parser.parse_args().weights:
        bundle = load_bundle(path)
        scale = bundle.config["enhancer"]["scale"]
        card = Card(
            name=f"enhance-x{scale}",
            kind="enhancer",
            licence="CC-BY-4.0",
            trained_on=TRAINED_ON,
            source="recipes/enhancer",
            notes=NOTES.format({2: "two", 4: "four"}[scale]),
        )
        config = {"enhancer": bundle.config["enhancer"]}
        file = STARTER / f"{card.name}.safetensors"
        written = save_bundle(file, replace(bundle, card=card, config=config), half=True)
        print(f'\n[[weights]]\nfile = "{file.name}"')
        for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
            print(f"{key} = {json.dumps(getattr(written, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
