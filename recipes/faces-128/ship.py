"""Turn finished weights into the starter `faces-128`, and print their entry for the catalog.

    python recipes/faces-128/ship.py finished.safetensors

The model of appearance, which turns faces into anchors, is left out: a starter has 16 MiB at most.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/faces-128.safetensors"
MOST = 16 << 20  # bytes
CARD = Card(
    name="faces-128",
    kind="generator",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: pictures that a person found good; official "
        "portraits of the United States Congress, public domain; portraits drawn by Stable "
        "Diffusion 3 (faker-js/assets-person-portrait), CC0 1.0: 3,157 pictures together"
    ),
    source="recipes/faces-128",
    notes="",
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("finished", type=Path)
    parser.add_argument("--notes", default="", help="limits and measured numbers, in prose")
    options = parser.parse_args()
    bundle = load_bundle(options.finished)
    kept = {k: x for k, x in bundle.tensors.items() if not k.startswith("appearance.")}
    card = save_bundle(
        STARTER,
        replace(bundle, card=replace(CARD, notes=options.notes), tensors=kept),
        half=True,
    )
    if STARTER.stat().st_size > MOST:
        raise SystemExit(f"{STARTER.name} has {STARTER.stat().st_size} bytes, above {MOST}")
    print("[[weights]]")
    print(f'file = "{STARTER.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
