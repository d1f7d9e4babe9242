"""Turn a face into a drawing: smooth lit skin, few tones around it, drawn features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from eyes import draw_brows, draw_eye
from mouth import draw_folds, draw_mouth, draw_nose
from numpy.typing import NDArray
from person import BROWS, EYES, Pens, Person, see_person
from strokes import blur, fill, grey, spot, stroke, taper

from facewright.faces.geometry import topology

Floats = NDArray[np.float32]

_LAMP = np.float32([-0.42, -0.62, -0.66])  # where light comes from: left, above, before
_SHADE = np.float32([0.74, 0.94, 1.0])  # how much of each colour shade takes: it is warm
_TONES = 4


@dataclass(frozen=True)
class Brush:
    """How a drawing looks."""

    colour: float = 1.12
    """Saturation."""
    light: float = 1.06
    """Brightness."""
    blush: float = 0.16
    """How red cheeks are, 0 to 1."""
    volume: float = 0.5
    """How strong light and shade on the mesh are, 0 to 1."""
    soft: float = 0.06
    """How soft that light is, in eye distances."""
    own: float = 0.3
    """How much of the light and shade of the picture stays, 0 to 1."""
    beard: float = 0.5
    """How much a beard darkens the skin, 0 to 1."""
    pens: Pens = field(default_factory=Pens)
    """How features are drawn."""


TOON = Brush()
BABY = Brush(
    colour=1.1,
    light=1.1,
    blush=0.3,
    volume=0.4,
    soft=0.15,
    own=0.2,
    beard=0.0,
    pens=Pens(iris=0.6, lashes=0.042, brows=0.62, fold=0.12, lips=0.62, nostrils=0.35),
)


def for_men(brush: Brush) -> Brush:
    """Return a brush with paler lips, thinner lashes and stronger brows."""
    pens = replace(brush.pens, lips=0.62 * brush.pens.lips, lashes=0.72 * brush.pens.lashes)
    return replace(brush, blush=0.6 * brush.blush, pens=replace(pens, brows=1.15 * pens.brows))


def paint(seen: Floats, moved: Floats, before: Floats, after: Floats, brush: Brush) -> Floats:
    """Draw a face.

    Args:
        seen: (h, w, 3) from 0 to 1, the picture.
        moved: (h, w, 3), the same in the shape that is wanted.
        before: (478, 3), the mesh of the picture, pixels.
        after: (478, 2), the mesh that is wanted.
        brush: How.

    Returns:
        (h, w, 3) from 0 to 1.
    """
    person = see_person(seen, before[:, :2])
    unit = person.unit
    smooth = _smooth(moved, unit)
    base, skin = _even_skin(smooth, after, person, brush.own)
    around = _simplify(smooth, skin, unit)
    around = _shade_below(around, after, unit)
    out = around + skin * (base - around)
    out = _expose(out, skin, brush)
    out = _shade_beard(out, after, skin, person, brush.beard)
    out = _light(out, before, after, skin, person, brush)
    out = _blush(out, after, unit, brush.blush)
    out = draw_folds(out, after, person, brush.pens)
    out = draw_nose(out, after, person, brush.pens)
    out = draw_mouth(out, after, person, brush.pens)
    for eye, iris in zip(EYES, (468, 473), strict=True):
        out = draw_eye(out, after[eye], after[iris], person, brush.pens)
    out = draw_brows(out, before[:, :2], after, person, brush.pens)
    return np.clip(out, 0, 1)


def _smooth(image: Floats, unit: float) -> Floats:
    """Smooth within surfaces, and keep their edges; half the size is enough for that."""
    size = image.shape[1::-1]
    out = cv2.resize(image.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for _ in range(3):
        out = cv2.bilateralFilter(out, 9, 0.1, 0.03 * unit)
    return cv2.resize(out, size, interpolation=cv2.INTER_CUBIC)


def _even_skin(image: Floats, points: Floats, person: Person, own: float) -> tuple[Floats, Floats]:
    """Return skin of one colour with a little of its own light, and where it is, (h, w, 1)."""
    unit = person.unit
    face = fill(image.shape, points[topology.OVAL], 0.03 * unit)
    parts = np.zeros_like(face)
    for loop in (topology.LIPS_OUTER, *EYES):
        parts = np.maximum(parts, fill(image.shape, points[loop], 0.05 * unit))
    for brow in BROWS:
        parts = np.maximum(parts, fill(image.shape, points[brow], 0.07 * unit))
    parts = np.clip(2.5 * parts, 0, 1)
    away = image - person.skin
    apart = np.linalg.norm(np.where(away > 0, 0.5 * away, away), axis=-1, keepdims=True)
    known = face * (1 - parts) * np.exp(-0.5 * (apart / 0.16) ** 2) + 1e-4
    sums = blur(np.concatenate([image * known, known], 2), 0.2 * unit)
    low = sums[..., :3] / sums[..., 3:]
    base = person.skin * (np.clip(low, 0.02, 1) / np.maximum(person.skin, 0.02)) ** own
    skin = np.exp(-0.5 * (np.maximum(apart - 0.26, 0) / 0.12) ** 2)
    around = np.clip(3 * blur(parts, 0.11 * unit)[..., None], 0, 1)  # lids and bags
    skin = np.maximum(np.maximum(skin, around), _fill_middle(image.shape, points, unit))
    skin = np.clip((blur(skin[..., 0], 0.022 * unit)[..., None] - 0.3) / 0.4, 0, 1)
    return base, face * skin


def _fill_middle(shape: tuple[int, ...], points: Floats, unit: float) -> Floats:
    """Return where the face has no hair: from the brows down, a little within its outline."""
    oval = points[topology.OVAL]
    middle = points[[4, 168]].mean(0)
    inner = middle + 0.9 * (oval - middle)
    top = min(points[brow][:, 1].min() for brow in BROWS)
    inner[:, 1] = np.maximum(inner[:, 1], top)
    return fill(shape, inner, 0.03 * unit)


def _simplify(image: Floats, skin: Floats, unit: float) -> Floats:
    """Return what lies around the face in a few tones with clean borders."""
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    free = cv2.resize(skin, small.shape[1::-1], interpolation=cv2.INTER_AREA) < 0.5
    lab = cv2.cvtColor(np.clip(small, 0, 1), cv2.COLOR_RGB2LAB)
    samples = lab[free][::7]
    if len(samples) < 4 * _TONES:
        return image
    cv2.setRNGSeed(1)
    rule = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0.0)
    middles = cv2.kmeans(samples, _TONES, None, rule, 1, cv2.KMEANS_PP_CENTERS)[2]
    apart = np.linalg.norm(lab[:, :, None] - middles, axis=-1)  # [h w tones]
    near = np.exp(-apart / 4)
    near = blur(near / near.sum(-1, keepdims=True), 0.032 * unit)
    large = cv2.resize(near, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    sharp = np.clip(large, 1e-4, 1) ** 7
    tones = cv2.cvtColor(middles[None], cv2.COLOR_LAB2RGB)[0]
    flat = (sharp / sharp.sum(-1, keepdims=True)) @ tones
    return 0.8 * flat + 0.2 * blur(image, 0.03 * unit)


def _shade_below(image: Floats, points: Floats, unit: float) -> Floats:
    """Darken the neck and hair along the rim of the face, most below the chin."""
    oval = points[topology.OVAL]
    rim = fill(image.shape, oval + np.float32([0, 0.09 * unit]), 0.06 * unit)
    return image * (1 - 0.34 * rim * np.float32([0.8, 0.95, 1.0]))


def _expose(image: Floats, skin: Floats, brush: Brush) -> Floats:
    """Lighten a picture whose skin lies in the dark, by a third at most, and strengthen colours."""
    bright = float((image.max(-1, keepdims=True) * skin).sum() / max(float(skin.sum()), 1.0))
    gain = np.float32(np.clip(0.86 / max(bright, 0.1), 1.1, 1.45)) * brush.light
    out = 1 - (1 - np.clip(image, 0, 1)) ** gain
    lab = cv2.cvtColor(out.astype(np.float32), cv2.COLOR_RGB2LAB)
    lab[..., 1:] *= brush.colour
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)


def _shade_beard(
    out: Floats, points: Floats, skin: Floats, person: Person, amount: float
) -> Floats:
    """Darken jaw, chin and upper lip as far as they were darker."""
    if amount * person.beard < 0.05:
        return out
    unit, shape = person.unit, out.shape
    line = points[
        [132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361]
    ]
    inner = points[[411, 432, 424, 418, 421, 200, 201, 194, 204, 212, 187]]
    jaw = fill(shape, np.concatenate([line, inner]), 0.05 * unit)
    lip = stroke(
        shape,
        points[[212, 92, 167, 164, 393, 322, 432]],
        0.1 * unit * taper(7, 0.5, 0.5),
        0.03 * unit,
    )
    mask = np.maximum(jaw, lip) * skin
    tone = 0.55 * out + 0.45 * person.brow_colour
    return out + amount * person.beard * mask * (0.62 * tone - out)


def _light(
    out: Floats, before: Floats, after: Floats, skin: Floats, person: Person, brush: Brush
) -> Floats:
    """Light the face as a body: its mesh says which way each place looks."""
    normals = _normals(before, after, person.unit)
    lit = np.clip(normals @ (_LAMP / np.linalg.norm(_LAMP)), 0, 1)
    half = _LAMP / np.linalg.norm(_LAMP) + np.float32([0, 0, -1])
    gloss = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1) ** 26
    field = _spread_over(out.shape, after, np.stack([lit, gloss], 1), brush.soft * person.unit)
    shade, shine = field[..., :1], field[..., 1:]
    level = (shade - 0.66) / 0.34  # 1 towards the lamp, below 0 beside it
    dark, bright = np.clip(-level, 0, 1.6), np.clip(level, 0, 1)
    out = out * (1 - skin * brush.volume * 0.6 * dark * _SHADE)
    glow = np.float32([1, 0.97, 0.9]) - out
    return out + skin * brush.volume * (0.2 * bright + 0.3 * shine) * glow


def _normals(before: Floats, after: Floats, unit: float) -> Floats:
    """Return which way each point of the mesh looks, (478, 3); towards the viewer is -z."""
    depth = before[:, 2] - before[:, 2].mean()
    usual = topology.CANONICAL[:, 2] * unit
    body = np.column_stack([after, 0.4 * depth + 0.6 * (usual - usual.mean())])
    a, b, c = (body[topology.TRIANGLES[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    flat *= np.where(flat[:, 2:] > 0, -1, 1)
    normals = np.zeros((len(body), 3))
    for i in range(3):
        np.add.at(normals, topology.TRIANGLES[:, i], flat)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    normals[topology.SKIN :] = (0, 0, -1)
    return normals.astype(np.float32)


def _spread_over(shape: tuple[int, ...], points: Floats, values: Floats, soft: float) -> Floats:
    """Return values of the points of a mesh over its surface, (h, w, n), smoothed."""
    field = np.zeros((*shape[:2], values.shape[1]), np.float32)
    field[:] = values.mean(0)
    triangles = np.concatenate([topology.TRIANGLES, topology.HOLES])
    corners = np.round(points[triangles] * 16).astype(np.int32)
    means = values[triangles].mean(1)
    for triangle, mean in zip(corners, means, strict=True):
        cv2.fillConvexPoly(field, triangle, [float(x) for x in mean], cv2.LINE_8, 4)
    return blur(field, soft)


def _blush(out: Floats, points: Floats, unit: float, amount: float) -> Floats:
    """Redden the cheeks and the tip of the nose."""
    cheeks = (points[[50, 205]].mean(0), points[[280, 425]].mean(0))
    for middle, size, share in ((cheeks[0], 0.25, 1), (cheeks[1], 0.25, 1), (points[4], 0.12, 0.7)):
        near = spot(out.shape, middle, size * unit)
        red = np.float32([1.04, 0.50, 0.46]) * np.maximum(grey(out)[..., None] * 1.25, 0.2)
        out = out + share * amount * near * (red - out)
    return out
