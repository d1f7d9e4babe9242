"""Augmentation by occlusion: masks, sunglasses, objects before the face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.topology import LEFT_EYE, OVAL, RIGHT_EYE, five_points
from facewright.faces.training.example_rng import ExampleRng
from facewright.types import Image

_FINE = 8  # OpenCV's polygons in parts of a pixel, as a power of two


def cover_face(image: Image, points: NDArray[np.float32], rng: ExampleRng) -> Image:
    """Draw a mask, sunglasses, or an object over a face.

    Args:
        image: (height, width, 3).
        points: (478, 3) in pixels.
        rng: Chooses the occlusion and its appearance.

    Returns:
        A picture of the same size.
    """
    kind = rng.between(0, 1)
    if kind < 0.5:
        return draw_mask(image, points, rng)
    if kind < 0.85:
        return draw_sunglasses(image, points, rng)
    return _hold_before(image, points, rng)


def draw_mask(image: Image, points: NDArray[np.float32], rng: ExampleRng) -> Image:
    """Draw a mask from the bridge of the nose to below the chin, with pleats and straps.

    Args:
        image: (height, width, 3).
        points: (478, 3) in pixels.
        rng: Chooses its appearance.

    Returns:
        A picture of the same size.
    """
    five = five_points(points)[:, :2]
    eyes, mouth = five[:2].mean(0), five[3:].mean(0)
    down = mouth - eyes
    along = (points[:468, :2] - eyes) @ down / max(float(down @ down), 1e-6)
    edge = rng.between(0.15, 0.6)  # from the eyes, 0, to the mouth, 1
    covered = points[:468, :2][along > edge]
    if len(covered) < 3:
        return image
    hull = cv2.convexHull((covered + down * rng.between(0, 0.12)).astype(np.float32))[:, 0]
    middle = hull.mean(0)
    hull = middle + (hull - middle) * rng.between(0.95, 1.1)
    colour = _pick_cloth(rng)
    drawn = _fill(image, hull, colour, rng.between(0.9, 1.0), rng)
    width = max(1, round(0.02 * float(np.linalg.norm(down))))
    left, right = points[OVAL[27], :2], points[OVAL[9], :2]  # where the straps are fastened
    shade = [v * rng.between(0.6, 0.95) for v in colour]
    if rng.chance(0.6):
        _draw_pleats(drawn, hull, shade, width)
    if rng.chance(0.7):
        for end in (left, right):
            start = hull[np.linalg.norm(hull - end, axis=1).argmin()]
            _line(drawn, start, end, colour, width)
    return drawn


def _draw_pleats(image: Image, hull: NDArray[np.floating], shade: list[float], width: int) -> None:
    """Draw the pleats of a mask in place."""
    low, high = hull.min(0), hull.max(0)
    middle, reach = float(hull[:, 0].mean()), 0.35 * float(high[0] - low[0])
    for share in (0.35, 0.5, 0.65):
        y = float(low[1] + share * (high[1] - low[1]))
        ends = np.array([[middle - reach, y], [middle + reach, y]])
        _line(image, ends[0], ends[1], shade, width)


def draw_sunglasses(image: Image, points: NDArray[np.float32], rng: ExampleRng) -> Image:
    """Draw dark glasses over both eyes, with a bridge and temples.

    Args:
        image: (height, width, 3).
        points: (478, 3) in pixels.
        rng: Chooses its appearance.

    Returns:
        A picture of the same size.
    """
    five = five_points(points)[:, :2]
    down = five[3:].mean(0) - five[:2].mean(0)
    size = float(np.linalg.norm(down))
    dark = rng.chance(0.7)
    colour = [rng.between(0, 50)] * 3 if dark else [rng.between(0, 140) for _ in "rgb"]
    alpha, grow = rng.between(0.75, 1.0), rng.between(1.5, 2.4)
    lower = rng.between(0, 0.1) * down
    drawn, middles = image, []
    for loop in (LEFT_EYE, RIGHT_EYE):
        eye = points[loop, :2] + lower
        lens = _outline_lens(eye, grow, 0.12 * size, rng)
        drawn = _fill(drawn, lens, colour, alpha, rng)
        middles.append(eye.mean(0))
    width = max(1, round(0.06 * size))
    _line(drawn, middles[0], middles[1], colour, width)
    for middle, ear in zip(middles, (points[OVAL[27], :2], points[OVAL[9], :2]), strict=True):
        _line(drawn, middle, ear, colour, width)
    return drawn


def _outline_lens(
    eye: NDArray[np.floating], grow: float, least: float, rng: ExampleRng
) -> NDArray[np.floating]:
    """Return the outline (24, 2) of a lens over the outline of an eye (16, 2), in pixels."""
    tall = rng.between(1.2, 1.9)
    across = eye[8] - eye[0]
    length = float(np.linalg.norm(across))
    across = across / max(length, 1e-6)
    up = np.array([-across[1], across[0]])
    radius = max(length / 2, least) * grow
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    power = rng.between(0.5, 1.0)  # from nearly a rectangle to an ellipse
    x, y = np.sign(np.cos(angles)), np.sign(np.sin(angles))
    x, y = x * np.abs(np.cos(angles)) ** power, y * np.abs(np.sin(angles)) ** power
    return eye.mean(0) + radius * (x[:, None] * across + y[:, None] * up * tall / 2)


def _hold_before(image: Image, points: NDArray[np.float32], rng: ExampleRng) -> Image:
    """Draw an object, or a hand of one colour, before a part of the face."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    size = float(np.sqrt((high - low).prod()))
    place = low + (high - low) * (rng.between(0, 1), rng.between(0, 1))
    axes = size * np.array([rng.between(0.1, 0.3), rng.between(0.08, 0.22)])
    across, down = (2 * axes).tolist()
    box = ((float(place[0]), float(place[1])), (across, down), rng.between(0, 180))
    corners = cv2.boxPoints(box).astype(np.float32)
    skin = image[tuple(np.clip(points[4, 1::-1].astype(int), 0, np.array(image.shape[:2]) - 1))]
    colour = skin * rng.between(0.7, 1.1) if rng.chance(0.4) else _pick_cloth(rng)
    return _fill(image, corners, [float(v) for v in colour], rng.between(0.9, 1.0), rng)


