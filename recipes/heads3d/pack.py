"""Write rendered pictures as a dataset whose labels say everything about each.

    python recipes/heads3d/pack.py runs/heads3d/set toon.zip --size 128 [--styles toon child]

Needs facewright, and not Blender. Every picture is laid on a plain ground, whose colour is part of
the label, and comes a second time, flipped, with its label flipped. `--held-out` leaves out one
person in ten, who can be drawn from their labels later and compared.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from grounds import lay
from labels import describe, mirror
from people import STYLES

from facewright.datasets.archive import write_dataset
from facewright.datasets.labels import LabelGroup

_HELD_OUT = 10


def group_names(names: list[str]) -> list[LabelGroup]:
    """Return what the numbers of a label mean: choices, and one group of all parameters."""
    choices: dict[str, list[str]] = {}
    for name in names:
        group, _, value = name.partition(": ")
        choices.setdefault(group if value else "parameters", []).append(value or name)
    return [LabelGroup(group, tuple(values)) for group, values in choices.items()]


def show(path: Path, size: int) -> Iterator[tuple[bytes, dict[str, float]]]:
    """Yield a picture on a plain ground as PNG, with its label, and both flipped."""
    record = json.loads(path.with_suffix(".json").read_text())
    person, shot = record["person"], record["shot"]
    rng = np.random.default_rng((record["number"], int(path.stem.rpartition("-")[2]), 11))
    ground = tuple(rng.uniform(0, 1, 3).tolist())
    label = describe(person, shot, ground)
    picture = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    full = np.broadcast_to(np.float32(ground), (*picture.shape[:2], 3))
    image = cv2.resize(lay(picture, full), (size, size), interpolation=cv2.INTER_AREA)
    for pixels, numbers in ((image, label), (image[:, ::-1], mirror(label))):
        done, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
        if not done:
            raise SystemExit(f"{path} cannot be written as PNG")
        yield encoded.tobytes(), numbers


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=list(STYLES))
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    items, names = [], []
    for path in sorted(options.pictures.glob("*.png")):
        if not path.with_suffix(".json").exists():
            continue
        record = json.loads(path.with_suffix(".json").read_text())
        apart = options.held_out and record["number"] % _HELD_OUT == _HELD_OUT - 1
        if record["person"]["style"] not in options.styles or apart:
            continue
        for encoded, label in show(path, options.size):
            names = list(label)
            items.append((encoded, list(label.values())))
    if not items:
        raise SystemExit(f"no picture of {', '.join(options.styles)} in {options.pictures}")
    extra = {"licence": "CC0-1.0", "source": "recipes/heads3d"}
    written = write_dataset(options.archive, items, label_groups=group_names(names), extra=extra)
    print(f"{written} pictures, {len(names)} numbers in each label")


if __name__ == "__main__":
    main()
