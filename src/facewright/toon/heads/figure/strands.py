"""Hair, brows and beard of a character as strands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facewright.toon.heads.figure.character import Character, Pose
from facewright.toon.heads.figure.model import FigureModel, Floats, Hung

_HAIR, _BROW, _BEARD = 0.023, 0.012, 0.014  # widths at the root, in units of the model
_CURLED = ("curly", "afro", "coils")
_GOLDEN = 0.618  # its multiples spread evenly
_SPACING = 1.2  # pixels between the points of a strand


@dataclass(frozen=True, slots=True)
class Strands:
    """Points along strands, dense enough to be drawn one by one."""

    points: Floats
    """(n, 3), pixels right, pixels down, nearness."""
    along: Floats
    """(n, 3), direction of the strand."""
    colour: Floats
    """(n, 3), linear light."""
    width: Floats
    """(n,), pixels."""


def lay_strands(
    model: FigureModel,
    who: Character,
    pose: Pose,
    vertices: Floats,
    place: Callable[[Floats], tuple[Floats, Floats]],
    unit: float,
) -> Strands:
    """Lay hair, brows and beard on a head.

    Args:
        model: What they come from.
        who: Whose.
        pose: Its expression moves the brows.
        vertices: (v, 3), of the head.
        place: From points to points of the turned head, and to pixels.
        unit: Pixels in a unit of the model.
    """
    moved = vertices - model.mean
    bundles: list[tuple[Floats, tuple[float, ...], float]] = []
    if who.hair_style != "bald":
        hung = model.hung[f"hair.{who.hair_style}"]
        bundles.append((_carry(hung, moved), who.hair, _HAIR))
    brows = model.hung["brows"]
    bundles.append((_raise_brows(_carry(brows, moved), brows, who, pose), who.brow, _BROW))
    if who.beard != "none":
        hung = model.hung[f"beard.{who.beard}"]
        bundles.append((_carry(hung, moved), tuple(0.8 * x for x in who.hair), _BEARD))
    parts = [_densify(s, colour, width * unit, place) for s, colour, width in bundles]
    return Strands(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def _carry(hung: Hung, moved: Floats) -> Floats:
    """Move strands with the vertices that their roots hang on, (n, k, 3)."""
    return hung.points + moved[hung.bound][:, None]


def _raise_brows(strands: Floats, hung: Hung, who: Character, pose: Pose) -> Floats:
    """Move brows further than the skin below them, and make them thicker, (n, k, 3)."""
    roots = hung.points[:, 0]
    out = strands.copy()
    for side, sign in (("left", 1), ("right", -1)):
        mine = np.flatnonzero(roots[:, 0] * sign > 0)
        x = np.abs(roots[mine, 0])
        along = (x - x.min()) / max(float(np.ptp(x)), 1e-6)
        up, inner, down, outer = (
            pose.units.get(f"eyebrows-{side}-{n}", 0.0)
            for n in ("up", "inner-up", "down", "extern-up")
        )
        rise = 0.22 * up + inner * (0.34 - 0.5 * along) + down * (-0.4 + 0.42 * along)
        line = np.polyval(np.polyfit(along, roots[mine, 1], 3), along)
        wide = (who.brow_width - 1) * (roots[mine, 1] - line)
        out[mine, :, 1] += (0.3 * (rise + 0.25 * outer * along) + wide)[:, None]
    return out


def _densify(
    strands: Floats,
    colour: tuple[float, ...],
    width: float,
    place: Callable[[Floats], tuple[Floats, Floats]],
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return points, directions, colours and widths along strands, flat."""
    count, steps, _ = strands.shape
    turned, pixels = place(strands)
    lengths = np.linalg.norm(np.diff(pixels[..., :2], axis=1), axis=-1).sum(1)
    many = int(max(4, np.percentile(lengths, 80) / _SPACING))
    t = np.linspace(0, steps - 1, many)
    low = np.minimum(t.astype(int), steps - 2)
    part = (t - low).astype(np.float32)[None, :, None]
    points = pixels[:, low] * (1 - part) + pixels[:, low + 1] * part
    heading = np.gradient(turned, axis=1).astype(np.float32)
    along = heading[:, low] * (1 - part) + heading[:, low + 1] * part
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    own = np.exp(0.6 * (_GOLDEN * np.arange(count) % 1 - 0.5))[:, None, None]
    shade = own * np.linspace(0.72, 1.1, many)[None, :, None]
    colours = (shade.astype(np.float32) * np.array(colour, np.float32)).reshape(-1, 3)
    widths = np.tile(width * (1 - 0.7 * np.linspace(0, 1, many) ** 2), count)
    flat = (x.reshape(-1, 3).astype(np.float32) for x in (points, along, colours))
    return (*flat, widths.astype(np.float32))
