"""Fit a second guess of age, which shares nothing with the networks that trained `ageing`.

    python recipes/ageing/witness.py fairface-frontal.zip OUT.npz

Ridge regression of the labelled ages on histograms of gradients and the energy of four bands of
detail. Pictures that are kept apart by the hash of their names are not fitted to; the guess is
measured on them.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from split import is_test

from facewright.faces.similarity.gradients import cut_window, describe_gradients
from facewright.types import Crop

SIDE, RIDGE = 128, 300.0
MOST = {False: 280, True: 60}  # faces of each age that are fitted to, and measured on
MIDDLES = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70+": 75}


def describe(image: np.ndarray) -> np.ndarray:
    """Return what the guess looks at in a tight crop of 128 pixels."""
    gradients = describe_gradients(cut_window(Crop(image, np.eye(2, 3), "tight")))
    light = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    bands = [light, *(cv2.GaussianBlur(light, (0, 0), s) for s in (1, 2, 4, 8))]
    energies = []
    for fine, coarse in itertools.pairwise(bands):
        power = cv2.resize(np.abs(fine - coarse), (8, 8), interpolation=cv2.INTER_AREA)
        energies.append(np.log1p(power).ravel())
    return np.concatenate([gradients, *energies]).astype(np.float32)


def guess(witness, images: np.ndarray) -> np.ndarray:
    """Return ages in years, (n,), of tight crops (n, 128, 128, 3)."""
    seen = np.stack([describe(image) for image in images])
    return (seen - witness["mean"]) / witness["scale"] @ witness["weights"] + witness["bias"]


def read_faces(source: Path):
    """Yield (description, age, whether it is kept apart) of some faces of every age."""
    counts: Counter[tuple[str, bool]] = Counter()
    with zipfile.ZipFile(source) as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")):
            kind = (row["age"], is_test(row["file"]))
            counts[kind] += 1
            if counts[kind] <= MOST[kind[1]]:
                picture = Image.open(archive.open(f"images/{row['file']}")).convert("RGB")
                small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))
                yield describe(small), MIDDLES[row["age"]], kind[1]


def main() -> None:
    """Read the command line, fit, and print how far the guess is off."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    rows = zip(*read_faces(options.source), strict=True)
    seen, ages, held = (np.array(column) for column in rows)
    x, y = seen[~held], ages[~held].astype(np.float64)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    x = (x - mean) / scale
    bias = y.mean()
    weights = x.T @ np.linalg.solve(x @ x.T + RIDGE * np.eye(len(x)), y - bias)
    np.savez(options.out, mean=mean, scale=scale, weights=weights, bias=bias)
    told = (seen[held] - mean) / scale @ weights + bias
    off, along = np.abs(told - ages[held]).mean(), np.corrcoef(told, ages[held])[0, 1]
    print(f"{held.sum()} faces kept apart: {off:.1f} years off, correlation {along:.2f}")


if __name__ == "__main__":
    main()
