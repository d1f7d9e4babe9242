"""Measure `ageing` on faces that were kept apart, and draw them before and after.

    python recipes/ageing/measure.py ageing.safetensors HELD features-network.pt witness.npz OUT

HELD is the folder of `prepare.py`. `features-network.pt` is the run of recipes/face-features: its
guess of age is the better one, but the discriminators of `ageing` have seen its feature maps, so
it is no independent judge; `witness.npz` is (see `witness.py`). Prints one JSON line per direction
and strength.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from witness import guess

sys.path.append(str(Path(__file__).parents[1] / "face-features"))
from people import Guesser

from facewright.convert.apply.faces import blend_change
from facewright.convert.generators import translate_images
from facewright.convert.weights import load_translator
from facewright.faces.similarity.identity import compare_faces, embed_faces, load_likeness
from facewright.hub.bundle import load_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.pipelines.weights import open_weights
from facewright.types import Crop

STRENGTHS = (0.5, 1.0, 1.5)
SHOWN = 32


def read_pictures(path: Path) -> np.ndarray:
    """Return the pictures of a dataset, (n, h, w, 3)."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        return np.stack(
            [np.asarray(Image.open(archive.open(name)).convert("RGB")) for name in names]
        )


@torch.no_grad()
def guess_ages(network: Guesser, images: np.ndarray) -> np.ndarray:
    """Return the ages that a network guesses, (n,)."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
    parts = [network.years(network(part)[0]) for part in x.split(32)]
    return torch.cat(parts).numpy()


def compare(images: np.ndarray, made: np.ndarray) -> dict[str, float]:
    """Return how much converted faces look like themselves, and like a random other person."""
    likeness = load_likeness(open_weights("likeness"))
    ones, others = (
        embed_faces(likeness, [Crop(image, np.eye(2, 3), "tight") for image in several])
        for several in (images, made)
    )
    scores = compare_faces(likeness, ones, others)
    own = scores.diagonal()
    strange = scores[np.arange(len(own)), np.roll(np.arange(len(own)), 7)]
    return {
        "likeness_to_self": round(float(own.mean()), 3),
        "likeness_to_another": round(float(strange.mean()), 3),
        "more_like_self": round(float((own > strange).mean()), 3),
    }


def draw(images: np.ndarray, versions: list[np.ndarray], path: Path) -> None:
    """Write a sheet: each face before, and after at each strength."""
    cells = [x for n in range(SHOWN) for x in (images[n], *(made[n] for made in versions))]
    labels = ["before", *(f"{strength:g}" for strength in STRENGTHS)] * 4
    sheet = contact_sheet(cells, columns=4 * (1 + len(versions)), column_labels=labels)
    Image.fromarray(sheet).save(path)


def main() -> None:
    """Read the command line, and measure both directions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("weights", "held", "network", "witness", "out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bundle, network = load_bundle(options.weights), Guesser().eval()
    network.load_state_dict(torch.load(options.network, weights_only=True))
    witness = dict(np.load(options.witness))
    for way, style, sign in (("forward", "young", 1), ("reverse", "old", -1)):
        images = read_pictures(options.held / f"held-{style}.zip")
        translator = load_translator(bundle, way)
        before, witnessed = guess_ages(network, images), guess(witness, images)
        versions, wholly = [], translate_images(translator, images)
        for strength in STRENGTHS:
            made = blend_change(images, wholly, strength)
            versions.append(made)
            moved = sign * (guess_ages(network, made) - before)
            seen = sign * (guess(witness, made) - witnessed)
            told = {
                "direction": way,
                "strength": strength,
                "faces": len(images),
                "right_way": round(float((moved > 0).mean()), 3),
                "years": round(float(moved.mean()), 3),
                "right_way_by_witness": round(float((seen > 0).mean()), 3),
                "years_by_witness": round(float(seen.mean()), 3),
                **compare(images, made),
            }
            print(
                json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in told.items()})
            )
        draw(images, versions, options.out / f"{way}.png")


if __name__ == "__main__":
    main()
