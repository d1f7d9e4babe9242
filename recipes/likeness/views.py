"""Show one face as other photographs might: another light, pose, expression, focus or cover.

The pose changes by turning the face's mesh, the expression along the directions in which the meshes
of many faces change with what was measured of their mouths and eyes; pixels follow the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.faces.align import cut
from facewright.faces.geometry.matrices import join_matrices, transform_points
from facewright.faces.similarity.gradients import PLACE, SIDE, WINDOW
from facewright.faces.templates import fit_template

LARGE = 96
"""Side of the stored squares, in pixels: the window of 64 with half as much around it."""

EVERY = 3  # which points of a mesh move the pixels
GRID = 24  # nodes a side at which their motion is worked out
REACH = 5.0  # pixels over which a point moves its surroundings
SPREADS = np.float32([0.15, 0.35, 0.25])  # of the jaw, the smile and the lids


@dataclass(frozen=True)
class Amounts:
    """How much changes: 0 is nothing, 1 what is usual between photographs."""

    pose: float = 1.0
    expression: float = 1.0
    place: float = 1.0
    light: float = 1.0
    focus: float = 1.0
    shadow: float = 0.0
    """How likely a shadow covers a part."""
    cover: float = 0.0
    """How likely a thing does."""
    mirror: float = 0.5
    """How likely the face is mirrored."""


MILD = Amounts(pose=0.5, expression=0.5, light=0.5)
HARD = Amounts(pose=1.7, expression=1.7, light=1.2, shadow=0.35, cover=0.25)


def cut_large(image, points):
    """Return the square around a face, [96 96 3], and its points in it."""
    scale = LARGE / WINDOW
    corner = np.array(PLACE) - SIDE * (scale - 1) / 2
    side = SIDE * scale
    window = np.array([[1 / side, 0, -corner[0] / side], [0, 1 / side, -corner[1] / side]])
    matrix = join_matrices(fit_template(points, "arcface"), window)
    crop = cut(image, matrix, template="arcface", size=LARGE)
    return crop.image, transform_points(points, crop.matrix)


def find_expressions(points, measures):
    """Return how points move with jaw, smile and lids, [3 478 2], by linear regression.

    Args:
        points: [n 478 3] in the stored squares, of faces that look ahead.
        measures: [n 3].
    """
    known = np.c_[np.ones(len(measures)), measures]
    flat = points[..., :2].reshape(len(points), -1)
    return np.linalg.lstsq(known, flat, rcond=None)[0][1:].reshape(3, 478, 2).astype(np.float32)


def show(rng, large, points, expressions, amounts):
    """Return a face as another photograph might show it, [64 64 3].

    Args:
        rng: A numpy Generator.
        large: [96 96 3].
        points: [478 3] in it.
        expressions: [3 478 2].
        amounts: How much changes.
    """
    picture = _move(rng, large, points, expressions, amounts)
    if rng.random() < amounts.mirror:
        picture = picture[:, ::-1]
    picture = _blur(rng, _light(rng, picture, amounts.light), amounts.focus)
    if rng.random() < amounts.shadow:
        picture = _shade(rng, picture)
    if rng.random() < amounts.cover:
        picture = _cover(rng, picture)
    return np.ascontiguousarray(picture)


def _move(rng, large, points, expressions, amounts):
    """Turn the head, change the expression, and cut the window not quite where it belongs."""
    flat, depth = points[::EVERY, :2], points[::EVERY, 2] - points[::EVERY, 2].mean()
    yaw, pitch = np.radians(rng.uniform(-1, 1, 2) * (15, 10) * amounts.pose)
    x, y = (flat - flat.mean(0)).T
    turned, behind = x * np.cos(yaw) + depth * np.sin(yaw), depth * np.cos(yaw) - x * np.sin(yaw)
    ways = np.stack([turned - x, y * np.cos(pitch) - behind * np.sin(pitch) - y], 1)
    ways -= ways.mean(0)
    weights = rng.normal(0, SPREADS * amounts.expression).astype(np.float32)
    ways += np.tensordot(weights, expressions[:, ::EVERY], 1)
    field = _spread(flat, ways.astype(np.float32))
    turn = np.radians(rng.normal(0, 2.5) * amounts.place)
    zoom, shift = np.exp(rng.normal(0, 0.03) * amounts.place), rng.normal(0, 0.9, 2) * amounts.place
    steps = np.arange(WINDOW) - (WINDOW - 1) / 2
    across, down = np.meshgrid(steps, steps)
    middle = (LARGE - 1) / 2 + shift
    u = zoom * (np.cos(turn) * across - np.sin(turn) * down) + middle[0]
    v = zoom * (np.sin(turn) * across + np.cos(turn) * down) + middle[1]
    u, v = u.astype(np.float32), v.astype(np.float32)
    here = cv2.remap(field, u, v, cv2.INTER_LINEAR)
    u, v = u + here[..., 0], v + here[..., 1]
    return cv2.remap(large, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _spread(points, ways):
    """Return where each pixel comes from, as a shift [96 96 2], when points move."""
    nodes = (np.arange(GRID) + 0.5) / GRID * LARGE - 0.5
    grid = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    gaps = ((grid[:, None] - (points + ways)[None]) ** 2).sum(-1)
    weights = np.exp(-gaps / (2 * REACH**2))
    field = -(weights @ ways) / (weights.sum(1, keepdims=True) + 2)  # still far from the face
    field = field.reshape(GRID, GRID, 2).astype(np.float32)
    return cv2.resize(field, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC)


def _light(rng, picture, amount):
    """Change the light: how much, from where, of which colour; and the camera's curve."""
    if amount == 0:
        return picture
    linear = (picture / 255.0) ** rng.uniform(1.2, 2.4)
    down, across = np.mgrid[0:WINDOW, 0:WINDOW] / WINDOW
    waves = np.full((WINDOW, WINDOW), rng.uniform(-0.5, 0.5) * amount)
    for _ in range(2):
        angle, pace = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.5) * np.pi
        along = np.cos(angle) * across + np.sin(angle) * down
        height, phase = rng.uniform(-0.55, 0.55) * amount, rng.uniform(0, 2 * np.pi)
        waves += height * np.cos(pace * along + phase)
    tint = rng.normal(0, 0.08, 3) * amount
    linear = np.clip(linear * np.exp(waves[..., None] + tint), 0, 1.3)
    return (255 * np.clip(linear ** (1 / rng.uniform(1.6, 2.2)), 0, 1)).astype(np.uint8)


