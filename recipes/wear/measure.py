"""Measure `wear` on faces that were kept apart, and draw them before and after.

    python recipes/wear/measure.py wear.safetensors HELD OUT

HELD is the folder of `compose.py`. On the skin, which the mesh finds, four numbers are compared
before and after: redness (a* of cheeks, nose and chin less that of the rest), texture (detail finer
than a thirtieth of the distance between the eyes), lightness and chroma. The marks that were drawn
on the same pictures give the amount to compare with. Prints one JSON line per strength.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
from marks import CHEEKS, CHIN, NOSE, blur, find_skin, gauss, mirror
from PIL import Image

from facewright.convert.apply.faces import blend_change
from facewright.convert.generators import translate_images
from facewright.convert.weights import load_translator
from facewright.faces.masks import measure_face
from facewright.faces.similarity.identity import compare_faces, embed_faces, load_likeness
from facewright.hub.bundle import load_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.weights import open_weights
from facewright.types import Crop

STRENGTHS = (0.5, 1.0, 1.5)
SHOWN = 32
SIGNS = {"redness": 1, "texture": 1, "lightness": -1, "chroma": -1}
"""Which way wear moves each number."""


def read_pictures(path: Path) -> np.ndarray:
    """Return the pictures of a dataset, (n, h, w, 3)."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        opened = (Image.open(archive.open(name)).convert("RGB") for name in names)
        return np.stack([np.asarray(picture) for picture in opened])


def find_places(images: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, float] | None]:
    """Return for each face its skin, where blood shows, and the distance between the eyes."""
    finder, places = FindPipeline(device="cpu").finder, []
    for image in images:
        faces = finder.find([image])[0]
        if not faces:
            places.append(None)
            continue
        points, shape = faces[0].points[:, :2], image.shape[:2]
        eye, skin = measure_face(points), find_skin(to_lab(image), points)
        zones = np.zeros(shape, np.float32)
        for spot, size in ((CHEEKS, 0.28), (mirror(CHEEKS), 0.28), (NOSE, 0.18), (CHIN, 0.2)):
            zones = np.maximum(zones, gauss(shape, points[list(spot)].mean(0), size * eye))
        places.append((skin, zones, eye))
    return places


def to_lab(image: np.ndarray) -> np.ndarray:
    """Return a picture in CIELAB, float32."""
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def describe(image: np.ndarray, place: tuple[np.ndarray, np.ndarray, float]) -> list[float]:
    """Return the four numbers of one face."""
    skin, zones, eye = place
    lab = to_lab(image)
    there, rest = skin * zones, skin * (1 - zones)
    redness = (lab[..., 1] * there).sum() / there.sum() - (lab[..., 1] * rest).sum() / rest.sum()
    detail = np.abs(lab[..., 0] - blur(lab[..., 0], 0.035 * eye))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    texture, light, colour = (
        (plane * skin).sum() / skin.sum() for plane in (detail, lab[..., 0], chroma)
    )
    return [redness, texture, light, colour]


def compare(before: np.ndarray, after: np.ndarray, sign: int) -> dict[str, float]:
    """Return how far each number moved, and the share of faces whose number moved rightly."""
    told = {}
    for name, moved in zip(SIGNS, (after - before).T, strict=True):
        told[name] = round(float(moved.mean()), 3)
        told[f"{name}_right_way"] = round(float((sign * SIGNS[name] * moved > 0).mean()), 3)
    return told


def measure_likeness(images: np.ndarray, made: np.ndarray) -> dict[str, float]:
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


def main() -> None:
    """Read the command line, and measure both directions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("weights", "held", "out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bundle = load_bundle(options.weights)
    clean, marked = (
        read_pictures(options.held / f"held-{style}.zip") for style in ("clean", "marked")
    )
    places = find_places(clean)
    good = [n for n, place in enumerate(places) if place is not None]

    def describe_all(images: np.ndarray) -> np.ndarray:
        return np.array([describe(images[n], places[n]) for n in good])

    numbers = {"forward": describe_all(clean), "reverse": describe_all(marked)}
    drawn = compare(numbers["forward"], numbers["reverse"], 1)
    print(json.dumps({"drawn": True, "faces": len(good), **drawn}))
    for way, images, sign in (("forward", clean, 1), ("reverse", marked, -1)):
        translator, cells = load_translator(bundle, way), [[image] for image in images[:SHOWN]]
        wholly = translate_images(translator, images)
        for strength in STRENGTHS:
            made = blend_change(images, wholly, strength)
            moved = compare(numbers[way], describe_all(made), sign)
            alike = measure_likeness(images, made)
            print(json.dumps({"direction": way, "strength": strength, **moved, **alike}))
            for row, image in zip(cells, made, strict=False):
                row.append(image)
        labels = ["before", *(f"{strength:g}" for strength in STRENGTHS)] * 4
        sheet = contact_sheet([x for row in cells for x in row], columns=16, column_labels=labels)
        Image.fromarray(sheet).save(options.out / f"{way}.png")


if __name__ == "__main__":
    main()
