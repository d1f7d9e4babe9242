"""Turn `fairface-frontal.zip` into the dataset that `faces-64` is trained on.

    python recipes/faces-64/prepare.py fairface-frontal.zip faces-64.zip [--size 64] [--hold]

Takes the pictures marked `clean` (ordinary light, uncovered eyes) that also keep the `LIMITS`
below: faces that look ahead with open eyes and are not cut off. Scales them down with an area
filter, and writes age, gender and ethnicity as labels. With --hold, one file in ten is left out, by
a hash of its name: for networks that are measured on these.
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

GROUPS = (
    LabelGroup("age", ("20-29", "30-39", "40-49", "50-59", "60-69", "70+")),
    LabelGroup("gender", ("Female", "Male")),
    LabelGroup(
        "ethnicity",
        (
            "Black",
            "East Asian",
            "Indian",
            "Latino",
            "Middle Eastern",
            "Southeast Asian",
            "White",
        ),
    ),
)
RENAMED = {"Latino_Hispanic": "Latino"}
LIMITS = {  # column → least and most
    "margin_px": (-6.0, 99.0),  # of 224; further out, chin or forehead are cut off
    "yaw_deg": (-17.0, 17.0),
    "roll_deg": (-6.0, 6.0),
    "blink": (0.0, 0.45),
}


def is_kept(row: dict[str, str]) -> bool:
    """Tell whether every measure of a picture is within its limits."""
    return all(low <= float(row[key]) <= high for key, (low, high) in LIMITS.items())


def read_items(source: Path, size: int, *, hold: bool) -> Iterator[tuple[bytes, list[float]]]:
    """Yield each chosen picture as PNG bytes, with its label."""
    with zipfile.ZipFile(source) as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8"))
        for row in rows:
            if row["clean"] != "1" or not is_kept(row) or (hold and is_test(row["file"])):
                continue
            picture = Image.open(archive.open(f"images/{row['file']}")).convert("RGB")
            png = io.BytesIO()
            picture.resize((size, size), Image.Resampling.BOX, reducing_gap=None).save(png, "PNG")
            ethnicity = RENAMED.get(row["race"], row["race"])
            chosen = {"age": row["age"], "gender": row["gender"], "ethnicity": ethnicity}
            yield png.getvalue(), encode_label(GROUPS, chosen).tolist()


def main() -> None:
    """Read the command line and write the dataset."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--hold", action="store_true")
    options = parser.parse_args()
    count = write_dataset(
        options.dataset,
        read_items(options.source, options.size, hold=options.hold),
        label_groups=GROUPS,
        extra={"licence": "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0"},
    )
    print(f"{count} pictures of {options.size}×{options.size} pixels in {options.dataset}")


if __name__ == "__main__":
    main()
