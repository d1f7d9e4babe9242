"""Fit what tells age, gender and glasses from a face, so that its character has them.

    python recipes/heads3d/reader.py see fairface-frontal.zip fairface-by-eye.csv seen.npz
    python recipes/heads3d/reader.py fit seen.npz -o reader.safetensors

Needs facewright, and not Blender. `see` keeps what `face-features` finds in each picture; `fit`
lays ridge regressions on that. Labels are what annotators saw. Pictures that
`recipes/face-features` kept apart are kept apart here too, and measured.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import torch

from facewright.errors import InputError
from facewright.faces.similarity.features import load_face_features
from facewright.hub.bundle import save_bundle
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.weights import open_weights
from facewright.toon.heads.figure.reader import KIND, see_traits
from facewright.types import Bundle, Card

_AGES = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70+": 75}
_RIDGE = 30.0


def is_test(name: str) -> bool:
    """Tell whether a picture is kept apart, as `recipes/face-features/split.py` does."""
    return hashlib.sha256(name.rpartition("/")[2].encode()).digest()[0] < 26


def see(archive: Path, eyes: Path, output: Path, count: int) -> None:
    """Write traits and labels of pictures, in a random order."""
    flaws = {r["file"]: r["flaws"] for r in csv.DictReader(eyes.open()) if r["set"] == "frontal"}
    find, network = FindPipeline(), load_face_features(open_weights("face-features"))
    rows, names = [], []
    with zipfile.ZipFile(archive) as pictures:
        table = csv.DictReader(io.StringIO(pictures.read("labels.csv").decode()))
        known = [r for r in table if r["file"] in flaws and r["age"] in _AGES]
        order = np.random.default_rng(0).permutation(len(known))[:count]
        for number in order:
            row = known[number]
            data = np.frombuffer(pictures.read(f"images/{row['file']}"), np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()
            try:
                face = find.pick(image)
            except InputError:
                continue
            traits = see_traits(network, image, face.points)
            labels = [row["gender"] == "Male", _AGES[row["age"]], "g" in flaws[row["file"]]]
            rows.append(np.concatenate([labels, traits]))
            names.append(row["file"])
            if len(rows) % 100 == 0:
                np.savez(output, rows=np.array(rows, np.float32), names=np.array(names))
                print(len(rows), flush=True)
    np.savez(output, rows=np.array(rows, np.float32), names=np.array(names))


def fit(seen: Path, output: Path) -> None:
    """Fit, measure and write the regressions."""
    kept = np.load(seen)
    rows, test = kept["rows"].astype(np.float64), np.array([is_test(n) for n in kept["names"]])
    labels, traits = rows[:, :3].copy(), rows[:, 3:]
    labels[:, 1] = (labels[:, 1] - 40) / 20
    mean, spread = traits[~test].mean(0), traits[~test].std(0) + 1e-6
    x = np.concatenate([(traits - mean) / spread, np.ones((len(traits), 1))], 1)
    gram = x[~test].T @ x[~test] + _RIDGE * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x[~test].T @ labels[~test])
    found = x[test] @ weights
    male, years, glasses = found.T
    print(f"{(~test).sum()} pictures, {test.sum()} kept apart")
    print(f"gender {100 * ((male > 0.5) == labels[test, 0]).mean():.1f} %")
    print(f"years off {20 * np.abs(years - labels[test, 1]).mean():.1f}")
    for level in (0.3, 0.4, 0.5):
        said, true = glasses > level, labels[test, 2] > 0.5
        hits, alarms = said[true].mean(), said[~true].mean()
        print(f"glasses above {level}: {hits:.0%} found, {alarms:.0%} of others")
    scale = weights[:-1] / spread[:, None]
    offset = weights[-1] - mean @ scale
    card = Card(
        name="figure-reader",
        kind=KIND,
        licence="CC-BY-4.0",
        trained_on="FairFace (Kärkkäinen & Joo 2021), CC BY 4.0",
        source="recipes/heads3d/reader.py",
    )
    tensors = {
        "weights": torch.from_numpy(scale).float(),
        "offset": torch.from_numpy(offset).float(),
    }
    print(save_bundle(output, Bundle(card, {}, tensors)).size, "bytes")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("see")
    one.add_argument("archive", type=Path)
    one.add_argument("eyes", type=Path)
    one.add_argument("output", type=Path)
    one.add_argument("--count", type=int, default=2400)
    one.set_defaults(call=lambda o: see(o.archive, o.eyes, o.output, o.count))
    other = verbs.add_parser("fit")
    other.add_argument("seen", type=Path)
    other.add_argument("-o", "--output", type=Path, required=True)
    other.set_defaults(call=lambda o: fit(o.seen, o.output))
    options = parser.parse_args()
    options.call(options)


if __name__ == "__main__":
    main()
