"""Lay pictures on their grounds, side by side.

python sheet.py runs/heads3d sheet.png [--columns 8] [--count 48] [--size 128]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from grounds import lay, paint_ground


def load(path: Path) -> np.ndarray:
    """Return a picture on its ground, RGB."""
    picture = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    shot = json.loads(path.with_suffix(".json").read_text())["shot"]
    return lay(picture, paint_ground(shot["ground"], len(picture)))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--size", type=int, default=160)
    options = parser.parse_args()
    paths = sorted(p for p in options.pictures.glob("*.png") if p.with_suffix(".json").exists())
    paths = paths[options.first : options.first + options.count]
    tiles = [cv2.resize(load(p), (options.size,) * 2, interpolation=cv2.INTER_AREA) for p in paths]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % options.columns)
    rows = [
        np.hstack(tiles[i : i + options.columns]) for i in range(0, len(tiles), options.columns)
    ]
    cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()
