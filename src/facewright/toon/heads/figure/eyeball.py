"""Eyeballs: spheres whose iris is computed at each pixel."""

from __future__ import annotations

import numpy as np

from facewright.toon.heads.figure.model import Floats, Ints

EYE = 5
"""Kind of their triangles."""

_MERIDIANS, _RINGS = 32, 20
_BULGE = 0.05
_IRIS, _PUPIL = 0.215, 0.43  # in parts of half a turn, and of the iris


def build_eyes(rims: Floats) -> tuple[Floats, Ints]:
    """Build both eyeballs.

    Args:
        rims: (4, 3), centre and uppermost point of the left eye and of the right.

    Returns:
        Vertices and triangles.
    """
    theta = np.linspace(0, 0.75 * np.pi, _RINGS + 1)[:, None]
    phi = np.linspace(0, 2 * np.pi, _MERIDIANS, endpoint=False)[None]
    r = 1 + 0 * theta
    ring = np.stack(
        [
            r * np.sin(theta) * np.cos(phi),
            r * np.sin(theta) * np.sin(phi),
            r * np.cos(theta) + 0 * phi,
        ],
        -1,
    ).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(_RINGS), np.arange(_MERIDIANS), indexing="ij")
    after = (j + 1) % _MERIDIANS
    a, b = i * _MERIDIANS + j, (i + 1) * _MERIDIANS + j
    c, d = (i + 1) * _MERIDIANS + after, i * _MERIDIANS + after
    faces = np.concatenate([np.stack(x, -1).reshape(-1, 3) for x in ([a, b, c], [a, c, d])])
    points = [rims[n] + ring * np.linalg.norm(rims[n + 1] - rims[n]) * 0.99 for n in (0, 2)]
    return np.concatenate(points).astype(np.float32), np.concatenate(
        [faces, faces + len(ring)]
    ).astype(np.int32)


def colour_eyes(away: Floats, look: Floats, colour: tuple[float, float, float]) -> Floats:
    """Return the colour of eyes at directions from their centre, (m, 3), linear light.

    Args:
        away: (m, 3), of unit length.
        look: (3,), where the eyes look.
        colour: Of the iris.
    """
    t = np.arccos(np.clip(away @ look, -1, 1)) / np.pi / _IRIS
    up = np.clip(away[:, 1] / (_IRIS * np.pi), -1, 1)[:, None]
    outward = np.clip((t - _PUPIL) / (1 - _PUPIL), 0, 1)[:, None]
    base = np.array(colour)
    iris = (base * 1.1 + 0.01) * (1 - outward) + base * 0.75 * outward
    iris = iris * (1 - 0.6 * up)
    iris = iris * (1 - np.clip((t - 0.82) / 0.18, 0, 1)[:, None] * 0.8)
    pupil, white = _step(t - _PUPIL, 0.03), _step(t - 1, 0.03)
    inner = iris * pupil + 0.006 * (1 - pupil)
    return (inner * (1 - white) + np.array([0.86, 0.86, 0.87]) * white).astype(np.float32)


def _step(x: Floats, width: float) -> Floats:
    """Go from 0 to 1 around 0, (m, 1)."""
    out: Floats = (1 / (1 + np.exp(-np.clip(x / width, -40, 40))))[:, None].astype(np.float32)
    return out


def glint_eyes(away: Floats) -> Floats:
    """Return how bright lamps are in an eye at directions from its centre, (m,)."""
    out = np.zeros(len(away), np.float32)
    for place, width, strength in (
        ((0.30, 0.38, 0.87), 0.17, 1.0),
        ((-0.22, -0.2, 0.95), 0.07, 0.18),
    ):
        lamp = np.array(place) / np.linalg.norm(place)
        angle = np.arccos(np.clip(away @ lamp, -1, 1))
        out += strength / (1 + np.exp((angle - width) / 0.012))
    return out.astype(np.float32)
