"""Gather the sharp pictures that the enhancers are trained on, or those kept for measuring.

    python recipes/enhancer/prepare.py DATA pictures.zip
    python recipes/enhancer/prepare.py DATA held-out.zip --held-out

DATA is the folder of `fairface-frontal.zip`, `fairface-wild.zip` and `congress.zip`. Files are
copied as they are. Of FairFace those are taken whose `sharpness` is at least `LEAST_SHARPNESS`; for
measuring, all frontal faces of the held-out tenth are, whatever their sharpness.
"""

from __future__ import annotations

import argparse
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from split import is_test

SETS = ("fairface-frontal", "fairface-wild", "congress")
MEASURED = ("fairface-frontal", "congress")
LEAST_SHARPNESS = {"fairface-frontal": 80.0, "fairface-wild": 60.0}


def list_names(archive: zipfile.ZipFile, name: str, *, held_out: bool) -> Iterator[str]:
    """Yield the pictures of one set that are wanted."""
    if "labels.csv" not in archive.namelist():
        yield from (n for n in archive.namelist() if n.lower().endswith(".jpg"))
        return
    for row in csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")):
        if held_out or float(row["sharpness"]) >= LEAST_SHARPNESS[name]:
            yield f"images/{row['file']}"


def main() -> None:
    """Read the command line and write the zip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    counts = {}
    with zipfile.ZipFile(options.pictures, "w", zipfile.ZIP_STORED) as out:
        for name in MEASURED if options.held_out else SETS:
            with zipfile.ZipFile(options.data / f"{name}.zip") as archive:
                names = list_names(archive, name, held_out=options.held_out)
                chosen = [n for n in names if is_test(n) == options.held_out]
                for member in chosen:
                    entry = zipfile.ZipInfo(f"{name}/{Path(member).name}")
                    out.writestr(entry, archive.read(member))
            counts[name] = len(chosen)
    print(f"{sum(counts.values())} pictures in {options.pictures}: {counts}")


if __name__ == "__main__":
    main()
