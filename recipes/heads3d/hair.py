"""Seventeen hair styles, grown as strands. Lengths are in decimetres of a head 2.25 high."""

from __future__ import annotations

import numpy as np
from comb import Comb, clear_eyes, comb, stack
from head import Head
from knots import TIES, grow_tied
from mesh import Floats, unit
from strands import Growth, clump, curl, resample


def grow_hair(head: Head, hair: dict, rng: np.random.Generator) -> list[Floats]:
    """Grow the hair of a person: arrays of strands (n, points, 3), on the head at rest."""
    if hair["style"] == "bald":
        return []
    c = comb(head, hair, rng)
    return _STYLES[hair["style"]](c)


def _buzz(c: Comb) -> list[Floats]:
    s = c.scalp
    down = np.array([0, -0.3, 0.1])
    lengths = c.around(0.06, 0.1) * c.wish["volume"]
    return [s.grow(lengths, lambda *_: unit(s.normals + down), Growth(5, volume=0, noise=0.15))]


def _crop(c: Comb) -> list[Floats]:
    s = c.scalp
    lengths = (0.22 * c.side + 0.5 * c.top + 0.15 * c.front) * c.around(0.8, 1.2)
    x = s.roots[:, 0] * 0.4
    lie = stack(x, -0.15 - c.side * 0.7, 0.35 * c.top - 0.2 * c.side)
    wish = unit(s.normals * 0.7 + lie)
    grown = s.grow(
        lengths * c.wish["length"],
        lambda *_: wish,
        Growth(8, gravity=0.1, volume=0.05, noise=0.12, hug=0.4),
    )
    grown, group = clump(grown, c.rng, len(grown) // 14, 0.6)
    return [curl(grown, c.rng, group, radius=0.02, turns=0.7)]


def _parted(c: Comb) -> list[Floats]:
    s = c.scalp
    sign = np.sign(s.roots[:, 0] - c.left)
    lengths = (0.25 * c.side + (0.85 + 0.35 * c.front) * c.top) * c.around(0.85, 1.1)

    def field(_: Floats, t: float) -> Floats:
        fall = -0.1 + 0.5 * c.front * (1 - 1.6 * t) - c.side * 0.9 - t * 0.7 * c.top
        back = -0.35 * c.top + 0.25 * c.front * (1 - t) - 0.15
        return unit(
            stack(sign * (0.9 * c.top + 0.1), fall, back)
            + s.normals * (0.55 * c.front * (1 - t))[:, None]
        )

    grown = s.grow(
        lengths * c.wish["length"],
        field,
        Growth(gravity=0.15, volume=0.12 * c.wish["volume"], hug=0.6),
    )
    grown, group = clump(grown, c.rng, len(grown) // 40, 0.75)
    return [curl(grown, c.rng, group, radius=0.025, turns=0.6)]


def _quiff(c: Comb) -> list[Floats]:
    s = c.scalp
    lengths = (0.25 * c.side + (0.75 + 0.4 * c.front) * c.top) * c.around(0.85, 1.15)
    lean = 0.25 * np.sign(c.left)

    def field(_: Floats, t: float) -> Floats:
        rise = (0.9 * c.top * (1 - t) + 0.2)[:, None]
        flow = stack(
            s.roots[:, 0] * 0.15 + lean * t,
            0.4 * c.front * (1 - t) - c.side * 0.8,
            -0.9 * c.top * (0.3 + t) - 0.1,
        )
        return unit(s.normals * rise + flow)

    grown = s.grow(
        lengths * c.wish["length"], field, Growth(volume=0.16 * c.wish["volume"], noise=0.06)
    )
    grown, group = clump(grown, c.rng, len(grown) // 45, 0.8)
    return [curl(grown, c.rng, group, radius=0.03, turns=0.6)]


def _messy(c: Comb) -> list[Floats]:
    s = c.scalp
    lengths = (0.5 * c.side + 0.8 * c.top) * c.around(0.7, 1.25)
    angle = c.rng.normal(0, 0.5, len(s.roots))

    def field(_: Floats, t: float) -> Floats:
        flow = stack(
            s.roots[:, 0] * 0.9 + np.sin(angle) * 0.7,
            -0.35 - c.side * 0.5 + 0.2 * c.top * (1 - t),
            0.45 * c.front + 0.2 * np.cos(angle) * c.top - 0.3 * c.side,
        )
        return unit(s.normals * (0.55 * (1 - t)) + flow)

    how = Growth(gravity=0.3, volume=0.15 * c.wish["volume"], noise=0.08, hug=0.35)
    grown = s.grow(lengths * c.wish["length"], field, how)
    grown, group = clump(grown, c.rng, len(grown) // 55, 0.88, 1.0)
    return [clear_eyes(c, curl(grown, c.rng, group, radius=0.05, turns=0.8))]


# How far below the chin hair ends, and curls: radius, turns, start, points.
_LONG = {
    "bob": (-0.05, (0.03, 0.8, 0.4, 20)),
    "long": (1.6, (0.04, 1.2, 0.4, 20)),
    "wavy": (1.4, (0.085, 3.2, 0.2, 30)),
    "fringe": (0.15, (0.03, 0.8, 0.4, 20)),
}


def _hanging(c: Comb, style: str) -> list[Floats]:
    """Bob, long, wavy, fringe: parted, over the ears, off the face."""
    s, head = c.scalp, c.scalp.head
    eye = head.joint("l-eye")[1]
    below, (radius, turns, start, points) = _LONG[style]
    cut = head.chin - below * c.wish["length"] + (1 - c.wish["length"]) * 0.2
    sign = np.sign(s.roots[:, 0] - c.left)
    bang = (c.front > 0.35) & (np.abs(s.base[:, 0]) < 0.5) & (style == "fringe")
    free = np.maximum(s.roots[:, 1] - cut, 0.3) * 1.35 + 0.35 * c.top
    short = np.maximum(s.roots[:, 1] - eye - 0.4, 0.15) * 1.1 + 0.06
    lengths = np.where(bang, short, free) * c.around(0.95, 1.05)
    behind = np.clip(s.base[:, 2] - 0.3, 0, 1)

    def field(p: Floats, t: float) -> Floats:
        high = np.clip((p[:, 1] - (eye + 0.30)) / (head.top - eye - 0.30), 0, 1)
        face = np.clip((p[:, 2] - (c.face - 0.55)) / 0.4, 0, 1)
        face = face * (p[:, 1] < eye + 0.75) * (np.abs(p[:, 0]) < 0.62 * c.reach)
        back = -0.45 * high - 0.30 * face * (1 - t) - 0.10 * behind
        out = stack(sign * (0.95 * high + 0.9 * face + 0.06), -(0.30 + 1.1 * (1 - high)), back)
        fall = stack(s.roots[:, 0] * 0.5, -0.35 - 0.9 * t, 0.9 * (1 - t))
        wish = unit(np.where(bang[:, None], fall, out))
        return wish + s.normals * (0.35 * c.top * (1 - t) ** 2)[:, None]

    def hug(p: Floats) -> Floats:
        return 0.75 * np.clip((p[:, 1] - (eye - 0.1)) / 0.4, 0, 1)

    how = Growth(20, 0.12, 0.03, 0.17 * c.wish["volume"], 0.45, 0.03, hug)
    grown = s.grow(lengths, field, how)
    free = bang | ~_over_face(c, grown, 0.42, 0.55)
    grown, bang = grown[free], bang[free]
    grown, group = clump(grown, c.rng, len(grown) // 45, 0.75, 1.1)
    grown = resample(grown, points) if points != grown.shape[1] else grown
    grown = curl(grown, c.rng, group, radius=radius, turns=turns, start=start)
    fringe = clear_eyes(c, grown[bang])
    rest = grown[~bang]
    return [part for part in (fringe, rest[~_over_face(c, rest, 0.36, 0.52)]) if len(part)]


def _over_face(c: Comb, strands: Floats, eyes: float, throat: float) -> np.ndarray:
    """Tell which strands cross the face, or hang in front of the throat, (n,)."""
    head = c.scalp.head
    x, y, z = np.abs(strands[..., 0]), strands[..., 1], strands[..., 2]
    face = (x < eyes * c.reach) & (z > c.face - 0.75) & (y < head.joint("l-eye")[1] + 0.35)
    neck = (x < throat * c.reach) & (z > c.centre[2] + 0.1 * c.reach) & (y < head.chin + 0.1)
    return (face | neck).any(1)


# Length, gravity, curls: radius and turns, strands per clump.
_CURLED = {
    "afro": (0.85, 0.0, 0.055, 5.0, 28),
    "curly": (0.9, 0.6, 0.085, 3.0, 40),
    "coils": (0.42, 0.1, 0.04, 4.0, 28),
}


def _curled(c: Comb, style: str) -> list[Floats]:
    s = c.scalp
    length, gravity, radius, turns, strands = _CURLED[style]
    lengths = length * (0.75 + 0.25 * c.top) * c.around(0.75, 1.1)
    fall = 0.25 * c.side * (style != "afro")
    wish = unit(s.normals + stack(s.roots[:, 0] * 0.2, 0.25 * c.top - fall, 0.15 * c.front))
    grown = s.grow(
        lengths * c.wish["length"], lambda *_: wish, Growth(14, gravity, volume=0.05, noise=0.1)
    )
    grown, group = clump(grown, c.rng, len(grown) // strands, 0.8, 0.9)
    radius *= c.wish["volume"]
    grown = curl(resample(grown, 34), c.rng, group, radius=radius, turns=turns, start=0.05)
    return [clear_eyes(c, grown)]


def _baby(c: Comb) -> list[Floats]:
    s = c.scalp
    lean = 0.2 * np.sign(c.left)
    lengths = (0.10 * c.side + 0.28 * c.top) * c.around(0.6, 1.2) * c.wish["volume"]
    lie = stack(s.roots[:, 0] * 0.3 + lean, -0.3 - c.side * 0.3, 0.45 * c.top)
    wish = unit(s.normals * 0.35 + lie)
    grown = s.grow(lengths, lambda *_: wish, Growth(7, volume=0.03, noise=0.1))
    grown, _ = clump(grown, c.rng, max(8, len(grown) // 30), 0.7)
    if c.wish["length"] < 1:
        return [grown]
    t = np.linspace(0, 1, 16)[None]  # and a curl on the crown
    angle = t * 5.5 + c.rng.normal(0, 0.12, (160, 1))
    r = 0.16 * (1 - 0.55 * t) * c.rng.uniform(0.9, 1.1, (160, 1))
    z = 0.05 * c.rng.normal(0, 1, (160, 1)) * (1 - t) + 0.12 * t
    tuft = np.stack([0.06 - r * np.cos(angle), 0.05 + r * np.sin(angle) + 0.22 * t, z], -1)
    root = np.array([0, s.head.top - 0.02, c.centre[2] + 0.1])
    return [grown, tuft + root + c.rng.normal(0, 0.02, (160, 1, 3)) * (1 - 0.7 * t[..., None])]


_STYLES = {
    "buzz": _buzz,
    "crop": _crop,
    "parted": _parted,
    "quiff": _quiff,
    "messy": _messy,
    **{name: lambda c, name=name: _hanging(c, name) for name in _LONG},
    **{name: lambda c, name=name: _curled(c, name) for name in _CURLED},
    **{name: lambda c, name=name: grow_tied(c, name) for name in TIES},
    "baby": _baby,
}
STYLES = ("bald", *_STYLES)
"""Names of the styles."""