def _blur(rng, picture, amount):
    """Take detail away, add noise, and save as JPEG."""
    if amount == 0:
        return picture
    side = max(12, int(WINDOW * np.exp(rng.uniform(np.log(0.4), 0) * amount)))
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    picture = cv2.resize(small, (WINDOW, WINDOW), interpolation=cv2.INTER_LINEAR)
    noisy = picture + rng.normal(0, rng.uniform(0, 8) * amount, picture.shape)
    picture = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, data = cv2.imencode(
            ".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(25, 95))]
        )
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture


def _shade(rng, picture):
    """Put one side of a line into shadow."""
    down, across = np.mgrid[0:WINDOW, 0:WINDOW] - (WINDOW - 1) / 2
    angle, dark = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.7)
    far = np.cos(angle) * across + np.sin(angle) * down - rng.uniform(-10, 10)
    lit = dark + (1 - dark) / (1 + np.exp(-far / rng.uniform(1, 10)))
    linear = np.clip((picture / 255.0) ** 2 * lit[..., None] * 1.2, 0, 1)
    return (255 * np.sqrt(linear)).astype(np.uint8)


def _cover(rng, picture):
    """Put a rectangle of one colour, more or less noisy, somewhere."""
    high, wide = rng.integers(8, 30), rng.integers(8, WINDOW + 1)
    top, left = rng.integers(0, WINDOW + 1 - high), rng.integers(0, WINDOW + 1 - wide)
    colour = rng.integers(0, 255, 3) + rng.normal(0, rng.uniform(0, 25), (high, wide, 1))
    picture = picture.copy()
    picture[top : top + high, left : left + wide] = np.clip(colour, 0, 255)
    return picture
