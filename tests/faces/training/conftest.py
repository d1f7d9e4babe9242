"""Drawn faces to learn from."""

import numpy as np
import pytest

from facewright.faces.geometry.topology import CANONICAL, OVAL
from facewright.faces.training.examples import Labelled


def draw_face(size: int, scale: float, shift: tuple[float, float], shade: int):
    """Return a picture with a plain oval, and the mesh that lies on it."""
    import cv2

    points = CANONICAL * scale
    points[:, :2] += np.array(shift, np.float32) + size / 2
    image = np.full((size, size, 3), 40, np.uint8)
    cv2.fillPoly(image, [np.round(points[OVAL, :2]).astype(np.int32)], (shade, shade, shade))
    return image, points.astype(np.float32)


@pytest.fixture(scope="session")
def labelled() -> Labelled:
    """Four drawn faces, and two pictures without one."""
    drawn = [draw_face(96, 30 + 2 * k, (k, -k), 120 + 30 * k) for k in range(4)]
    noise = np.random.default_rng(0).integers(0, 256, (2, 80, 100, 3), np.uint8)
    return Labelled(
        [image for image, _ in drawn],
        np.stack([points for _, points in drawn]),
        np.array([0.1, 0.2, 0.3, 0.4]),
        list(noise),
    )
