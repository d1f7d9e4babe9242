"""Turn the curated FairFace pictures and portraits into the datasets that `faces-128` learns from.

    python recipes/faces-128/prepare.py DATA OUT [--leave-out again.txt] [--most-official 0.1]

DATA holds `fairface-frontal.zip`, `fairface-wild.zip`, `fairface-by-eye.csv` and `portraits.zip`.
Pictures that a person judged `best` or `good` are aligned by our own mesh (template `eyes-mouth`);
those of which more than 4 % would be reflected borders, and all but one picture of a person who
comes back, are left out: by our own measure of likeness, and those that `recipes/common/identity.py
repeats` lists. OUT/faces-*.zip is for training; one file in ten, by a hash of its name, is kept
apart for measuring in OUT/held-out-*.zip. Labels: age, gender and ethnicity as FairFace's
annotators saw them, for portraits guessed by a linear classifier; and whether somebody smiles,
from the mesh.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.archive import write_dataset
from facewright.datasets.labels import LabelGroup, encode_label
from facewright.device import to_tensor
from facewright.faces.align import align
from facewright.faces.geometry.matrices import invert_matrix, transform_points
from facewright.faces.similarity.features import load_face_features
from facewright.faces.similarity.identity import embed_faces, load_likeness
from facewright.faces.templates import fit_template
from facewright.media.decode import read_image
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.weights import open_weights
from facewright.types import Crop, Image

TEMPLATE = "eyes-mouth"
WORK_SIZE = 224  # pixels, at which pictures are compared and described
MOST_OUTSIDE = 0.04  # of a crop's area
SAME_PERSON = 0.62  # cosine of `likeness`; pairs above it were looked at
SMILES = 0.5  # of MediaPipe's measure, 0 to 1
AGES = ("20-29", "30-39", "40-49", "50-59", "60-69", "70+")
GROUPS = (
    LabelGroup("age", AGES),
    LabelGroup("gender", ("Female", "Male")),
    LabelGroup(
        "ethnicity",
        ("Black", "East Asian", "Indian", "Latino", "Middle Eastern", "Southeast Asian", "White"),
    ),
    LabelGroup("smile", ("no", "yes")),
)
RENAMED = {"Latino_Hispanic": "Latino"}


@dataclass
class Picture:
    """A candidate: where it is from, what is known, and how it looks once aligned."""

    name: str
    verdict: str
    known: dict[str, str]
    smile: float | None
    crop: Crop
    points: NDArray[np.float32]
    """(478, 3), in the unit square of the crop."""


def is_held_out(name: str) -> bool:
    """Tell whether a picture is kept for measuring: one in ten, by the name of the file."""
    return digest(name)[0] < 26


def digest(name: str) -> bytes:
    """Return the sha256 of the name of a file, without its folder."""
    return hashlib.sha256(name.rpartition("/")[2].encode()).digest()


def list_fairface(data: Path) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Yield name, verdict, bytes and labels of what a person found good."""
    with (data / "fairface-by-eye.csv").open() as file:
        judged = [row for row in csv.DictReader(file) if row["verdict"] != "flawed"]
    for part in ("frontal", "wild"):
        with zipfile.ZipFile(data / f"fairface-{part}.zip") as archive:
            table = io.TextIOWrapper(archive.open("labels.csv"), "utf-8")
            labels = {row["file"]: row for row in csv.DictReader(table)}
            for row in judged:
                if row["set"] == part:
                    picture = archive.read(f"images/{row['file']}")
                    yield row["file"], row["verdict"], picture, labels[row["file"]]


