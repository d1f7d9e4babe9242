"""Brows and beards: strands that move with the expression."""

from __future__ import annotations

import numpy as np
from head import Head, bind, carry
from mesh import Floats, split_quads, unit
from strands import scatter

_POINTS = 5
_UPPER_LIP = 6.7  # heights on the base mesh


def grow_brows(head: Head, brow: dict, units: dict[str, float], rng: np.random.Generator) -> Floats:
    """Grow both brows where the person's eyes are, and let them move with the expression.

    Args:
        head: With its expression.
        brow: `height` above the eye in eye radii, `length`, `arch`, `slant` (positive: the outer
            end is lower), `thickness`, `density`, `hair`, the length of a strand.
        units: Of the expression; brows move further than the skin does.
        rng: Where chance comes from.

    Returns:
        (n, points, 3).
    """
    count = int(150 * brow["density"])
    out = []
    for sign, centre, side in ((1, head.eyes[0], "left"), (-1, head.eyes[1], "right")):
        along = rng.beta(1.1, 1.25, count)  # 0 at the inner end
        across = rng.uniform(-1, 1, count)
        x, y = _trace(head, brow, centre, along, across, sign)
        move = _exaggerate(units, side, along) * head.eyes[2]
        roots = carry(head.moved, bind(head, np.stack([x, y], 1))) + np.stack(
            [0 * move, move, 0 * move], 1
        )
        skin, normals = head.nearest(roots)
        roots += normals * (0.008 - ((roots - skin) * normals).sum(1))[:, None]
        out.append(
            _lay(
                head,
                brow["hair"],
                roots,
                np.stack(
                    [sign * 1.0 + 0 * along, 0.55 - 0.75 * along - 0.35 * across, -0.1 + 0 * along],
                    1,
                ),
                rng,
            )
        )
    return np.concatenate(out)


def _trace(
    head: Head, brow: dict, centre: Floats, along: Floats, across: Floats, sign: int
) -> tuple[Floats, Floats]:
    """Return where the roots are seen from the front: x and y."""
    radius = head.eyes[2]
    inner = abs(centre[0]) - radius * 0.92
    outer = abs(centre[0]) + radius * (0.95 + 0.35 * brow["length"])
    outer = min(outer, _half_width(head, centre[1] + radius * brow["height"]) - 0.06)
    x = inner + (outer - inner) * along
    arc = 1 - ((along - 0.58) / 0.58) ** 2  # highest a little outwards of the middle
    height = brow["height"] + brow["arch"] * arc - brow["slant"] * (along - 0.4)
    taper = np.interp(along, (0, 0.12, 0.45, 1), (0.55, 1, 0.95, 0.25)) * brow["thickness"]
    return sign * x, centre[1] + radius * (height + taper * across)


def _half_width(head: Head, height: float) -> float:
    """Return how far from the middle the face turns to the side at a height."""
    vertices = head.rest[head.assets.bust_vertices]
    front = (np.abs(vertices[:, 1] - height) < 0.12) & (
        head.normals[head.assets.bust_vertices][:, 2] > 0.45
    )
    return float(np.abs(vertices[front][:, 0]).max())


def _exaggerate(units: dict[str, float], side: str, along: Floats) -> Floats:
    """Return how far brows move beyond the skin under them, in eye radii, (n,)."""
    up, inner, down, outer = (
        units.get(f"eyebrows-{side}-{n}", 0.0) for n in ("up", "inner-up", "down", "extern-up")
    )
    return (
        0.22 * up
        + inner * (0.34 - 0.5 * along)
        + down * (-0.4 + 0.42 * along)
        + 0.25 * outer * along
    )


def _lay(
    head: Head, length: float, roots: Floats, heading: Floats, rng: np.random.Generator
) -> Floats:
    """Lay a strand on the skin from each root; lengths are in eye radii."""
    heading = unit(heading + rng.normal(0, 0.1, heading.shape))
    t = np.linspace(0, 1, _POINTS)[None, :, None]
    lengths = length * head.eyes[2] * rng.uniform(0.7, 1.2, (len(roots), 1, 1))
    strands = roots[:, None] + heading[:, None] * t * lengths
    skin, normals = head.nearest(strands)
    above = ((strands - skin) * normals).sum(-1, keepdims=True)
    lift = 0.012 + 0.012 * np.sin(t * np.pi)
    return strands + normals * (np.clip(above, lift, lift + 0.02) - above)


def grow_beard(head: Head, beard: dict, rng: np.random.Generator) -> Floats | None:
    """Grow a beard of `length`; `cover`: full, goatee, moustache. None without one."""
    if beard["length"] <= 0:
        return None
    triangles = split_quads(head.assets.region("face"))
    corners, weights = scatter(head.rest, triangles, 30000, rng)
    base = (head.assets.base.vertices[corners] * weights).sum(1)
    lips = np.zeros(len(head.rest))
    lips[np.unique(head.assets.region("lips"))] = 1
    kept = _bearded(base, beard["cover"], rng) & ((lips[corners] * weights[..., 0]).sum(1) < 0.25)
    corners, weights = corners[kept][:4500], weights[kept][:4500]
    roots = (head.moved[corners] * weights).sum(1)
    normals = unit((head.normals[corners] * weights).sum(1))
    t = np.linspace(0, 1, _POINTS)[None, :, None]
    heading = unit(normals * 0.5 + [0, -0.9, 0.15] + rng.normal(0, 0.2, roots.shape))
    lengths = beard["length"] * rng.uniform(0.6, 1.2, (len(roots), 1, 1))
    return roots[:, None] + heading[:, None] * t * lengths


def _bearded(base: Floats, cover: str, rng: np.random.Generator) -> np.ndarray:
    """Tell where on the base mesh the beard is, (n,)."""
    x, y = np.abs(base[:, 0]), base[:, 1]
    y = y + rng.normal(0, 0.03, len(y))
    moustache = (x < 0.30) & (y < 6.86) & (y > _UPPER_LIP)
    jaw = (y < 6.62 + 0.75 * np.clip(x - 0.25, 0, 0.4)) & (base[:, 2] > 0.45) & (y > 6.2)
    around = (x < 0.32) & (y < _UPPER_LIP + 0.05) & (base[:, 2] > 0.9)
    return {
        "full": jaw | moustache,
        "goatee": (jaw & (x < 0.3)) | moustache | (around & jaw),
        "moustache": moustache,
    }[cover]
