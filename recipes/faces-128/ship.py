"""Turn finished weights into the starters `faces-128` and `faces-128-anchors`.

    python recipes/faces-128/ship.py finished.safetensors

Prints their entries for the catalog. The model of appearance, which turns faces into anchors, is a
file of its own: a starter has 16 MiB at most.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from facewright.gan.anchors.find import KIND
from facewright.gan.weights import load_appearance
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.encoder.anchors import pack_anchors
from facewright.types import Bundle, Card

ROOT = Path(__file__).parents[2]
STARTERS = ROOT / "src/facewright/hub/starter"
MOST = 16 << 20  # bytes
CARD = Card(
    name="faces-128",
    kind="generator",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: pictures that a person found good; official "
        "portraits of the United States Congress, public domain; portraits drawn by Stable "
        "Diffusion 3 (faker-js/assets-person-portrait), CC0 1.0: 3,157 pictures in the first 45 "
        "kimg, 3,068 of these since"
    ),
    source="recipes/faces-128",
    notes="",
)
ANCHORS = replace(
    CARD,
    name="faces-128-anchors",
    kind=KIND,
    notes=(
        "The model of appearance by which faces-128 was trained: principal components of the shape "
        "and of the texture of its training pictures. It says where a search for the latents of a "
        "face begins."
    ),
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
    model = load_appearance(bundle)
    if model is None:
        raise SystemExit(f"{options.finished} holds no model of appearance")
    kept = {k: x for k, x in bundle.tensors.items() if not k.startswith("appearance.")}
    card = replace(CARD, notes=options.notes)
    card = ship(replace(bundle, card=card, tensors=kept))
    ship(pack_anchors(model, ANCHORS, {"name": card.name, "sha256": card.sha256}))


def ship(bundle: Bundle) -> Card:
    """Write a starter, print its entry, and return its card."""
    path = STARTERS / f"{bundle.card.name}.safetensors"
    card = save_bundle(path, bundle, half=True)
    if path.stat().st_size > MOST:
        raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, above {MOST}")
    owned = bundle.card.kind == KIND
    print(f'[[weights]]\nfile = "{path.name}"')
    print(f'generator = "{CARD.name}"' if owned else "inside = true")
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")
    print()
    return card


if __name__ == "__main__":
    main()
