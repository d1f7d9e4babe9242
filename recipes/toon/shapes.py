"""Exaggerate a face on its mesh: larger eyes, a smaller nose, a narrower jaw, rounder cheeks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry import topology

Floats = NDArray[np.float32]

_CORNERS = 12  # points per side of the border that stay where they are
_STEP = 8  # pixels between two points of the grid on which the warp is computed
_SOFT = 0.02  # how far the warp may miss a point, in eye distances
_EYES = (topology.LEFT_EYE, topology.RIGHT_EYE)
_BROWS = (topology.LEFT_BROW, topology.RIGHT_BROW)
_NEEDED = np.concatenate([*_EYES, topology.OVAL, topology.LIPS_OUTER])
_SPARE = np.setdiff1d(np.arange(1, topology.SKIN, 2), _NEEDED)  # half of the others will do
_NOSE_REACH = 0.55  # eye distances


@dataclass(frozen=True)
class Proportions:
    """What is exaggerated. Lengths are in eye distances, 1 is as it was."""

    eyes: tuple[float, float] = (1.68, 2.15)
    """Width and height of the eyes."""
    nose: float = 0.78
    """Size of the nose."""
    mouth: tuple[float, float] = (0.95, 0.95)
    """Width and height of the mouth."""
    jaw: float = 0.84
    """Width of the face at the chin."""
    cheeks: float = 1.05
    """Width of the face between eyes and mouth."""
    chin: float = 0.06
    """How far the chin moves up."""
    brows: float = 0.0
    """How far the brows move up."""
    down: float = 0.0
    """How far eyes, nose and mouth move down."""


TOON = Proportions()
BABY = Proportions(
    eyes=(1.85, 2.65),
    nose=0.56,
    mouth=(0.58, 0.9),
    jaw=0.94,
    cheeks=1.14,
    chin=0.1,
    brows=0.1,
    down=0.22,
)


def exaggerate(points: Floats, wanted: Proportions) -> Floats:
    """Return where the points of a mesh go, (478, 2), pixels.

    Args:
        points: (478, 2 or 3), pixels.
        wanted: What to exaggerate.
    """
    frame = _Frame.of(points)
    local = frame.enter(points)
    out = _widen(local, wanted)
    for corners, brow in zip(_EYES, _BROWS, strict=True):
        middle = local[corners].mean(0)
        out += _scale_about(local, middle, np.array(wanted.eyes), 0.34)
        apart = local - local[brow].mean(0)
        out[:, 1] -= wanted.brows * np.exp(-0.5 * (apart / (0.45, 0.16)) ** 2).prod(1)
    five = topology.five_points(local)
    nose = five[2] * (1, 0.85)
    out += _scale_about(local, nose, np.full(2, wanted.nose), _NOSE_REACH * 0.6)
    out += _scale_about(local, five[3:].mean(0), np.array(wanted.mouth), 0.55)
    high, low = -0.55, local[topology.OVAL, 1].max()
    inside = np.clip((local[:, 1] - high) / 0.5, 0, 1) * np.clip((low - local[:, 1]) / 0.35, 0, 1)
    out[:, 1] += wanted.down * inside
    return frame.leave(out)


@dataclass(frozen=True)
class _Frame:
    """The coordinates of a face: from the middle of the eyes, x along them, their distance 1."""

    origin: complex
    axis: complex

    @classmethod
    def of(cls, points: Floats) -> _Frame:
        five = topology.five_points(points[:, :2])
        left, right = (complex(*five[i]) for i in (0, 1))
        return cls((left + right) / 2, right - left)

    def enter(self, points: Floats) -> Floats:
        z = (points[:, 0] + 1j * points[:, 1] - self.origin) / self.axis
        return np.stack([z.real, z.imag], 1)

    def leave(self, points: Floats) -> Floats:
        z = (points[:, 0] + 1j * points[:, 1]) * self.axis + self.origin
        return np.stack([z.real, z.imag], 1).astype(np.float32)


def _widen(local: Floats, wanted: Proportions) -> Floats:
    """Return a face with another outline: broader cheeks, a narrower jaw, a higher chin."""
    out, y = local.copy(), local[:, 1]
    low = local[topology.OVAL, 1].max()
    cheek = np.exp(-0.5 * ((y - 0.45 * low) / (0.28 * low)) ** 2)
    jaw = np.clip((y - 0.45 * low) / (0.55 * low), 0, 1)
    out[:, 0] *= 1 + (wanted.cheeks - 1) * cheek + (wanted.jaw - 1) * jaw * (2 - jaw)
    out[:, 1] -= wanted.chin * np.clip((y - 0.6 * low) / (0.4 * low), 0, 1) ** 2
    return out


def _scale_about(local: Floats, middle: Floats, factor: Floats, reach: float) -> Floats:
    """Return how points near a middle move when that part grows, (478, 2)."""
    apart = local - middle
    near = np.exp(-0.5 * (np.linalg.norm(apart, axis=1) / reach) ** 4)
    return apart * (factor - 1) * near[:, None]


def warp(image: Floats, before: Floats, after: Floats) -> Floats:
    """Move the pixels of a picture as its mesh moves; its border stays.

    Args:
        image: (h, w, 3).
        before: (n, 2), pixels.
        after: (n, 2), pixels.
    """
    height, width = image.shape[:2]
    steps = np.linspace(0, 1, _CORNERS, endpoint=False)
    ring = [(t, 0) for t in steps] + [(1, t) for t in steps]
    ring += [(1 - t, 1) for t in steps] + [(0, 1 - t) for t in steps]
    border = np.array(ring, np.float32) * (width - 1, height - 1)
    size = np.ptp(before[:, 0])
    inside = ((after > 2) & (after < (width - 3, height - 3))).all(1)
    inside[_SPARE] = False
    known = np.concatenate([after[inside], border]) / size
    shift = np.concatenate([(before - after)[inside], 0 * border])
    ys, xs = np.mgrid[0 : height + _STEP : _STEP, 0 : width + _STEP : _STEP]
    grid = np.stack([xs.ravel(), ys.ravel()], 1) / size
    moved = _interpolate(known, shift, grid).reshape(*xs.shape, 2).astype(np.float32)
    places = (np.mgrid[0:height, 0:width][::-1] / _STEP).astype(np.float32)
    full = cv2.remap(moved, places[0], places[1], cv2.INTER_CUBIC)
    full[..., 0] += np.arange(width)
    full[..., 1] += np.arange(height)[:, None]
    x, y = full[..., 0], full[..., 1]
    return cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def _interpolate(known: Floats, values: Floats, asked: Floats) -> Floats:
    """Return values between scattered ones: a spline of |r|, a little smoothed."""
    apart = np.hypot(*(known[:, None, i] - known[None, :, i] for i in (0, 1)))
    system = apart - _SOFT * np.eye(len(known))
    weights = np.linalg.solve(system.astype(np.float64), values)
    apart = np.hypot(*(asked[:, None, i] - known[None, :, i] for i in (0, 1)))
    return apart @ weights
