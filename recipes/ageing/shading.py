"""Measure what `convert.apply.shade` keeps and takes of the changes that `ageing` draws.

    python recipes/ageing/shading.py fairface-frontal.zip witness.npz [--count 60]

Of faces that were kept apart by the hash of their names, 20 to 29 for `ageing` and 60 and over for
the way back: what is plainly added beside what is taken as shading. Prints for each strength the
share of faces whose age by `witness.py` moves the right way and by how many years; likeness to the
face before; and what should not change, in steps of 256: the mean brightness of the skin, the
share of skin above 245, the colour of the skin (mean distance of Cb and Cr), and the mouth.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from split import is_test
from witness import SIDE, guess

from facewright.convert.apply.faces import blend_change
from facewright.convert.apply.shade import shade_face
from facewright.convert.generators import translate_images
from facewright.faces.masks import draw_face_mask, draw_region_mask
from facewright.faces.similarity.identity import compare_faces, embed_faces, load_likeness
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.photos.convert import ConvertPipeline
from facewright.pipelines.weights import open_weights
from facewright.types import Crop

AGES = {"ageing": ("20-29",), "ageing:reverse": ("60-69", "70+")}
STRENGTHS = (0.5, 1.0, 1.5)


def read_faces(source: Path, ages: tuple[str, ...], count: int, find: FindPipeline):
    """Return pictures (n, 128, 128, 3), and the mesh of each."""
    pictures, meshes = [], []
    with zipfile.ZipFile(source) as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")):
            if row["age"] not in ages or not is_test(row["file"]) or len(pictures) == count:
                continue
            picture = Image.open(archive.open(f"images/{row['file']}")).convert("RGB")
            small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))
            (faces,) = find.finder.find([small])
            if faces:
                pictures.append(small)
                meshes.append(faces[0].points)
    return np.stack(pictures), meshes


def measure_kept(before: np.ndarray, after: np.ndarray, meshes: list) -> dict[str, float]:
    """Return by how much changed what should stay, as means over faces."""
    rows = []
    for one, other, points in zip(before, after, meshes, strict=True):
        lips, mouth = (draw_region_mask(points, (SIDE, SIDE), x) > 0.5 for x in ("lips", "mouth"))
        skin = (draw_face_mask(points, (SIDE, SIDE), holes=("eyes", "lips")) > 0.5) & ~lips
        a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb).astype(float) for x in (one, other))
        share = np.maximum(a[..., :1], 16) / np.maximum(b[..., :1], 16)  # of equal brightness
        chroma = np.hypot(*np.moveaxis((b[..., 1:] - 128) * share - (a[..., 1:] - 128), 2, 0))
        rows.append(
            {
                "brightness": (b - a)[skin, 0].mean(),
                "above 245": 100 * ((b[skin, 0] > 245).mean() - (a[skin, 0] > 245).mean()),
                "chroma": chroma[skin].mean(),
                "mouth": np.abs(b - a)[mouth, 0].mean() if mouth.any() else 0,
            }
        )
    return {name: round(float(np.mean([row[name] for row in rows])), 2) for name in rows[0]}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("witness", type=Path)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    witness, find = np.load(options.witness), FindPipeline(device="cpu")
    likeness = load_likeness(open_weights("likeness"))

    def embed(images: np.ndarray) -> np.ndarray:
        return embed_faces(likeness, [Crop(x, np.eye(2, 3), "tight") for x in images])

    for name, ages in AGES.items():
        pipeline, way = ConvertPipeline(name, device="cpu"), 1 if name == "ageing" else -1
        before, meshes = read_faces(options.source, ages, options.count, find)
        made = translate_images(pipeline.translator, before, dtype=pipeline.dtype)
        old, own = guess(witness, before), embed(before)
        for strength in STRENGTHS:
            ways = {
                "added": [blend_change(a, b, strength) for a, b in zip(before, made, strict=True)],
                "shaded": [
                    shade_face(a, b, strength, points)
                    for a, b, points in zip(before, made, meshes, strict=True)
                ],
            }
            for how, images in ways.items():
                after = np.stack(images)
                years = way * (guess(witness, after) - old)
                print(
                    json.dumps(
                        {
                            "direction": name,
                            "strength": strength,
                            "how": how,
                            "faces": len(before),
                            "right way, %": round(100 * float((years > 0).mean()), 1),
                            "years": round(float(years.mean()), 1),
                            "likeness": round(
                                float(np.diag(compare_faces(likeness, own, embed(after))).mean()), 3
                            ),
                            **measure_kept(before, after, meshes),
                        }
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main()
