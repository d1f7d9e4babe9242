"""Find where a pasted face begins and ends: oval, hair line, mouth, and what is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry import topology
from facewright.swap.blending.light import to_lab
from facewright.swap.mesh.pixels import blur, inset
from facewright.swap.mesh.raster import Floats
from facewright.swap.mesh.regions import draw_features, fill_loops
from facewright.types import Part

PARTS: tuple[Part, ...] = get_args(Part)

_FOREIGN = (16.0, 30.0)
"""The distance from the skin around it, in Lab, at which something may be, and surely
is, no skin."""
_GAUDY = (24.0, 38.0)
"""The same in a* and b* alone, for what lies over eyes and brows, which are no skin either."""
_ROUNDS = 2
_MEASURED = [468, 473, 9, 152]
"""The middles of the eyes, a place between the brows, and the chin."""
_FRAME = (14.0, 16.0)
"""How strong a line across the nose may be, and surely is, the frame of glasses, in L*."""
_STEPS = 24
"""So many places down and across the bridge of the nose are looked at."""
_HAIR_LINE = np.concatenate([topology.OVAL[-6:], topology.OVAL[:7]]).astype(np.int32)
"""From temple to temple."""
_BEARD = np.concatenate([topology.OVAL[9:28], [187, 206, 98, 2, 327, 426, 411]]).astype(np.int32)
"""Jaw, chin and upper lip."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a face lies on a grid."""

    points: Floats
    """(478, 2), pixels of the grid."""
    size: tuple[int, int]
    """Width and height of the grid."""

    @property
    def unit(self) -> float:
        """The distance of the eyes, were the face frontal: from the height where it is turned."""
        one, two, brow, chin = self.points[_MEASURED].tolist()
        return max(math.dist(one, two), 0.52 * math.dist(brow, chin), 1.0)


def draw_skin(layout: Layout, inside: Floats) -> Floats:
    """Return where plain skin is expected, (rows, columns), 0 to 1.

    Args:
        layout: Where the face is.
        inside: (rows, columns), 0 to 1: where the mesh is seen.
    """
    features = draw_features(layout.points, layout.size, layout.unit)
    rim = inset(inside > 0.5, 0.12 * layout.unit)
    return rim * (1 - features.astype(np.float32) / np.float32(255))


def draw_eyes(layout: Layout) -> Floats:
    """Return where eyes are seen between their lids, (rows, columns), 0 to 1.

    Args:
        layout: Where the face is.
    """
    drawn = fill_loops(layout.points, layout.size, (topology.LEFT_EYE, topology.RIGHT_EYE))
    return _soften(drawn, 0.03 * layout.unit)


