"""Turn the two FairFace archives into the two styles that `ageing` is trained on.

    python recipes/ageing/prepare.py fairface-frontal.zip fairface-wild.zip OUT [--size 128]

Style A are people of 20 to 29, style B people of 60 and over. Of the wild pictures, those whose
face looks ahead and is sharp are taken. One file in ten is kept apart, by a hash of its name: it
goes to `held-young.zip` and `held-old.zip`.
"""

from __future__ import annotations

import argparse
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from split import is_test

from facewright.datasets.archive import write_dataset
from facewright.datasets.labels import LabelGroup, encode_label

AGES = {"young": ("20-29",), "old": ("60-69", "70+")}
GROUPS = (LabelGroup("gender", ("Female", "Male")),)
LICENCE = "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0"


def is_usable(row: dict[str, str], age: str) -> bool:
    """Tell whether a face looks ahead, is sharp, and has ordinary light and open eyes."""
    if abs(float(row["yaw_deg"])) > 20 or abs(float(row["roll_deg"])) > 12:
        return False
    if "clean" not in row:
        return age == "old" and float(row["sharpness"]) >= 60
    if age == "young":
        return row["clean"] == "1"
    # Few pictures show older people: of these, only those in sunglasses or cut off are left out.
    measured = row["margin_px"] and row["eye_minus_cheek_L"]
    return bool(measured) and float(row["margin_px"]) > -12 and float(measured) > -40


def read_items(
    sources: list[Path], age: str, *, held: bool, size: int
) -> Iterator[tuple[bytes, list[float]]]:
    """Yield each chosen picture as PNG bytes, with its label."""
    for source in sources:
        with zipfile.ZipFile(source) as archive:
            for row in csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")):
                name = row["file"]
                if row["age"] not in AGES[age] or is_test(name) != held:
                    continue
                if not is_usable(row, age):
                    continue
                picture = Image.open(archive.open(f"images/{name}")).convert("RGB")
                png = io.BytesIO()
                picture = picture.resize((size, size), Image.Resampling.BOX, reducing_gap=None)
                picture.save(png, "PNG")
                yield png.getvalue(), encode_label(GROUPS, {"gender": row["gender"]}).tolist()


def main() -> None:
    """Read the command line and write the datasets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", type=Path, nargs=2)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=128)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for age in AGES:
        for held in (False, True):
            path = options.out / f"{'held-' if held else ''}{age}.zip"
            items = read_items(options.sources, age, held=held, size=options.size)
            count = write_dataset(path, items, label_groups=GROUPS, extra={"licence": LICENCE})
            print(f"{count} pictures of {options.size}×{options.size} pixels in {path}")


if __name__ == "__main__":
    main()
