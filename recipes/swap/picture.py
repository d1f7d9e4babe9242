"""Draw docs/assets/swap.png: people of random seeds on the astronaut.

python recipes/swap/picture.py docs/assets/swap.png
"""

import sys
from pathlib import Path

import numpy as np
from skimage.data import astronaut

from facewright.media.drawing.sheets import contact_sheet
from facewright.pipelines.photos.swap import SwapPipeline
from facewright.pipelines.result import Ingredients, build_manifest
from facewright.provenance.publish import publish_image

RANDOM, COUNT = 18, 4  # whose seeds are drawn from 0 to 9999
HEAD = (slice(0, 250), slice(105, 355))
CONSENT = "a work of NASA in the public domain"


def main():
    """Swap, and write the sheet."""
    swap, body = SwapPipeline(device="cpu"), astronaut()
    seeds = np.random.default_rng(RANDOM).integers(0, 10_000, COUNT).tolist()
    made = [swap(face=seed, body=body, consent=CONSENT) for seed in seeds]
    cells = [np.ascontiguousarray(one[HEAD]) for one in (body, *(one.image for one in made))]
    labels = ["before", *(f"seed {seed}" for seed in seeds)]
    used = made[0].manifest
    said = {name: value for name, value in used.parameters.items() if name not in ("face", "body")}
    manifest = build_manifest(
        "swap sheet",
        said,
        Ingredients(models=used.models, sources=used.sources, seeds=tuple(seeds), consent=CONSENT),
        swap.device,
    )
    sheet = contact_sheet(cells, columns=len(cells), labels=labels)
    print(seeds, publish_image(sheet, Path(sys.argv[1]), manifest, overwrite=True))


if __name__ == "__main__":
    main()
