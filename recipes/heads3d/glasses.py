"""Glasses: two rims, a bridge and two temples, as tubes."""

from __future__ import annotations

import numpy as np
from head import Head
from mesh import Floats, Ints

_CORNERS, _SECTORS = 40, 8


def make_glasses(head: Head, glasses: dict) -> list[tuple[Floats, Ints]]:
    """Build the tubes, on the head at rest.

    Args:
        head: Whose.
        glasses: `shape` (2 round, above that squarer), `width` and `height` in eye radii,
            `thickness`.

    Returns:
        Vertices and faces of each tube.
    """
    left, right, radius = head.eyes
    wide, high = glasses["width"] * radius, glasses["height"] * radius
    wide = min(wide, left[0] - 0.04)
    front = max(
        head.rest[head.assets.region("eyelids")][..., 2].max() + 0.06, left[2] + radius * 1.12
    )
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    power = 2 / glasses["shape"]
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * wide
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * high
    tubes = []
    ear = head.rest[head.assets.region("scalp")].reshape(-1, 3)
    for centre in (left, right):
        sign = np.sign(centre[0])
        outward = np.abs(centre[0] + x)
        rim = np.stack(
            [centre[0] + x, centre[1] - 0.03 + y, front - 0.25 * outward**2 * 0.5 + 0 * x], 1
        )
        tubes.append(_tube(rim, glasses["thickness"], closed=True))
        hinge = rim[(sign * rim[:, 0] + 0.2 * rim[:, 1]).argmax()]
        side = np.abs(ear[np.abs(ear[:, 1] - hinge[1]) < 0.5][:, 0]).max() + 0.03
        t = np.linspace(0, 1, 12)[:, None]
        end = np.array([sign * side, hinge[1] + 0.02, 0.35])
        line = hinge * (1 - t) + end * t
        line[:, 0] = hinge[0] + (end[0] - hinge[0]) * np.sqrt(t[:, 0])
        tubes.append(_tube(line, glasses["thickness"] * 0.8, closed=False))
    gap = left[0] - wide
    t = np.linspace(-1, 1, 8)
    bridge = np.stack([gap * t, left[1] + 0.08 - 0.06 * t**2, front + 0.03 - 0.03 * t**2], 1)
    tubes.append(_tube(bridge, glasses["thickness"], closed=False))
    return tubes


def _tube(line: Floats, width: float, *, closed: bool) -> tuple[Floats, Ints]:
    """Lay a tube along a line."""
    along = np.roll(line, -1, 0) - np.roll(line, 1, 0) if closed else np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up = np.array([0.3, 0.4, 1.0]) - along * (along @ [0.3, 0.4, 1.0])[:, None]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    other = np.cross(along, up)
    angle = np.linspace(0, 2 * np.pi, _SECTORS, endpoint=False)[None, :, None]
    ring = np.cos(angle) * up[:, None] + np.sin(angle) * other[:, None]
    rows = len(line)
    i, j = np.meshgrid(np.arange(rows if closed else rows - 1), np.arange(_SECTORS), indexing="ij")
    a, b = (i + 1) % rows, (j + 1) % _SECTORS
    corners = [i * _SECTORS + j, a * _SECTORS + j, a * _SECTORS + b, i * _SECTORS + b]
    return (line[:, None] + width * ring).reshape(-1, 3), np.stack(corners, -1).reshape(-1, 4)
