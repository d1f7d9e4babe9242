"""How long does it take to put one face onto another in a frame, and which step takes it?

A drawn face of 300 pixels in a frame of 1280×720; finding faces, decoding and encoding not counted.
Our three ways to blend take turns with a plain path: the same mesh warped triangle by triangle and
blended by OpenCV's `seamlessClone`, as tutorials do it.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.timing import report, time_beside
from facewright.device import keep_memory
from facewright.faces.geometry import topology
from facewright.swap.blending.blend import BLENDS
from facewright.swap.mesh.raster import Floats
from facewright.swap.mesh.regions import SURFACE
from facewright.swap.swap import SwapOptions, swap_face
from facewright.swap.warp import make_source, warp_face
from facewright.types import Image

SIZE, FACE = (1280, 720), 300
TURNED = np.deg2rad(20)


def draw_face(size: tuple[int, int], width: float, angle: float) -> tuple[Image, Floats]:
    """Return a frame with a drawn face, and its mesh."""
    turn = np.array(
        [[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]]
    )
    turned = topology.CANONICAL @ turn.T
    points = turned * width / np.ptp(turned[:, 0]) + np.array([size[0] / 2, size[1] / 2, 0])
    y, x = np.mgrid[: size[1], : size[0]]
    texture = 12 * np.sin(x / 3) * np.sin(y / 4)
    image = np.stack([120 + texture, 130 + texture, 150 + texture], -1)
    for triangle in SURFACE:
        shade = (200 - 0.05 * points[triangle, 1].mean(), 150.0, 130.0)
        cv2.fillConvexPoly(image, np.round(points[triangle, :2]).astype(np.int32), shade)
    for loop in (topology.LEFT_BROW, topology.RIGHT_BROW, topology.LIPS_OUTER):
        cv2.fillPoly(image, [np.round(points[loop, :2]).astype(np.int32)], (90.0, 50.0, 50.0))
    grain = (x * 7919 + y * 104729) % 17 - 8
    return np.clip(image + grain[..., None], 0, 255).astype(np.uint8), points.astype(np.float32)


def swap_plainly(face: tuple[Image, Floats], image: Image, points: Floats) -> Image:
    """Warp every triangle by itself, then let OpenCV solve Poisson's equation at full size."""
    warped = image.copy()
    for triangle in SURFACE:
        here, there = face[1][triangle, :2], points[triangle, :2]
        left, top = np.maximum(np.floor(there.min(0)).astype(int), 0)
        right, bottom = np.ceil(there.max(0)).astype(int) + 1
        corner = np.array([left, top], np.float32)
        matrix = cv2.getAffineTransform(here, there - corner)
        patch = cv2.warpAffine(face[0], matrix, (int(right - left), int(bottom - top)))
        mask = np.zeros(patch.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(there - corner).astype(np.int32), 255)
        warped[top:bottom, left:right][mask > 0] = patch[mask > 0]
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points[topology.OVAL, :2]).astype(np.int32)], 255)
    x, y, width, height = cv2.boundingRect(mask)
    middle = (x + width // 2, y + height // 2)
    return np.asarray(cv2.seamlessClone(warped, image, mask, middle, cv2.NORMAL_CLONE), np.uint8)


def main() -> None:
    """Time whole swaps, and the warp alone, with memory kept as on the command line."""
    keep_memory()
    face = draw_face((256, 256), 150, 0)
    image, points = draw_face(SIZE, FACE, TURNED)
    source = make_source([face])
    ways = {
        blend: lambda blend=blend: swap_face(source, image, points, SwapOptions(blend=blend))
        for blend in BLENDS
    }
    rest = {
        "warp alone": lambda: warp_face(source, points, SIZE),
        "source, once": lambda: make_source([face]),
        "plain": lambda: swap_plainly(face, image, points),
    }
    seconds = time_beside({**ways, **rest})
    report("swapping", unit="ms", **{name: 1000 * value for name, value in seconds.items()})


if __name__ == "__main__":
    main()
