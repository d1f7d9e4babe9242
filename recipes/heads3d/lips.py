"""Where lips are on the map of the skin."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from mesh import Assets, Floats

SIDE = 1024
"""Pixels of a map of the skin."""
_SKIN = "young_lightskinned_female_diffuse3"


def load_picture(path: Path) -> Floats:
    """Read an RGB picture, 0 to 1."""
    return cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1] / 255.0


def find_lips(assets: Assets) -> Floats:
    """Return where lips are, (SIDE, SIDE), 0 to 1: where one skin is reddest."""
    skin = load_picture(assets.folder / f"skins/{_SKIN}.jpg")
    red = skin[..., 0] - skin[..., 1]
    uvs = assets.base.uvs
    middles = uvs[assets.region_uvs("lips")].mean(1)
    face = uvs[assets.region_uvs("face")].mean(1)
    on_face = (middles >= face.min(0) - 0.02) & (middles <= face.max(0) + 0.02)
    outer = middles[on_face.all(1)]  # the mouth's inside lies elsewhere
    (x0, y0), (x1, y1) = outer.min(0), outer.max(0)
    columns = slice(int(x0 * SIDE) - 6, int(x1 * SIDE) + 6)
    rows = slice(SIDE - int(y1 * SIDE) - 6, SIDE - int(y0 * SIDE) + 6)
    part = red[rows, columns]
    low, high = np.percentile(part, (35, 88))
    mask = np.zeros((SIDE, SIDE))
    mask[rows, columns] = np.clip((part - low) / (high - low) / 0.35 - 1, 0, 1)
    return cv2.GaussianBlur(mask, (0, 0), 1.2)
