"""Draw the pictures that a style is learned from: generated faces, and the same faces drawn.

    python recipes/toon/draw.py FOLDER [--count 2400]
    python recipes/toon/draw.py FOLDER --pack toon.zip

Faces of `faces-64`, of all labels, psi from 0.6 to 1; one in three is mixed of two people, as
latents of photographs are. The mesh network finds their points in the enlarged picture, `shapes`
exaggerates them, `paint` draws at three times the size, and an area filter makes it small again.
FOLDER gets files of 80 faces each, with latents and drawings in every style. Several processes may
draw into one folder, and one that was stopped goes on. With --pack, what is there becomes a
dataset that `facewright train generator` reads.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import cv2
import numpy as np
import paint
import shapes
import torch
from PIL import Image

from facewright.data.archive import write_dataset
from facewright.data.labels import decode_label
from facewright.device import seeded
from facewright.faces.landmarks import load_mesh, place_meshes
from facewright.faces.topology import five_points
from facewright.files import replacing
from facewright.gan.sample import draw_latents, draw_styles
from facewright.gan.weights import load_generator, load_labels
from facewright.tasks.weights import open_weights

STYLES = {"toon": (shapes.TOON, paint.TOON), "baby": (shapes.BABY, paint.BABY)}
SIZE, TIMES, BATCH, PART = 64, 3, 16, 80
FIVE = np.float32([[0.32, 0.31], [0.68, 0.31], [0.5, 0.49], [0.32, 0.66], [0.67, 0.66]])
"""Where eyes, nose and mouth lie in pictures of faces-64, in the unit square."""
SURE = 0.9


def draw_people(generator, labels, seeds):  # type: ignore[no-untyped-def]
    """Return w+ (n, layers, dim), labels (n, c), and pictures (n, 64, 64, 3)."""
    z, c = draw_latents(generator.config, seeds, labels=labels)
    parts = []
    for i, seed in enumerate(seeds):
        dice = seeded(seed + 1_000_000)
        psi = 0.6 + 0.4 * float(torch.rand((), generator=dice))
        ws = generator.styles(z[i : i + 1], c[i : i + 1], psi=psi)
        if seed % 3 == 0:
            other = generator.styles(z[i - 1 : i or None][:1], c[i : i + 1], psi=psi)
            at = int(torch.randint(2, generator.layers - 1, (), generator=dice))
            ws = torch.cat([ws[:, :at], other[:, at:]], dim=1)
        parts.append(ws)
    ws = torch.cat(parts)
    return ws, c, draw_styles(generator, ws, batch=BATCH)


def draw_style(picture, points, style, *, man):  # type: ignore[no-untyped-def]
    """Return a face in a style, (h, w, 3) from 0 to 1."""
    wanted, brush = STYLES[style]
    if man and style == "toon":
        brush = paint.for_men(brush)
    after = shapes.exaggerate(points, wanted)
    image = shapes.warp(picture.astype(np.float32) / 255, points[:, :2], after)
    return paint.paint(image, after, brush)


def find_meshes(network, pictures):  # type: ignore[no-untyped-def]
    """Return meshes (n, 478, 3) and how sure they are (n,), looking twice."""
    five = [FIVE * pictures[0].shape[0]] * len(pictures)
    points, sure = place_meshes(network, pictures, five)
    return place_meshes(network, pictures, list(five_points(points)))[0], sure


def draw_part(first, bundle, network):  # type: ignore[no-untyped-def]
    """Return the arrays of one file: latents, labels, and drawings by style, small and large."""
    generator, labels = load_generator(bundle), load_labels(bundle)
    side, names = SIZE * TIMES, ("ws", "labels", *STYLES, *map(_large, STYLES))
    found = {name: [] for name in names}
    for seed in range(first, first + PART, BATCH):
        ws, c, faces = draw_people(generator, labels, range(seed, seed + BATCH))
        big = [cv2.resize(x, (side, side), interpolation=cv2.INTER_CUBIC) for x in faces]
        for i, (points, sure) in enumerate(zip(*find_meshes(network, big), strict=True)):
            if sure < SURE:
                continue
            found["ws"].append(ws[i].half().numpy())
            found["labels"].append(c[i].numpy())
            man = decode_label(labels.groups, c[i])["gender"] == "Male"
            for style in STYLES:
                drawn = draw_style(big[i], points, style, man=man)
                small = cv2.resize(drawn, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
                found[style].append(np.round(small * 255).astype(np.uint8))
                found[_large(style)].append(np.round(drawn * 255).astype(np.uint8))
    return {name: np.stack(rows) for name, rows in found.items()}


def _large(style: str) -> str:
    """Return the name of the large drawings of a style."""
    return f"{style} large"


def pack(folder: Path, dataset: Path) -> None:
    """Write the drawings of a style as a dataset; the name of the file says which style."""
    items = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            for picture, label in zip(part[dataset.stem], part["labels"], strict=True):
                png = io.BytesIO()
                Image.fromarray(picture).save(png, "PNG")
                items.append((png.getvalue(), label.tolist()))
    write_dataset(dataset, items, label_groups=load_labels(open_weights("faces-64")).groups)


def main() -> None:
    """Read the command line, draw or pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=2400)
    parser.add_argument("--pack", type=Path)
    options = parser.parse_args()
    if options.pack:
        pack(options.folder, options.pack)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    bundle, network = open_weights("faces-64"), load_mesh(open_weights("face-mesh"))
    for first in range(0, options.count, PART):
        path = options.folder / f"{first:06d}.npz"
        try:
            path.with_suffix(".claimed").touch(exist_ok=False)
        except FileExistsError:
            continue
        arrays = draw_part(first, bundle, network)
        with replacing(path) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **arrays)
        print(f"{path.name} drawn", flush=True)


if __name__ == "__main__":
    main()
