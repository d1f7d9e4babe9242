"""Cut the labelled faces out of their pictures, and draw who is learned from and who measured on.

    python recipes/likeness/gather.py merged.npz FOLDER squares.npz

`merged.npz` is what `recipes/finder/merge.py` writes, FOLDER holds the archives that it names. The
result: `squares` [n 96 96 3], `points` [n 478 3] in them, `groups` [n] (age, gender and ethnicity;
empty where unknown), `measures` [n 4] (jaw, smile, lids, yaw), and `held` [n]: one picture in six,
by chance, that nothing is fitted to.
"""

import argparse
import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from views import cut_large

GROUP, MEASURES = ("age", "gender", "race"), ("jaw_open", "smile", "blink", "yaw_deg")
NOTHING = dict.fromkeys(GROUP, "") | dict.fromkeys(MEASURES, "nan")


def read_labels(archive):
    """Return the labels of an archive by the name of the picture."""
    if "labels.csv" not in archive.namelist():
        return {}
    rows = csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8"))
    return {row["file"]: row for row in rows}


def main():
    """Read the command line and write the squares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("merged", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("squares", type=Path)
    options = parser.parse_args()
    with np.load(options.merged) as file:
        sources, names, meshes = file["archives"], file["names"], file["points"]
    archives = {name: zipfile.ZipFile(options.folder / name) for name in np.unique(sources)}
    labels = {name: read_labels(archive) for name, archive in archives.items()}
    squares, points, groups, measures = [], [], [], []
    for source, name, mesh in zip(sources, names, meshes, strict=True):
        picture = np.array(Image.open(archives[source].open(name)).convert("RGB"))
        square, moved = cut_large(picture, mesh)
        row = labels[source].get(Path(name).name, NOTHING)
        squares.append(square)
        points.append(moved)
        groups.append(", ".join(filter(None, (row.get(key) for key in GROUP))))
        measures.append([float(row.get(key) or "nan") for key in MEASURES])
    held = np.random.default_rng(1).permutation(len(names)) < len(names) // 6
    np.savez(
        options.squares,
        squares=squares,
        points=points,
        groups=groups,
        measures=np.array(measures, np.float32),
        held=held,
    )
    print(f"{len(names)} faces, {held.sum()} of them held back")


if __name__ == "__main__":
    main()
