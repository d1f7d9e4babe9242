"""Turn runs into the starter weights, and print their entries for the catalog.

python recipes/finder/ship.py [--finder runs/detector/weights.safetensors]
    [--mesh runs/mesh/weights.safetensors]
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
    "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 13,304 faces of adults; official portraits of "
    "the United States Congress, public domain: 792; labelled by MediaPipe 0.10.21 (Apache-2.0)"
)
PORTRAITS = (
    "; then also portraits: of members of the United States Congress, public domain, and of people "
    "who never lived, drawn by Stable Diffusion 3 (faker-js/assets-person-portrait, CC0 1.0); and "
    "pictures without a face out of packages of Debian 12 that recipes/finder names"
)
FINDER = Card(
    name="face-finder",
    kind="finder",
    licence="CC-BY-4.0",
    trained_on=TRAINED_ON + PORTRAITS,
    source="recipes/finder",
    notes=(
        "Boxes, five points and a score for faces from 24 pixels to the whole picture, turned by "
        "any angle, also behind masks and sunglasses. Learned from composed scenes of adults; "
        "children, crowds and paintings were not measured. It "
        "says that there is a face, not whose. The numbers are in recipes/finder."
    ),
)
MESH = Card(
    name="face-mesh",
    kind="mesh",
    licence="CC-BY-4.0",
    trained_on=TRAINED_ON,
    source="recipes/finder",
    notes=(
        "478 points in the order of MediaPipe's face mesh, as MediaPipe would place them, and "
        "whether there is a face. Its depth is a guess, as the teacher's is. The numbers are in "
        "recipes/finder."
    ),
)


def main() -> None:
    """Read the command line, write the weights, print the entries."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--finder", type=Path)
    parser.add_argument("--mesh", type=Path)
    options = parser.parse_args()
    for path, card in ((options.finder, FINDER), (options.mesh, MESH)):
        if path is None:
            continue
        file = STARTER / f"{card.name}.safetensors"
        written = save_bundle(file, replace(load_bundle(path), card=card), half=True)
        print(f'\n[[weights]]\nfile = "{file.name}"')
        for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
            print(f"{key} = {json.dumps(getattr(written, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
