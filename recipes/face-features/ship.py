"""Turn the run into the starter weights, and print their entry for the catalog.

    python recipes/face-features/ship.py RUN/network.pt

The heads, which say how old somebody looks and more, stay behind: only the feature maps ship.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from people import Guesser

from facewright.faces.detection.blocks import fold_norms
from facewright.faces.similarity.features import pack_features
from facewright.hub.bundle import save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/face-features.safetensors"
CARD = Card(
    name="face-features",
    kind="face-features",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0: 13,355 faces of adults, and the age group, "
        "gender and ethnicity that annotators saw in them"
    ),
    source="recipes/face-features",
    notes=(
        "Feature maps of tight crops of 128 by 128 pixels, for a perceptual distance in place of "
        "LPIPS, with which its numbers do not compare. What guesses age, gender and ethnicity is "
        "not in it. It does not recognise people. The numbers are in recipes/face-features."
    ),
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    options = parser.parse_args()
    guesser = Guesser().eval()
    guesser.load_state_dict(torch.load(options.network, weights_only=True))
    network = fold_norms(guesser.features)
    card = save_bundle(STARTER, pack_features(network, CARD), half=True)
    print(f'[[weights]]\nfile = "{STARTER.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