def list_portraits(data: Path) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Yield the portraits likewise; what is not known of them is left out."""
    with zipfile.ZipFile(data / "portraits.zip") as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8"))
        for row in rows:
            yield row["file"], "good", archive.read(row["file"]), row


def read_known(row: dict[str, str]) -> dict[str, str]:
    """Return the labels that a row states."""
    known = {}
    if row.get("race"):
        known["ethnicity"] = RENAMED.get(row["race"], row["race"])
    if row.get("gender"):
        known["gender"] = row["gender"].capitalize()
    age = row.get("age", "")
    if age in AGES:
        known["age"] = age
    elif age == "more than 70":
        known["age"] = "70+"
    elif age.isdecimal():
        known["age"] = AGES[min(max(int(age) // 10 - 2, 0), len(AGES) - 1)]
    return known


def measure_outside(matrix: NDArray[np.float64], shape: tuple[int, ...], cells: int = 64) -> float:
    """Return which share of a crop lies outside its picture."""
    steps = (np.arange(cells) + 0.5) / cells
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2).astype(np.float32)
    x, y = transform_points(grid, invert_matrix(matrix)).T
    height, width = shape[:2]
    return float(((x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)).mean())


def read_pictures(data: Path) -> list[Picture]:
    """Read, align and measure every candidate that lies inside its picture."""
    finder = FindPipeline(device="cpu").finder
    kept: list[Picture] = []
    for name, verdict, encoded, row in (*list_fairface(data), *list_portraits(data)):
        image = read_image(encoded)
        faces = finder.find([image], smallest=40, threshold=0.15)[0]
        if not faces:
            continue
        points = faces[0].points
        matrix = fit_template(points, TEMPLATE)
        if measure_outside(matrix, image.shape) > MOST_OUTSIDE:
            continue
        smile = row.get("smile")
        kept.append(
            Picture(
                name,
                verdict,
                read_known(row),
                float(smile) if smile else None,
                align(image, points, template=TEMPLATE, size=WORK_SIZE),
                transform_points(points, matrix),
            )
        )
    return kept


def limit_share(pictures: list[Picture], folder: str, share: float) -> list[Picture]:
    """Keep so many pictures of a folder, picked by their names, that they have at most a share."""
    mine = [p for p in pictures if p.name.startswith(f"{folder}/")]
    most = int((len(pictures) - len(mine)) * share / (1 - share))
    kept = {p.name for p in sorted(mine, key=lambda p: digest(p.name))[:most]}
    return [p for p in pictures if not p.name.startswith(f"{folder}/") or p.name in kept]


def drop_returning(pictures: list[Picture]) -> list[Picture]:
    """Keep one picture of each person: the best judged, then the first."""
    likeness = open_weights("likeness")
    tight = [Crop(p.crop.image, p.crop.matrix, "tight") for p in pictures]
    vectors = embed_faces(load_likeness(likeness), tight)
    order = sorted(range(len(pictures)), key=lambda i: (pictures[i].verdict != "best", i))
    kept: list[int] = []
    for i in order:
        if not kept or float((vectors[kept] @ vectors[i]).max()) < SAME_PERSON:
            kept.append(i)
    return [pictures[i] for i in sorted(kept)]


@torch.no_grad()
def describe(pictures: list[Picture]) -> torch.Tensor:
    """Return what `face-features` sees of each picture as a whole: (n, 320)."""
    network = load_face_features(open_weights("face-features"))
    rows = []
    for first in range(0, len(pictures), 64):
        part = np.stack([p.crop.image for p in pictures[first : first + 64]])
        last = network(to_tensor(part, torch.device("cpu"), torch.float32))[-1]
        rows.append(torch.cat([last.mean((2, 3)), last.amax((2, 3))], 1))
    seen = torch.cat(rows)
    return (seen - seen.mean(0)) / seen.std(0).clamp(min=1e-4)


def guess_labels(pictures: list[Picture]) -> None:
    """Fill in, in place, labels that are not known, by ridge regression on those that are."""
    seen = describe(pictures)
    for group in GROUPS[:3]:
        rows = [i for i, p in enumerate(pictures) if group.name in p.known]
        wanted = torch.tensor([group.values.index(pictures[i].known[group.name]) for i in rows])
        targets = torch.nn.functional.one_hot(wanted, len(group.values)).float()
        x = torch.cat([seen, torch.ones(len(seen), 1)], 1)
        gram = x[rows].T @ x[rows] + 30 * torch.eye(x.shape[1])
        guess = (x @ torch.linalg.solve(gram, x[rows].T @ targets)).argmax(1)
        print(f"{group.name}: {(guess[rows] == wanted).float().mean():.3f} of its own agree")
        for i, p in enumerate(pictures):
            p.known.setdefault(group.name, group.values[int(guess[i])])


def guess_smiles(pictures: list[Picture]) -> None:
    """Say of each picture, in place, whether somebody smiles: from the points of the mesh."""
    shapes = np.stack([p.points[:468, :2].ravel() for p in pictures]).astype(np.float64)
    shapes = (shapes - shapes.mean(0)) / shapes.std(0)
    shapes = np.concatenate([shapes, np.ones((len(shapes), 1))], 1)
    rows = [i for i, p in enumerate(pictures) if p.smile is not None]
    known = np.array([pictures[i].smile for i in rows])
    x = shapes[rows]
    guess = shapes @ np.linalg.solve(x.T @ x + 100 * np.eye(x.shape[1]), x.T @ known)
    agree = ((guess[rows] > SMILES) == (known > SMILES)).mean()
    print(f"smile: {agree:.3f} of its own agree")
    for i, p in enumerate(pictures):
        smiles = guess[i] if p.smile is None else p.smile
        p.known["smile"] = "yes" if smiles > SMILES else "no"


def encode_items(pictures: list[Picture], size: int) -> Iterator[tuple[bytes, list[float]]]:
    """Yield each picture as PNG bytes, with its label."""
    for p in pictures:
        image: Image = p.crop.image
        if size != WORK_SIZE:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        _, png = cv2.imencode(".png", image[..., ::-1])
        yield png.tobytes(), encode_label(GROUPS, p.known).tolist()


def main() -> None:
    """Read the command line and write the datasets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--leave-out", type=Path, help="a list of files, one a line")
    parser.add_argument("--most-official", type=float, help="share of official portraits at most")
    options = parser.parse_args()
    listed = options.leave_out.read_text().split() if options.leave_out else []
    again = {name.rpartition("/")[2] for name in listed}
    torch.set_num_threads(1)
    found = read_pictures(options.data)
    pictures = [p for p in drop_returning(found) if p.name.rpartition("/")[2] not in again]
    print(f"{len(found)} inside their pictures, {len(pictures)} different people")
    if options.most_official is not None:
        pictures = limit_share(pictures, "official", options.most_official)
    guess_labels(pictures)
    guess_smiles(pictures)
    parts = {
        "faces": [p for p in pictures if not is_held_out(p.name)],
        "held-out": [p for p in pictures if is_held_out(p.name)],
    }
    for name, part in parts.items():
        for size in (64, 128, WORK_SIZE):
            path = options.out / f"{name}-{size}.zip"
            count = write_dataset(
                path,
                encode_items(part, size),
                label_groups=GROUPS,
                extra={
                    "licence": "FairFace (CC BY 4.0), US government portraits (public domain), "
                    "faker-js portraits (CC0 1.0)",
                    "template": TEMPLATE,
                },
                beside={"names.txt": "\n".join(p.name for p in part).encode()},
            )
            print(f"{count} pictures of {size}×{size} pixels in {path}")


if __name__ == "__main__":
    main()
