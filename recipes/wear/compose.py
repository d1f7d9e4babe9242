"""Compose the two styles that `wear` is trained on.

    python recipes/wear/compose.py fairface-frontal.zip OUT [--size 128] [--most 1200]

Style A are clean faces of 20 to 29. Style B are other faces, of all ages, on which `marks.py`
draws blotches, creases, tired eyes and a dull tone: nobody on these pictures looked like that. One
file in ten is kept apart, by a hash of its name: those of 20 to 29 go to `held-clean.zip`, and the
same pictures with marks to `held-marked.zip`.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from marks import Wear, mark_face
from PIL import Image
from split import is_test

from facewright.datasets.archive import write_dataset
from facewright.pipelines.find import FindPipeline

LICENCE = "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0; marks drawn"


def read_rows(source: Path) -> list[dict[str, str]]:
    """Return the labels of the faces that look ahead."""
    with zipfile.ZipFile(source) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")))
    return [row for row in rows if abs(float(row["yaw_deg"])) <= 20 and row["clean"] == "1"]


def half(name: str) -> int:
    """Return 0 or 1 by a hash of a name: no young face is in both styles."""
    return hashlib.sha256(("wear" + name).encode()).digest()[0] & 1


def choose(rows: list[dict[str, str]], style: str, most: int) -> list[str]:
    """Return the names of the files of a style."""
    held = style.startswith("held")
    rows = [row for row in rows if is_test(row["file"]) == held]
    young = [row["file"] for row in rows if row["age"] == "20-29"]
    if held:
        return young
    mine = [name for name in young if half(name) == (style == "marked")]
    if style == "marked":
        mine += [row["file"] for row in rows if row["age"] != "20-29"]
    return sorted(mine, key=lambda name: hashlib.sha256(name.encode()).digest())[:most]


def to_png(image: np.ndarray, size: int) -> bytes:
    """Return a picture as PNG of a size."""
    out = io.BytesIO()
    small = Image.fromarray(image).resize((size, size), Image.Resampling.BOX)
    small.save(out, "PNG")
    return out.getvalue()


def mark(image: np.ndarray, name: str, finder, **how) -> np.ndarray | None:
    """Return a picture with marks that its name decides; None where no face is found."""
    faces = finder.find([image])[0]
    if not faces:
        return None
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = mark_face(lab, faces[0].points, Wear.draw(rng), rng, **how)
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def read_items(source: Path, names: list[str], style: str, size: int) -> Iterator[tuple]:
    """Yield each picture of a style as PNG bytes; nothing is labelled."""
    finder = FindPipeline(device="cpu").finder
    with zipfile.ZipFile(source) as archive:
        for name in names:
            image = np.asarray(Image.open(archive.open(f"images/{name}")).convert("RGB"))
            if style.endswith("marked"):
                image = mark(image, name, finder)
            if image is not None:
                yield to_png(image, size), None


def main() -> None:
    """Read the command line and write the datasets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--most", type=int, default=1200)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = read_rows(options.source)
    for style in ("clean", "marked", "held-clean", "held-marked"):
        names = choose(rows, style, options.most)
        path = options.out / f"{style}.zip"
        items = read_items(options.source, names, style, options.size)
        count = write_dataset(path, items, extra={"licence": LICENCE})
        print(f"{count} pictures of {options.size}×{options.size} pixels in {path}")


if __name__ == "__main__":
    main()
