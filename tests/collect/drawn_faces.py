"""Drawings that a finder without a network takes for faces: magenta blocks of fine texture.

In a module of its own, so that other processes can import it.
"""

from io import BytesIO

import cv2
import numpy as np
from PIL import Image as Pillow

from facewright.collect.prepare import DetectorSource, PrepareSettings
from facewright.collect.preparing.choose import QualityLimits
from facewright.faces.geometry.topology import CANONICAL, SKIN
from facewright.types import Face, Manifest

WIDTH, HEIGHT = np.ptp(CANONICAL[:SKIN, :2], axis=0)
MIDDLE = (CANONICAL[:SKIN, :2].max(0) + CANONICAL[:SKIN, :2].min(0)) / 2


def draw_scene(*faces, size=(96, 96), seed=0):
    """Draw a picture with a face per (left, top, width), on a dull ground; pixels."""
    rng = np.random.default_rng(seed)
    image = rng.integers(40, 90, (size[1], size[0], 3), dtype=np.uint8)
    for left, top, width in faces:
        height = round(width * HEIGHT / WIDTH)
        block = image[max(top, 0) : top + height, max(left, 0) : left + width]
        block[:] = (255, 0, 255)
        block[..., 1] = rng.integers(0, 140, block.shape[:2])
    return image


def encode(image, kind="PNG", **options):
    """Return the bytes of a picture."""
    file = BytesIO()
    Pillow.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def place_face(left, top, width, score=0.9):
    """Return the mean face as wide as a block."""
    scale = width / WIDTH
    centre = np.array([left, top]) + np.array([width, width * HEIGHT / WIDTH]) / 2 - 0.5
    points = CANONICAL * scale
    points[:, :2] += centre - MIDDLE * scale
    box = np.concatenate([points[:SKIN, :2].min(0), points[:SKIN, :2].max(0)])
    return Face(box.astype(np.float32), points.astype(np.float32), score)


class BlockDetector:
    """Finds magenta blocks, the largest first; remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def find(self, images, *, threshold=0.5):
        self.asked.append([image.shape[:2] for image in images])
        return [self._find(image) if threshold < 1 else [] for image in images]

    def _find(self, image):
        soft = cv2.blur(image, (3, 3)).astype(int)
        mask = (soft[..., 0] > 180) & (soft[..., 2] > 180) & (soft[..., 1] < 150)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        found = [s for s in stats[1:].tolist() if s[4] > 30]
        return [place_face(s[0], s[1], s[2]) for s in sorted(found, key=lambda s: -s[4])]


SOURCE = DetectorSource(BlockDetector, Manifest("prepare", {}, models={"blocks": "0" * 64}))
"""What `prepare` takes."""

NAME = "{}_{}_2_20170116002102{:03}.png"
"""What UTKFace would call a picture: age, gender, number."""


def draw_photos(folder, count=20):
    """Draw so many pictures: most with a face, labels in their names; return the folder."""
    folder.mkdir()
    for seed in range(count):
        faces = [(20 + seed % 20, 20, 30 + seed % 20)] if seed % 5 else []
        name = NAME.format(20 + seed % 20, seed % 2, seed)
        (folder / name).write_bytes(encode(draw_scene(*faces, seed=seed)))
    return folder


def make_settings(**changes):
    """Return what small crops of drawings take."""
    limits = QualityLimits(outside=0, others="allowed", **changes.pop("limits", {}))
    return PrepareSettings(**{"size": 32, "limits": limits, **changes})