def _pick_cloth(rng: ExampleRng) -> list[float]:
    """Return the colour of a mask: white, light blue, black, or any."""
    kind = rng.between(0, 1)
    if kind < 0.3:
        return [rng.between(200, 255)] * 3
    if kind < 0.55:
        return [rng.between(110, 190), rng.between(170, 220), rng.between(200, 245)]
    if kind < 0.75:
        return [rng.between(5, 60)] * 3
    return [rng.between(0, 255) for _ in "rgb"]


def _fill(
    image: Image, outline: NDArray[np.floating], colour: list[float], alpha: float, rng: ExampleRng
) -> Image:
    """Fill a polygon with a colour that is lighter on one side, and a little noise."""
    mask = np.zeros(image.shape[:2], np.uint8)
    corners = np.round(outline * (1 << _FINE)).astype(np.int32)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _FINE)
    height, width = image.shape[:2]
    down = np.linspace(-1, 1, height)[:, None] * rng.between(-25, 25)
    across = np.linspace(-1, 1, width)[None] * rng.between(-40, 40)
    cloth = np.array(colour, np.float32) + (down + across)[..., None].astype(np.float32)
    if rng.chance(0.4):
        cloth = cloth + rng.noise(mask.shape)[..., None] * rng.between(1, 10)
    share = mask[..., None] * np.float32(alpha / 255)
    return np.clip(image * (1 - share) + cloth * share + 0.5, 0, 255).astype(np.uint8)


def _line(
    image: Image,
    start: NDArray[np.floating],
    end: NDArray[np.floating],
    colour: list[float],
    width: int,
) -> None:
    """Draw a line in place."""
    ends = [tuple(int(v) for v in np.round(place)) for place in (start, end)]
    cv2.line(image, ends[0], ends[1], [int(v) for v in colour], width, cv2.LINE_AA)
