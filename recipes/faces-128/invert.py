"""Measure how well the generator draws faces that it has not seen, from the latents found for them.

    python recipes/faces-128/invert.py held-out-128.zip OUT [--weights faces-128] [--count 24]

OUT gets the faces and what is drawn of them after each stage, in a folder each, for
`recipes/common/identity.py same`; the means of what `invert` prints, per stage, are printed. The
search is run twice: with 20 steps, the default, and with 100.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

import facewright as fw
from facewright.datasets.dataset import open_dataset
from facewright.types import Image

STEPS = (20, 100)
NAMES = ("rmse", "l2", "perceptual", "likeness")


def save(path: Path, image: Image) -> None:
    """Write a picture as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])


def main() -> None:
    """Read the command line, invert, write, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--count", type=int, default=24)
    options = parser.parse_args()
    dataset = open_dataset(options.dataset)
    chosen = np.random.default_rng(0).permutation(len(dataset.names))[: options.count]
    invert = fw.load("invert", weights=options.weights)
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for number, image in enumerate(dataset.images(np.sort(chosen))):
        save(options.out / f"real/{number:03}.png", image)
        for steps in STEPS:
            stages = invert(image, aligned=True, refine=steps, consent="held out").stages
            for stage in stages if steps == STEPS[0] else stages[1:]:
                name = stage.name if stage.name == "encoded" else f"{stage.name}-{steps}"
                save(options.out / f"{name}/{number:03}.png", stage.image)
                l2 = (stage.rmse / 127.5) ** 2
                found[name].append((stage.rmse, l2, stage.perceptual, stage.likeness))
    for name, rows in found.items():
        means = dict(zip(NAMES, np.mean(rows, 0).round(4).tolist(), strict=True))
        print(json.dumps({"stage": name, "faces": len(rows), **means}))


if __name__ == "__main__":
    main()
