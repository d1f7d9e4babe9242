"""Measure how well faces are found again: encoded, refined, tuned.

    python recipes/encoder-64/measure.py fairface-frontal.zip fairface-wild.zip OUT \\
        [--encoder FILE] [--count 100] [--refined 100] [--tuned 20]

Takes so many pictures of each archive that were kept apart, by a hash of their name, cuts their
faces out as the starter draws them, and prints a table of means. The slower stages may see fewer.
Sheets of before and after go to OUT: they show real people, and are for looking at alone.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from split import is_test

from facewright.faces.align import align
from facewright.faces.choose import select_faces
from facewright.faces.similarity.identity import embed_faces, measure_likeness
from facewright.latents.invert import Inversion, RefineOptions, invert_faces, look_at
from facewright.latents.tune import TuneOptions, tune_generator
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.pipelines.draw.latents import LatentsPipeline
from facewright.pipelines.find import FindPipeline
from facewright.types import Crop

BATCH = 25


def read_crops(find: FindPipeline, source: Path, size: int, count: int) -> list[Crop]:
    """Return the faces of so many pictures that were kept apart."""
    crops: list[Crop] = []
    with zipfile.ZipFile(source) as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8"))
        names = [row["file"] for row in rows if is_test(row["file"])]
        for number in np.random.default_rng(0).permutation(len(names)):
            name = names[number]
            image = np.asarray(Image.open(archive.open(f"images/{name}")).convert("RGB"))
            image = np.ascontiguousarray(image)
            (faces,) = find.finder.find([image], threshold=0.5)
            if faces:
                (face,) = select_faces(faces, "largest")
                crops.append(align(image, face.points, template="tight", size=size))
            if len(crops) == count:
                break
    return crops


def measure(people: LatentsPipeline, crops: list[Crop], found: Inversion) -> list[float]:
    """Return the means of RMSE, perceptual distance, likeness, and the share above 0.5."""
    drawn = [dataclasses.replace(c, image=x) for c, x in zip(crops, found.images, strict=True)]
    pairs = zip(*(embed_faces(people.likeness, x) for x in (crops, drawn)), strict=True)
    alike = [measure_likeness(people.likeness, one, other) for one, other in pairs]
    above = float(np.mean(np.array(alike) > 0.5))
    return [float(np.mean(x)) for x in (found.errors, found.distances, alike)] + [above]


def join(parts: list[Inversion]) -> Inversion:
    """Return several inversions as one."""
    return Inversion(
        torch.cat([part.ws for part in parts]),
        np.concatenate([part.images for part in parts]),
        tuple(e for part in parts for e in part.errors),
        tuple(d for part in parts for d in part.distances),
    )


def cut(found: Inversion, count: int) -> Inversion:
    """Return the first of several inversions."""
    return Inversion(
        found.ws[:count], found.images[:count], found.errors[:count], found.distances[:count]
    )


def search(
    people: LatentsPipeline, crops: list[Crop], steps: int, *, begin: bool = True
) -> Inversion:
    """Invert faces, batch by batch, from the encoder or from the average face."""
    images = np.stack([crop.image for crop in crops])
    return join(
        [
            invert_faces(
                people.generator,
                images[n : n + BATCH],
                encoder=people.encoder if begin else None,
                features=people.features,
                options=RefineOptions(steps=steps),
            )
            for n in range(0, len(images), BATCH)
        ]
    )


def tune(people: LatentsPipeline, crops: list[Crop], found: Inversion) -> Inversion:
    """Tune the generator to each face on its own."""
    parts = []
    for n, crop in enumerate(crops):
        ws, image = found.ws[n : n + 1], crop.image[None]
        tuned = tune_generator(
            people.generator, ws, image, features=people.features, options=TuneOptions()
        )
        parts.append(look_at(tuned, ws, image, people.features))
    return join(parts)


def report(name: str, numbers: list[float]) -> None:
    """Print a row of the table."""
    rmse, perceptual, likeness, above = numbers
    row = f"| {name} | {rmse:.1f} | {perceptual:.3f} | {likeness:.3f} | {above:.0%} |"
    print(row, flush=True)


def report_all(
    source: str, people: LatentsPipeline, crops: list[Crop], stages: dict[str, Inversion]
) -> None:
    """Print a row for each stage of the same faces."""
    for name, found in stages.items():
        first = cut(found, len(crops))
        report(f"{source}, {len(crops)} faces, {name}", measure(people, crops, first))


def draw(path: Path, crops: list[Crop], stages: list[Inversion]) -> None:
    """Write a sheet with a column for each of the first faces and a row for each stage."""
    columns = min(len(crops), 16)
    rows = [[crop.image for crop in crops[:columns]]]
    rows += [list(found.images[:columns]) for found in stages]
    faces = [resize_image(face, 128) for row in rows for face in row]
    Image.fromarray(contact_sheet(faces, columns=columns)).save(path)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--encoder")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--refined", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--tuned", type=int, default=20)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    people = LatentsPipeline("faces-64", encoder=options.encoder, device="cpu")
    size = people.resolution
    for source in options.sources:
        crops = read_crops(people.find, source, size, options.count)
        begun = {
            "average face": search(people, crops, 0, begin=False),
            "encoded": search(people, crops, 0),
        }
        report_all(source.stem, people, crops, begun)
        some, few = crops[: options.refined], crops[: options.tuned]
        refined = search(people, some, options.steps)
        report_all(source.stem, people, some, {**begun, "refined": refined})
        tuned = tune(people, few, refined)
        stages = {**begun, "refined": refined, "tuned": tuned}
        report_all(source.stem, people, few, stages)
        draw(options.out / f"{source.stem}.png", few, list(stages.values()))


if __name__ == "__main__":
    main()
