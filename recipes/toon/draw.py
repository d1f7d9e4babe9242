"""Draw the pictures that a style is learned from: generated faces, and the same faces drawn.

    python recipes/toon/draw.py FOLDER [--count 4000]
    python recipes/toon/draw.py FOLDER --sheet sheet.png
    python recipes/toon/draw.py FOLDER --pack toon.zip

Faces of `faces-64`, of all labels, psi from 0.6 to 1; one in three is mixed of two people, as
latents of photographs are, and most are moved along the directions that ship: they smile or look
serious, open mouth and eyes, raise brows, are older or younger. The mesh network finds their points
in the picture enlarged to 256 pixels, `shapes` exaggerates them, `person` sees what has to stay,
`paint` draws, and an area filter makes 128 pixels of that. FOLDER gets files of 80 faces each, with
latents and drawings in every style. Several processes may draw into one folder, and one that was
stopped goes on. With --sheet, 32 faces and their drawings become one picture to look at; with
--pack, what is there becomes a dataset that `facewright train generator` reads.
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

from facewright.datasets.archive import write_dataset
from facewright.datasets.labels import decode_label
from facewright.device import seeded
from facewright.faces.detection.landmarks import load_mesh, place_meshes
from facewright.faces.geometry.topology import five_points
from facewright.files import replacing
from facewright.gan.weights import load_generator, load_labels
from facewright.latents.directions.bundle import load_directions
from facewright.latents.sample import draw_latents, draw_styles
from facewright.pipelines.weights import open_weights

STYLES = {"toon": (shapes.TOON, paint.TOON), "baby": (shapes.BABY, paint.BABY)}
SIZE, LARGE, BATCH, PART = 128, 256, 16, 80
MOVES = {
    "smile": (-3, 3),
    "mouth-open": (-1.5, 2),
    "eyes-open": (-1.5, 2),
    "brows-up": (-3, 3),
    "age": (-3, 3),
}
"""Directions along which faces are moved, each with even chance, and how far."""
FIVE = np.float32([[0.32, 0.31], [0.68, 0.31], [0.5, 0.49], [0.32, 0.66], [0.67, 0.66]])
"""Where eyes, nose and mouth lie in pictures of faces-64, in the unit square."""
SURE = 0.9


def draw_people(generator, labels, directions, seeds):  # type: ignore[no-untyped-def]
    """Return w+ (n, layers, dim), labels (n, c), and pictures (n, 64, 64, 3)."""
    z, c = draw_latents(generator.config, seeds, labels=labels)
    parts = []
    for i, seed in enumerate(seeds):
        rng = seeded(seed + 1_000_000)
        truncation_psi = 0.6 + 0.4 * float(torch.rand((), generator=rng))
        ws = generator.map_to_w(z[i : i + 1], c[i : i + 1], truncation_psi=truncation_psi)
        if seed % 3 == 0:
            other = generator.map_to_w(
                z[i - 1 : i or None][:1], c[i : i + 1], truncation_psi=truncation_psi
            )
            at = int(torch.randint(2, generator.num_ws - 1, (), generator=rng))
            ws = torch.cat([ws[:, :at], other[:, at:]], dim=1)
        for name, (low, high) in MOVES.items():
            chance, far = torch.rand(2, generator=rng).tolist()
            if chance < 0.5:
                ws = ws + (low + far * (high - low)) * directions.find(name).styles
        parts.append(ws)
    ws = torch.cat(parts)
    return ws, c, draw_styles(generator, ws, batch=BATCH)


def draw_style(picture, points, style, *, man):  # type: ignore[no-untyped-def]
    """Return a face in a style, (h, w, 3) from 0 to 1."""
    wanted, brush = STYLES[style]
    if man and style == "toon":
        brush = paint.for_men(brush)
    after = shapes.exaggerate(points, wanted)
    seen = picture.astype(np.float32) / 255
    return paint.paint(seen, shapes.warp(seen, points[:, :2], after), points, after, brush)


def find_meshes(network, pictures):  # type: ignore[no-untyped-def]
    """Return meshes (n, 478, 3) and how sure they are (n,), looking twice."""
    five = [FIVE * pictures[0].shape[0]] * len(pictures)
    points, sure = place_meshes(network, pictures, five)
    return place_meshes(network, pictures, list(five_points(points)))[0], sure


def draw_part(first, count, styles, bundles):  # type: ignore[no-untyped-def]
    """Return the arrays of one file: latents, labels, faces, and drawings by style."""
    generator, labels, directions, network = bundles
    found = {name: [] for name in ("ws", "labels", "faces", *styles)}
    for seed in range(first, first + count, BATCH):
        ws, c, faces = draw_people(generator, labels, directions, range(seed, seed + BATCH))
        big = [cv2.resize(x, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC) for x in faces]
        for i, (points, sure) in enumerate(zip(*find_meshes(network, big), strict=True)):
            if sure < SURE:
                continue
            found["ws"].append(ws[i].half().numpy())
            found["labels"].append(c[i].numpy())
            found["faces"].append(faces[i])
            man = decode_label(labels.groups, c[i])["gender"] == "Male"
            for style in styles:
                drawn = draw_style(big[i], points, style, man=man)
                small = cv2.resize(drawn, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
                found[style].append(np.round(small * 255).astype(np.uint8))
    return {name: np.stack(rows) for name, rows in found.items()}


def draw_sheet(path: Path, styles, bundles) -> None:  # type: ignore[no-untyped-def]
    """Write 32 faces and, below each, its drawings."""
    arrays = draw_part(500_000, 48, styles, bundles)
    rows = []
    for first in range(0, 32, 8):
        faces = [
            cv2.resize(x, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
            for x in arrays["faces"][first : first + 8]
        ]
        drawn = (list(arrays[style][first : first + 8]) for style in styles)
        rows += [np.concatenate(some, axis=1) for some in (faces, *drawn)]
    Image.fromarray(np.concatenate(rows)).save(path)


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
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--styles", nargs="+", choices=list(STYLES), default=list(STYLES))
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--pack", type=Path)
    options = parser.parse_args()
    if options.pack:
        pack(options.folder, options.pack)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    bundle = open_weights("faces-64")
    directions = load_directions(open_weights("faces-64-directions"))
    network = load_mesh(open_weights("face-mesh"))
    bundles = load_generator(bundle), load_labels(bundle), directions, network
    if options.sheet:
        draw_sheet(options.sheet, options.styles, bundles)
        return
    for first in range(0, options.count, PART):
        path = options.folder / f"{first:06d}.npz"
        try:
            path.with_suffix(".claimed").touch(exist_ok=False)
        except FileExistsError:
            continue
        arrays = draw_part(first, PART, options.styles, bundles)
        with replacing(path) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **arrays)
        print(f"{path.name} drawn", flush=True)


if __name__ == "__main__":
    main()
