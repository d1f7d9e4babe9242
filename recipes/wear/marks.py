"""Draw the marks of wear on a face: blotches, creases, tired eyes, a dull tone.

Every function takes a picture as float32 in CIELAB (L 0 to 100) and places its marks by the 478
points of the face's mesh; lengths are parts of the distance between the eyes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.topology import MIRROR
from facewright.faces.masks import draw_face_mask, draw_region_mask, measure_face

Plane = NDArray[np.float32]
Random = np.random.Generator

CHEEKS, NOSE, CHIN, FOREHEAD = (50, 101, 205), (4, 5, 1), (199, 200), (151, 108)
FOLDS = ((129, 203, 206, 216, 212), (98, 203, 206, 216, 214))  # from the nose to the mouth
DROPS = ((57, 43, 204, 211), (61, 202, 210))  # from the corner of the mouth downwards
GROOVE = (133, 243, 233, 232, 231, 230, 229, 228)  # under the lower lid
BAG = (128, 121, 120, 119, 118, 117)
LOWER_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133)
BROWS = (70, 63, 105, 66, 107, 9, 336, 296, 334, 293, 300)
HAIRLINE = (54, 103, 67, 109, 10, 10, 10, 338, 297, 332, 284)
FROWN = ((107, 55), (9, 8))


@dataclass(frozen=True)
class Wear:
    """How strong each mark is; 1 is plainly visible."""

    blotches: float
    creases: float
    eyes: float
    tone: float
    texture: float
    scabs: int

    @classmethod
    def draw(cls, rng: Random) -> Wear:
        """Return marks of one face: all of them, in varied measure."""
        whole = rng.uniform(0.95, 1.35)
        one = [float(whole * rng.uniform(0.75, 1.25)) for _ in range(5)]
        return cls(*one, scabs=int(rng.poisson(2.5)))


def mark_face(
    lab: Plane, points: Plane, wear: Wear, rng: Random, *, own_blotches: bool = False
) -> Plane:
    """Return a marked face.

    Args:
        lab: The picture.
        points: The mesh.
        wear: How strong each mark is.
        rng: Decides all else.
        own_blotches: Whether blotches follow the light and dark of the face itself instead of
            noise, so that a network can learn from a pair where they are.
    """
    points = points[:, :2]
    skin = find_skin(lab, points)
    out = sharpen_texture(lab, points, skin, wear.texture, rng)
    out = draw_creases(out, points, skin, wear.creases, rng)
    out = tire_eyes(out, points, skin, wear.eyes)
    out = dull_tone(out, points, skin, wear.tone, rng)
    pattern = find_pattern(lab, measure_face(points)) if own_blotches else None
    out = redden(out, points, skin, wear.blotches, rng, pattern)
    return draw_scabs(out, points, skin, wear.scabs, rng)


def find_skin(lab: Plane, points: Plane) -> Plane:
    """Return where skin is, (h, w), 0 to 1: in the mesh, and of the colour of the cheeks."""
    shape, eye = lab.shape[:2], measure_face(points)
    mask = draw_face_mask(points, shape, holes=("eyes", "lips"), feather=0.12)
    brows = draw_region_mask(points, shape, "brows")
    mask = mask * (1 - 0.7 * blur(brows, 0.03 * eye))
    inner = draw_face_mask(points, shape, forehead=False, holes=("eyes", "lips", "brows")) > 0.9
    if inner.sum() < 100:
        return mask
    middle = np.median(lab[inner], axis=0)
    spread = np.median(np.abs(lab[inner] - middle), axis=0) * 1.5 + (4, 2.5, 2.5)
    away = np.sqrt((((blur(lab, 0.02 * eye) - middle) / spread) ** 2 * (0.5, 1, 1)).sum(2))
    alike = np.clip((5.0 - away) / 2, 0, 1)
    return (mask * blur(alike.astype(np.float32), 0.02 * eye)).astype(np.float32)


def find_pattern(lab: Plane, eye: float) -> Plane:
    """Return what is lighter or darker than its surroundings, of mean 0 and spread 1."""
    light, total = lab[..., 0], np.zeros(lab.shape[:2], np.float32)
    for fine, coarse, weight in ((0.12, 0.35, 1.0), (0.05, 0.14, 0.9), (0.02, 0.06, 0.5)):
        band = np.clip(blur(light, coarse * eye) - blur(light, fine * eye), -6, 6)
        total += weight * band / (band.std() + 1e-6)
    return (total - total.mean()) / (total.std() + 1e-6)


def redden(
    lab: Plane,
    points: Plane,
    skin: Plane,
    amount: float,
    rng: Random,
    pattern: Plane | None = None,
) -> Plane:
    """Return a face with irregular red blotches where blood shows: cheeks, nose, chin, forehead."""
    eye, shape = measure_face(points), lab.shape[:2]
    zones = np.zeros(shape, np.float32)
    for places, size, most in (
        (CHEEKS, 0.30, 1.0),
        (mirror(CHEEKS), 0.30, 1.0),
        (NOSE, 0.19, 0.7),
        (CHIN, 0.22, 0.75),
        (FOREHEAD, 0.32, 0.55),
        (mirror(FOREHEAD), 0.32, 0.55),
    ):
        spot = gauss(shape, points[list(places)].mean(0), size * eye * rng.uniform(0.85, 1.25))
        zones = np.maximum(zones, spot * most * rng.uniform(0.7, 1.1))
    noise = make_noise(shape, ((0.30 * eye, 1.0), (0.12 * eye, 0.9), (0.05 * eye, 0.5)), rng)
    noise = noise if pattern is None else pattern
    fine = make_noise(shape, ((0.018 * eye, 1.0), (0.04 * eye, 0.6)), rng)
    blotch = 1 / (1 + np.exp(-(noise - 0.55 + 1.5 * (zones - 0.6)) * 3.2))
    red = skin * zones**0.7 * (0.30 + 0.95 * blotch) * (1 + 0.16 * fine)
    red = (np.clip(red, 0, 1.4) * amount).astype(np.float32)
    light = np.clip(lab[..., 0] / 65, 0.45, 1.1)  # dark skin shows red less
    return lab + np.stack([-6.5 * red, 15.5 * red * light, 3.5 * red * light], axis=2)


def draw_creases(lab: Plane, points: Plane, skin: Plane, amount: float, rng: Random) -> Plane:
    """Return a face with furrows: a dark line each, beside it a lighter ridge."""
    eye, shape = measure_face(points), lab.shape[:2]
    groups = []
    for side in (lambda x: x, mirror):
        fold = FOLDS[rng.integers(len(FOLDS))]
        groups.append(([points[list(side(fold))]], 0.022, rng.uniform(0.9, 1.3)))
        drop = DROPS[rng.integers(len(DROPS))]
        groups.append(([points[list(side(drop))]], 0.018, rng.uniform(0.5, 0.9)))
        groups.append(([points[list(side(GROOVE))]], 0.016, rng.uniform(0.6, 1.0)))
        groups.append(([points[list(side(BAG))]], 0.02, rng.uniform(0.2, 0.6)))
        groups.append((feet(points, side, eye, rng), 0.011, rng.uniform(0.6, 1.0)))
        frown = (points[list(side(FROWN[0]))] + points[list(side(FROWN[1]))]) / 2
        groups.append(([frown], 0.015, rng.uniform(0.4, 0.9)))
    groups.append((forehead(points, rng), 0.013, rng.uniform(0.5, 0.9)))
    shade = np.zeros(shape, np.float32)
    for lines, width, strength in groups:
        dents = np.zeros(shape, np.float32)
        for line in lines:
            dents = np.maximum(dents, trace(line + rng.normal(0, 0.006 * eye, line.shape), shape))
        sigma = max(width * eye, 0.7)
        deep = blur(dents, sigma) * sigma * 2.5
        broken = 1 + 0.35 * make_noise(shape, ((0.12 * eye, 1.0),), rng)
        below = np.roll(deep, max(1, round(1.6 * sigma)), axis=0)
        shade += strength * np.clip(broken, 0.3, 1.6) * (0.55 * below - deep)
    out = lab.copy()
    out[..., 0] += 18.0 * amount * shade * np.sqrt(skin) * (lab[..., 0] / 70)
    out[..., 1] -= 2.0 * amount * shade * skin
    return out


def tire_eyes(lab: Plane, points: Plane, skin: Plane, amount: float) -> Plane:
    """Return a face with sunken, dark skin around the eyes, and hollow cheeks."""
    eye, shape = measure_face(points), lab.shape[:2]
    dark = np.zeros(shape, np.float32)
    for side in (lambda x: x, mirror):
        ring = [*side(LOWER_LID), *side(GROOVE)]
        hull = cv2.convexHull(points[ring].astype(np.float32))
        area = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(area, np.rint(hull).astype(np.int32), 255)
        under = blur(area.astype(np.float32) / 255, 0.06 * eye)
        corner = gauss(shape, points[list(side((243, 244)))].mean(0), 0.10 * eye)
        hollow = gauss(shape, points[list(side((187, 207)))].mean(0), 0.20 * eye)
        dark += 1.0 * under + 0.7 * corner + 0.35 * hollow
    dark = (dark * skin * amount).astype(np.float32)
    light = lab[..., 0] / 70
    return lab + np.stack([-10.5 * dark * light, 2.5 * dark * light, -4.5 * dark * light], axis=2)


def dull_tone(lab: Plane, points: Plane, skin: Plane, amount: float, rng: Random) -> Plane:
    """Return a face whose skin is darker, greyer, a little yellow, and uneven."""
    eye, shape = measure_face(points), lab.shape[:2]
    soft = np.clip(blur(skin, 0.10 * eye) * 1.05, 0, 1) * amount
    uneven = make_noise(shape, ((0.35 * eye, 1.0), (0.15 * eye, 0.6)), rng)
    out = lab.copy()
    bright = np.clip((lab[..., 0] - 45) / 40, 0, 1)  # shine goes first
    out[..., 0] -= soft * (0.075 * lab[..., 0] + 3.0 * bright + 1.4 * uneven)
    out[..., 1] *= 1 - 0.24 * soft
    out[..., 2] *= 1 - 0.14 * soft
    out[..., 2] += soft * (1.5 + 0.8 * uneven)
    return out


def sharpen_texture(lab: Plane, points: Plane, skin: Plane, amount: float, rng: Random) -> Plane:
    """Return a face with coarser skin: what is there stands out more, and pores are added."""
    eye, shape = measure_face(points), lab.shape[:2]
    light = lab[..., 0]
    fine = light - blur(light, 0.035 * eye)
    wide = blur(light, 0.035 * eye) - blur(light, 0.14 * eye)
    pores = make_noise(shape, ((0.012 * eye, 1.0), (0.022 * eye, 1.0)), rng)
    out = lab.copy()
    out[..., 0] += skin * amount * (0.75 * np.clip(fine, -8, 5) + 0.35 * np.clip(wide, -8, 4))
    out[..., 0] += skin * amount * 1.0 * pores * (light / 70)
    return out


def draw_scabs(lab: Plane, points: Plane, skin: Plane, count: int, rng: Random) -> Plane:
    """Return a face with a few small sores: a dark red middle in a paler red ring."""
    eye, shape = measure_face(points), lab.shape[:2]
    out = lab.copy()
    choices = np.array([50, 205, 187, 207, 199, 210, 36, 101, 151, 69, 192, 202, 117])
    for _ in range(count):
        one = int(rng.choice(choices))
        at = points[one if rng.random() < 0.5 else int(MIRROR[one])]
        at = at + rng.normal(0, 0.12 * eye, 2)
        size = eye * rng.uniform(0.014, 0.032)
        rough = 1 + 0.5 * make_noise(shape, ((0.02 * eye, 1.0),), rng)
        core = np.clip(gauss(shape, at, size) * rough * 1.2, 0, 1) * skin
        ring = gauss(shape, at, 2.4 * size) * skin
        strength = rng.uniform(0.5, 1.0)
        out[..., 0] -= strength * (13 * core + 2 * ring) * lab[..., 0] / 65
        out[..., 1] += strength * (7 * core + 6 * ring)
        out[..., 2] += strength * 2 * core
    return out


def feet(points: Plane, side, eye: float, rng: Random) -> list[Plane]:
    """Return the lines beside an eye."""
    outer, inner = points[side((33, 133)), :]
    out = (outer - inner) / np.linalg.norm(outer - inner)
    down = np.array([-out[1], out[0]]) * (1 if out[0] < 0 else -1)
    lines = []
    for angle in np.linspace(-0.55, 0.75, int(rng.integers(3, 5))) + rng.normal(0, 0.08):
        way = np.cos(angle) * out - np.sin(angle) * down * -1
        start, length = rng.uniform(0.12, 0.18), rng.uniform(0.16, 0.34)
        steps = np.linspace(0, 1, 6)[:, None]
        bend = 0.05 * np.sin(steps * np.pi) * down
        lines.append(outer + eye * (start * way + length * steps * way + bend))
    return [line.astype(np.float32) for line in lines]


def forehead(points: Plane, rng: Random) -> list[Plane]:
    """Return the lines across a forehead."""
    low, high = points[list(BROWS)], points[list(HAIRLINE)]
    lines = []
    for part in np.linspace(0.3, 0.75, int(rng.integers(2, 5))) + rng.normal(0, 0.04):
        first, last = int(rng.integers(0, 4)), int(rng.integers(8, 12))
        lines.append((low + (high - low) * part)[first:last])
    return lines


def trace(line: Plane, shape: tuple[int, ...]) -> Plane:
    """Return a smooth thin line that fades at both ends, (h, w), 0 to 1."""
    steps = np.linspace(0, len(line) - 1, 40)
    known = np.arange(len(line))
    smooth = np.stack([np.interp(steps, known, line[:, axis]) for axis in (0, 1)], axis=1)
    smooth = cv2.blur(smooth.astype(np.float32), (1, 7), borderType=cv2.BORDER_REPLICATE)
    canvas = np.zeros(shape, np.uint8)
    for n, (a, b) in enumerate(itertools.pairwise(smooth)):
        depth = float(np.sin(np.pi * (n + 1) / len(smooth)) ** 0.6)
        ends = [tuple(int(v) for v in np.rint(p * 16)) for p in (a, b)]
        cv2.line(canvas, *ends, round(255 * depth), 1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def make_noise(shape: tuple[int, ...], scales, rng: Random) -> Plane:
    """Return smooth noise of several scales (sigma in pixels, weight), of mean 0 and spread 1."""
    total = np.zeros(shape, np.float32)
    for sigma, weight in scales:
        field = blur(rng.standard_normal(shape, np.float32), max(sigma, 0.5))
        total += weight * field / (field.std() + 1e-6)
    return (total - total.mean()) / (total.std() + 1e-6)


def gauss(shape: tuple[int, ...], centre: Plane, sigma: float) -> Plane:
    """Return a soft spot, (h, w), 1 in the middle."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    away = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    return np.exp(-away / (2 * sigma**2)).astype(np.float32)


def blur(plane: Plane, sigma: float) -> Plane:
    """Return a plane blurred by so many pixels."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.3)), np.float32)


def mirror(indices) -> tuple[int, ...]:
    """Return the points of the other side."""
    return tuple(int(MIRROR[n]) for n in indices)
