"""Clothes: part of the body's surface, lifted off, and collars, hoods and scarves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from head import Head
from mesh import Floats, Ints, compact

KINDS = ("jumper", "tshirt", "vneck", "shirt", "hoodie", "turtleneck", "vest", "scarf")

_SQUEEZE = np.array([1, 1.15, 0.9])  # the neckline is an ellipsoid
_LIFT = 0.05
_AROUND = 56  # corners of rings
# Size of the neckline, and how far it goes down in front.
_NECKLINES = {
    "jumper": (0.86, 0.0),
    "tshirt": (0.98, 0.05),
    "vneck": (0.86, 0.75),
    "shirt": (0.74, 0.3),
    "hoodie": (0.84, 0.1),
    "turtleneck": (0.66, 0.0),
    "vest": (1.22, 0.1),
    "scarf": (0.70, 0.0),
}


@dataclass(frozen=True)
class Piece:
    """A mesh of cloth."""

    vertices: Floats
    faces: Ints
    second: bool = False
    """Whether it has the second colour."""
    thick: bool = False
    """Whether it has to be given a thickness."""


def make_clothes(head: Head, clothes: dict) -> list[Piece]:
    """Cut clothes of a `kind` for a head, at rest."""
    kind = clothes["kind"]
    size, fall = _NECKLINES[kind]
    body, loop = _cut(head, size * clothes["wide"], fall)
    pieces = [body]
    neck = Neck(head)
    if kind in ("jumper", "tshirt", "vneck", "vest"):
        width = {"jumper": 0.05, "tshirt": 0.025, "vneck": 0.035, "vest": 0.02}[kind]
        pieces.append(_tube(loop, width, second=clothes["trim"]))
    elif kind == "turtleneck":
        pieces.append(_roll(neck))
    elif kind == "shirt":
        pieces.append(_collar(neck, second=clothes["trim"]))
    elif kind == "hoodie":
        pieces += _hood(neck, second=clothes["trim"])
    elif kind == "scarf":
        pieces += _scarf(neck)
    return pieces


class Neck:
    """The radius of the neck by azimuth and height."""

    def __init__(self, head: Head) -> None:
        """Fit low harmonics to the vertices of the neck."""
        self.low, self.high = head.joint("neck"), head.joint("head")
        base = head.assets.base.vertices
        rows = head.assets.bust_vertices
        x, y, z = base[rows].T
        rows = rows[(y > 5.85) & (y < 6.45) & (np.abs(x) < 0.75) & (z < 0.95)]
        points = head.rest[rows]
        offset = points - self.centre(points[:, 1])
        azimuth = np.arctan2(offset[:, 0], offset[:, 2])
        radius = np.hypot(offset[:, 0], offset[:, 2])
        self._fit = np.linalg.lstsq(self._terms(azimuth, points[:, 1]), radius, rcond=None)[0]

    def centre(self, y: Floats) -> Floats:
        """Return the middle of the neck at heights, (n, 3)."""
        t = (np.asarray(y) - self.low[1]) / (self.high[1] - self.low[1])
        return np.stack(
            [0 * t, np.asarray(y) + 0 * t, self.low[2] + t * (self.high[2] - self.low[2])], -1
        )

    def _terms(self, azimuth: Floats, y: Floats) -> Floats:
        h = y - self.low[1]
        waves = [np.ones_like(azimuth), np.cos(azimuth), np.cos(2 * azimuth)]
        return np.stack([w * h**k for w in waves for k in (0, 1, 2)], -1)

    def ring(self, azimuth: Floats, y: Floats, off: Floats | float) -> Floats:
        """Return points around the neck, `off` its skin, (n, 3)."""
        y = np.broadcast_to(y, azimuth.shape)
        r = (
            self._terms(azimuth, np.clip(y, self.low[1] - 0.05, self.low[1] + 0.5)) @ self._fit
            + off
        )
        return self.centre(y) + np.stack([r * np.sin(azimuth), 0 * r, r * np.cos(azimuth)], -1)


def _cut(head: Head, size: float, fall: float) -> tuple[Piece, Floats]:
    """Lift the skin outside the neckline; return it and the loop of the neckline, (n, 3)."""
    neck = head.joint("neck")
    centre = np.array([0, neck[1] - 0.05, neck[2] + 0.1])
    shoulders = np.ptp(head.rest[head.assets.bust_vertices][:, 0])
    size = size * min(1.0, shoulders / 3.2)

    def reach(points: Floats) -> tuple[Floats, Floats]:
        """Return distances from the middle, and those of the neckline in the same direction."""
        offset = (points - centre) * _SQUEEZE
        angle = np.arctan2(np.abs(offset[:, 0]), -offset[:, 1])
        front = offset[:, 2] > 0
        return np.linalg.norm(offset, axis=1), size * (
            1 + fall * front * np.exp(-((angle / 0.55) ** 2))
        )

    faces = head.assets.bust_faces
    far, line = reach(head.rest[faces].mean(1))
    low = head.assets.base.vertices[faces][:, :, 1].mean(1) < 6.15
    used, faces = compact(faces[low & (far > line)])
    points = head.rest[used] + head.normals[used] * _LIFT
    edges = Counter(
        tuple(sorted(pair)) for f in faces.tolist() for pair in zip(f, f[1:] + f[:1], strict=True)
    )
    border = np.array(sorted({v for pair, times in edges.items() if times == 1 for v in pair}))
    far, line = reach(points[border])
    near = border[(np.abs(far - line) < 0.35) & (points[border][:, 1] > neck[1] - 1.6)]
    far, line = reach(points[near])
    points[near] = centre + (points[near] - centre) * (line / far)[:, None]
    offset = points[near] - centre
    order = np.argsort(np.arctan2(offset[:, 0], offset[:, 2]))
    return Piece(points, faces, thick=True), _even(points[near][order], centre)


def _even(loop: Floats, centre: Floats) -> Floats:
    """Put `_AROUND` points on a loop about a middle, smoothly."""
    azimuth = np.arctan2(*(loop - centre)[:, [0, 2]].T)
    goal = np.linspace(-np.pi, np.pi, _AROUND, endpoint=False)
    out = np.stack([np.interp(goal, azimuth, loop[:, i], period=2 * np.pi) for i in range(3)], 1)
    for _ in range(3):
        out = 0.5 * out + 0.25 * (np.roll(out, 1, 0) + np.roll(out, -1, 0))
    return out


def _tube(loop: Floats, width: Floats | float, *, second: bool = False, flat: float = 1.0) -> Piece:
    """Lay a tube along a closed loop."""
    along = np.roll(loop, -1, 0) - np.roll(loop, 1, 0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = loop - loop.mean(0)
    out -= (out * along).sum(1, keepdims=True) * along
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    up = np.cross(along, out)
    angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)[None, :, None]
    width = np.broadcast_to(width, (len(loop),))[:, None, None]
    ring = np.cos(angle) * out[:, None] + flat * np.sin(angle) * up[:, None]
    return Piece(
        (loop[:, None] + width * ring).reshape(-1, 3),
        _grid(len(loop), 10, ring=True, tube=True),
        second,
    )


def _grid(rows: int, columns: int, *, ring: bool, tube: bool) -> Ints:
    """Return faces of a grid of points."""
    i, j = np.meshgrid(
        np.arange(rows if ring else rows - 1),
        np.arange(columns if tube else columns - 1), indexing="ij",
    )  # fmt: skip
    a, b = (i + 1) % rows, (j + 1) % columns
    return np.stack(
        [i * columns + j, a * columns + j, a * columns + b, i * columns + b], -1
    ).reshape(-1, 4)


def _revolve(
    neck: Neck, azimuth: Floats, profile: list[tuple], *, closed: bool
) -> tuple[Floats, Ints]:
    """Sweep a profile around the neck; each of its points is height and distance off the skin."""
    rings = [neck.ring(azimuth, neck.low[1] + y, off) for y, off in profile]
    points = np.stack(rings, 1)  # [azimuth profile 3]
    return points.reshape(-1, 3), _grid(len(azimuth), len(profile), ring=closed, tube=False)


def _roll(neck: Neck) -> Piece:
    """A rolled collar."""
    azimuth = np.linspace(-np.pi, np.pi, _AROUND, endpoint=False)
    profile = [(-0.4, 0.5), (-0.22, 0.26), (-0.05, 0.12), (0.1, 0.07), (0.34, 0.05), (0.42, 0.07)]
    profile += [(0.44, 0.12), (0.38, 0.15), (0.2, 0.16), (0.1, 0.15)]
    return Piece(*_revolve(neck, azimuth, profile, closed=True))


def _collar(neck: Neck, *, second: bool) -> Piece:
    """A turned-down collar with points, open in front."""
    azimuth = np.linspace(0.24, 2 * np.pi - 0.24, _AROUND)
    front = np.exp(-((np.minimum(azimuth, 2 * np.pi - azimuth) - 0.24) ** 2) / 0.18)
    profile = [(-0.3 - 0.1 * front, 0.1), (0.1 - 0.16 * front, 0.07), (0.2 - 0.2 * front, 0.09)]
    profile += [(0.18 - 0.2 * front, 0.16), (0.0 - 0.34 * front, 0.27), (-0.14 - 0.5 * front, 0.34)]
    return Piece(*_revolve(neck, azimuth, profile, closed=False), second, thick=True)


def _hood(neck: Neck, *, second: bool) -> list[Piece]:
    """A hood that lies on the shoulders, with its strings."""
    azimuth = np.linspace(-np.pi, np.pi, _AROUND, endpoint=False)
    behind = (1 - np.cos(azimuth)) / 2
    loop = neck.ring(azimuth, neck.low[1] + 0.02 + 0.3 * behind, 0.16 + 0.18 * behind)
    loop[:, 1] -= 0.28 * (1 - behind) ** 3
    outer = neck.ring(azimuth, neck.low[1] - 0.08 + 0.12 * behind, 0.26 + 0.36 * behind)
    outer[:, 1] -= 0.34 * (1 - behind) ** 3
    pieces = [_tube(loop, 0.1 + 0.1 * behind), _tube(outer, 0.1 + 0.16 * behind)]
    for sign in (1, -1):
        start = neck.ring(np.array([sign * 0.35]), neck.low[1] - 0.25, 0.42)[0]
        drop = np.linspace(0, 1, 8)[:, None]
        pieces.append(
            _string(start + drop * np.array([sign * 0.03, -0.75, 0.34]), 0.03, second=second)
        )
    return pieces


def _string(line: Floats, width: float, *, second: bool) -> Piece:
    """A round string along a line."""
    angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)[None, :, None]
    ring = np.cos(angle) * np.array([1, 0, 0]) + np.sin(angle) * np.array([0, 0, 1])
    return Piece(
        (line[:, None] + width * ring).reshape(-1, 3),
        _grid(len(line), 6, ring=False, tube=True),
        second,
    )


def _scarf(neck: Neck) -> list[Piece]:
    """Two turns of a scarf."""
    azimuth = np.linspace(-np.pi, np.pi, _AROUND, endpoint=False)
    folds = 0.02 * np.sin(azimuth * 7)
    low = neck.ring(azimuth, neck.low[1] - 0.08 + 0.06 * np.sin(azimuth), 0.24)
    high = neck.ring(azimuth, neck.low[1] + 0.16 + 0.05 * np.cos(azimuth + 0.6), 0.15)
    return [_tube(low, 0.2 + folds, second=True), _tube(high, 0.17 - folds, second=True)]
