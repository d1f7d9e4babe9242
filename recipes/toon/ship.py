"""Turn what was learned into starter weights, and print their entry for the catalog.

python recipes/toon/ship.py runs/toon toon
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
FROM = (
    "drawings that recipes/toon made of faces of faces-64, which learned from FairFace "
    "(Kärkkäinen & Joo 2021), CC BY 4.0"
)
LOOKS = {
    "toon": "Toons: large eyes, a small nose, a narrow jaw, soft light, brows of their own.",
    "baby": "Babies: a round face, large eyes that lie low, a small nose and mouth, soft skin.",
}
LIMITS = (
    "128 by 128 pixels, the latents of faces-64, the last one repeated: the same latents draw the "
    "same person there. Glasses are lost, beards are a shade. The numbers are in recipes/toon."
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("style", choices=list(LOOKS))
    options = parser.parse_args()
    path = STARTER / f"{options.style}-128.safetensors"
    card = Card(
        name=path.stem,
        kind="generator",
        licence="CC-BY-4.0",
        trained_on=FROM,
        source=f"recipes/{options.style}",
        notes=f"{LOOKS[options.style]} {LIMITS}",
    )
    bundle = load_bundle(options.run / f"{options.style}.safetensors")
    card = save_bundle(path, replace(bundle, card=card), half=True)
    print("[[weights]]")
    print(f'file = "{path.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