def find_foreign(
    colours: Floats, skin: Floats, layout: Layout, inside: Floats, *, strict: float = 1
) -> Floats:
    """Return what lies over a face but is no skin: hair, a brim, a frame, a microphone.

    Skin is what lies near a smooth surface through the colours where skin is expected. Below the
    nose, what is darker counts as beard and shadow and belongs to the face.

    Args:
        colours: (rows, columns, 3), 0 to 255.
        skin: As `draw_skin` returns it.
        layout: Where the face is.
        inside: (rows, columns), 0 to 1: where the mesh is seen.
        strict: Scales how far from the colour of skin something must be; below 1, less will do.

    Returns:
        (rows, columns), 0 to 1.
    """
    lab = to_lab(colours)
    lab[..., 0] *= np.float32(0.7)  # shadows are still skin
    middle = inset(skin > 0.5, 0.35 * layout.unit) + skin * np.float32(0.05)
    tone = _fit_tone(lab, middle)
    off = np.linalg.norm(lab - tone, axis=-1)
    low, high = (value * strict for value in _FOREIGN)
    foreign = np.clip((off - low) / (high - low), 0, 1)
    features = draw_features(layout.points, layout.size, layout.unit) > 0
    low, high = (value * strict for value in _GAUDY)
    hue = np.linalg.norm((lab - tone)[..., 1:], axis=-1)
    foreign = np.where(features, np.clip((hue - low) / (high - low), 0, 1), foreign)
    eyes = fill_loops(layout.points, layout.size, (topology.LEFT_EYE, topology.RIGHT_EYE)) > 0
    expected = _draw_upper(layout) * (inside > 0) * ~eyes  # dark glasses are closed over them below
    foreign = (foreign * expected).astype(np.float32)
    reach = max(1, round(0.03 * layout.unit)) * 2 + 1
    foreign = cv2.morphologyEx(foreign, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = round(0.1 * layout.unit) * 2 + 1
    foreign = cv2.morphologyEx(foreign, cv2.MORPH_CLOSE, np.ones((closed, closed), np.uint8))
    wide = cv2.dilate(foreign, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.blur(wide, (reach, reach)), np.float32)


def draw_seam(layout: Layout, inside: Floats, width: float, forehead: float) -> Floats:
    """Return how much of the pasted face shows, falling off towards the rim of the face.

    Args:
        layout: Where the face is.
        inside: (rows, columns), 0 to 1: where the mesh is seen.
        width: Of the fall, in eye distances.
        forehead: The same below the hair line, where a source may have hair.

    Returns:
        (rows, columns), 0 to 1; 0 outside the mesh.
    """
    line = np.full(inside.shape, 255, np.uint8)
    corners = np.round(layout.points[_HAIR_LINE] * 16).astype(np.int32)
    cv2.polylines(line, [corners], False, 0, 1, cv2.LINE_8, 4)
    below = inset(line > 0, forehead * layout.unit)
    return inset(inside > 0.5, width * layout.unit) * below


def draw_kept(layout: Layout, parts: tuple[Part, ...], eyes: Floats) -> Floats:
    """Return which parts of the covered face stay; what is between the lips always does.

    Args:
        layout: Where the face is.
        parts: What is asked for.
        eyes: (2,), 0 to 1: how much of each eye stays.

    Returns:
        (rows, columns), 0 to 1.
    """
    unit = layout.unit
    between = fill_loops(layout.points, layout.size, (topology.LIPS_INNER,))
    kept = _soften(between, 0.015 * unit)
    for loop, stays in zip((topology.LEFT_EYE, topology.RIGHT_EYE), eyes, strict=True):
        strength = 1.0 if "eyes" in parts else float(stays)
        if strength > 0:
            drawn = fill_loops(layout.points, layout.size, (loop,), wider=0.08 * unit)
            kept = np.maximum(kept, _soften(drawn, 0.05 * unit) * strength)
    if "beard" in parts:
        drawn = fill_loops(layout.points, layout.size, (_BEARD,))
        lips = fill_loops(layout.points, layout.size, (topology.LIPS_OUTER,))
        kept = np.maximum(kept, _soften(drawn, 0.06 * unit) * (1 - _soften(lips, 0.03 * unit)))
    if "mouth" in parts:
        drawn = fill_loops(layout.points, layout.size, (topology.LIPS_OUTER,), wider=0.08 * unit)
        kept = np.maximum(kept, _soften(drawn, 0.06 * unit))
    return kept


def find_glasses(colours: Floats, layout: Layout) -> Floats:
    """Return where glasses are seen: dark or bright lines and what glints around the eyes.

    Args:
        colours: (rows, columns, 3), 0 to 255.
        layout: Where the face is.

    Returns:
        (rows, columns), 0 to 1.
    """
    lines = np.clip((_find_lines(colours, layout) - 5) / 8, 0, 1)
    eyes = (topology.LEFT_EYE, topology.RIGHT_EYE)
    brows = (topology.LEFT_BROW, topology.RIGHT_BROW)
    around = fill_loops(layout.points, layout.size, eyes, wider=0.42 * layout.unit)
    bridge = np.stack([layout.points[133], layout.points[362]])
    ends = np.round(bridge * 16).astype(int).tolist()
    cv2.line(around, ends[0], ends[1], 255, max(1, round(0.3 * layout.unit)), 8, 4)
    within = fill_loops(layout.points, layout.size, eyes, wider=0.06 * layout.unit)
    within |= fill_loops(layout.points, layout.size, brows, wider=0.03 * layout.unit)
    found = lines * (around > 0) * (within == 0)
    found = cv2.dilate(found.astype(np.float32), np.ones((3, 3), np.uint8))
    return blur(found, max(0.02 * layout.unit, 0.4))


def recognise_glasses(colours: Floats, layout: Layout) -> float:
    """Return how sure it is that glasses are worn, 0 to 1: by the line of a frame across the nose.

    Of 31 portraits with glasses it is beyond one half for 24 (not for thin or bright frames), of
    189 without for one; the limits were set on them.

    Args:
        colours: (rows, columns, 3), 0 to 255.
        layout: Where the face is.
    """
    strength = measure_bridge(colours, layout)
    low, high = _FRAME
    return float(np.clip((strength - low) / (high - low), 0, 1))


def measure_bridge(colours: Floats, layout: Layout) -> float:
    """Return how strong the strongest line across the bridge of the nose is, in L*.

    Args:
        colours: (rows, columns, 3), 0 to 255.
        layout: Where the face is.
    """
    brow, nose, left, right = layout.points[[9, 195, 133, 362]]
    down = np.linspace(0, 1, _STEPS, dtype=np.float32)[:, None, None]
    across = np.linspace(-0.3, 0.3, _STEPS, dtype=np.float32)[None, :, None]
    places = brow + down * (nose - brow) + across * (right - left)  # [steps steps 2]
    x, y = np.ascontiguousarray(np.moveaxis(places, -1, 0))
    off = cv2.remap(_find_lines(colours, layout), x, y, cv2.INTER_LINEAR)
    return float(np.median(off.max(0)))


def _find_lines(colours: Floats, layout: Layout) -> Floats:
    """Return how much lighter or darker than around it each place is, in L*: (rows, columns)."""
    light = to_lab(colours)[..., 0]
    reach = max(3, round(0.22 * layout.unit)) | 1
    broad = cv2.medianBlur(np.clip(light * 2.55, 0, 255).astype(np.uint8), reach)
    off = np.abs(light - broad.astype(np.float32) / np.float32(2.55))
    return np.asarray(off, np.float32)


def _draw_upper(layout: Layout) -> Floats:
    """Return where things may lie over a face: all but chin and beard, (rows, columns), 0 to 1."""
    lower = topology.OVAL[8:29]  # from ear to ear by way of the chin
    nose = np.array([205, 50, 195, 280, 425], np.int32)
    loop = np.concatenate([lower, nose]).astype(np.int32)
    drawn = fill_loops(layout.points, layout.size, (loop,))
    return 1 - _soften(drawn, 0.08 * layout.unit)


def _fit_tone(lab: Floats, weights: Floats) -> Floats:
    """Return a plane through the colours of skin, (rows, columns, 3), outliers left aside."""
    rows, columns = weights.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y], -1).reshape(-1, 3)
    values, known = lab.reshape(-1, 3), weights.reshape(-1) + np.float32(1e-6)
    surface = values
    trust = known
    for _ in range(_ROUNDS + 1):
        weighted = terms * trust[:, None]
        ridge = np.diag([0, 0.1, 0.1]).astype(np.float32) * trust.sum()
        factors = np.linalg.solve(terms.T @ weighted + ridge, weighted.T @ values)
        surface = (terms @ factors).astype(np.float32)
        off = ((values - surface) ** 2).sum(1) / np.float32(_FOREIGN[1] ** 2)
        trust = known * np.maximum(1 - off, 0) ** 2 + np.float32(1e-6)
    return surface.reshape(lab.shape)


def _soften(drawn: NDArray[np.uint8], sigma: float) -> Floats:
    """Return a drawn area with soft edges, 0 to 1."""
    return blur(drawn.astype(np.float32) / np.float32(255), max(sigma, 0.4))
