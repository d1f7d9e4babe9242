"""Turn a face into a drawing: flat colours, soft shade, drawn eyes, brows and lips."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces import topology

Floats = NDArray[np.float32]

_EYES = (topology.LEFT_EYE, topology.RIGHT_EYE)
_BROWS = (topology.LEFT_BROW, topology.RIGHT_BROW)
_BITS = 4  # fractions of pixels in which OpenCV draws


@dataclass(frozen=True)
class Brush:
    """How a drawing looks."""

    steps: float = 7
    """Levels of brightness that colours gather at."""
    flat: float = 0.7
    """How much they gather there, 0 to 1."""
    colour: float = 1.22
    """Saturation."""
    light: float = 1.1
    """Brightness."""
    ink: float = 0.45
    """Darkness of drawn edges, 0 to 1."""
    blush: float = 0.2
    """How red cheeks are, 0 to 1."""
    iris: float = 0.42
    """Radius of the iris in widths of half an eye."""
    lips: float = 0.5
    """How much the lips are coloured, 0 to 1."""
    brows: float = 0.92
    """How strong brows are, 0 to 1."""
    clean: float = 0.85
    """How smooth skin is, 0 to 1."""
    lashes: float = 0.062
    """Width of the line along the upper lid, in eye distances."""
    volume: float = 0.22
    """How round light and shade make the face, 0 to 1."""
    teeth: float = 0.06
    """How far a mouth has to be open to show teeth, in eye distances."""


TOON = Brush()
BABY = Brush(
    steps=9,
    flat=0.35,
    colour=1.08,
    light=1.13,
    ink=0.15,
    blush=0.3,
    iris=0.56,
    lips=0.6,
    brows=0.4,
    clean=0.97,
    teeth=0.2,
    lashes=0.055,
)


def for_men(brush: Brush) -> Brush:
    """Return a brush with paler lips, thinner lashes and stronger brows."""
    return replace(
        brush,
        lips=0.4 * brush.lips,
        lashes=0.75 * brush.lashes,
        brows=min(1.0, 1.2 * brush.brows),
        blush=0.6 * brush.blush,
    )


def paint(image: Floats, points: Floats, brush: Brush) -> Floats:
    """Draw a face.

    Args:
        image: (h, w, 3) from 0 to 1, already in the shape that is wanted.
        points: (478, 2): its mesh, pixels.
        brush: How.

    Returns:
        (h, w, 3) from 0 to 1.
    """
    eyes = topology.five_points(points)[:2]
    unit = float(np.linalg.norm(eyes[1] - eyes[0]))
    smooth = _smooth(image, unit)
    smooth, skin = _clean_skin(smooth, points, unit, brush.clean)
    out = _flatten(_expose(smooth, skin), brush)
    out = _draw_edges(out, smooth, unit, brush.ink * (1 - 0.85 * skin))
    out = _light(out, points, skin, unit, brush.volume)
    out = _blush(out, points, unit, brush.blush)
    out = _draw_nose(out, points, unit)
    out = _draw_lips(out, smooth, points, unit, brush)
    for brow in (topology.LEFT_BROW, topology.RIGHT_BROW):
        out = _draw_brow(out, image, points[brow], unit, brush.brows)
    for eye, iris in ((topology.LEFT_EYE, 468), (topology.RIGHT_EYE, 473)):
        out = _draw_eye(out, image, points[eye], points[iris], unit, brush)
    return np.clip(out, 0, 1)


def _smooth(image: Floats, unit: float) -> Floats:
    """Smooth within surfaces, and keep their edges; half the size is enough for that."""
    size = image.shape[1::-1]
    out = cv2.resize(image.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for _ in range(3):
        out = cv2.bilateralFilter(out, 7, 0.09, 0.0275 * unit)
    return cv2.resize(out, size, interpolation=cv2.INTER_CUBIC)


def _clean_skin(image: Floats, points: Floats, unit: float, amount: float) -> tuple[Floats, Floats]:
    """Smooth skin away from everything that is not: wrinkles, bags and stains go, hair stays.

    Returns:
        The picture, and where skin is: (h, w, 1), 0 to 1.
    """
    face = _fill(image.shape, points[topology.OVAL], 0.05 * unit)
    holes = np.zeros_like(face)
    for loop in (topology.LIPS_OUTER, *_EYES, *_BROWS):
        holes = np.maximum(holes, _fill(image.shape, points[loop], 0.05 * unit))
    holes = np.clip(2.5 * holes, 0, 1)
    colour = np.median(image[(face - holes)[..., 0] > 0.9], axis=0)
    away = image - colour
    away = np.where(away > 0, 0.4 * away, away) * np.float32([1.0, 1.2, 1.2])  # lights go, too
    apart = np.linalg.norm(away, axis=-1, keepdims=True)
    known = face * (1 - holes) * np.exp(-0.5 * (apart / 0.16) ** 2) + 1e-4
    sums = _blur(np.concatenate([image * known, known], 2), 0.13 * unit)
    skin = face * np.exp(-0.5 * (np.maximum(apart - 0.2, 0) / 0.13) ** 2)
    around = np.clip(3 * _blur(holes, 0.11 * unit)[..., None], 0, 1)  # lids and bags
    skin = np.maximum(skin, around * face)
    return image + amount * skin * (sums[..., :3] / sums[..., 3:] - image), skin


def _expose(image: Floats, skin: Floats) -> Floats:
    """Lighten a picture whose skin lies in the dark, by a third at most."""
    bright = float((_brightness(image) * skin).sum() / max(float(skin.sum()), 1.0))
    gain = np.float32(np.clip(0.68 / max(bright, 0.1), 1, 1.35))
    return 1 - (1 - np.clip(image, 0, 1)) ** gain


def _flatten(image: Floats, brush: Brush) -> Floats:
    """Let brightness gather at a few levels, and make colours stronger."""
    lab = cv2.cvtColor(np.clip(image, 0, 1), cv2.COLOR_RGB2LAB)
    level = np.clip(lab[..., 0] / 100 * brush.light, 0, 1) * brush.steps
    rest = level - np.floor(level) - 0.5
    stepped = np.floor(level) + 0.5 + 0.5 * np.tanh(5 * rest) / np.tanh(2.5)
    lab[..., 0] = (level + brush.flat * (stepped - level)) / brush.steps * 100
    lab[..., 1:] *= brush.colour
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)


def _draw_edges(out: Floats, image: Floats, unit: float, ink: Floats) -> Floats:
    """Darken where brightness changes: the difference of two Gaussians, thresholded softly."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    near, far = (cv2.GaussianBlur(grey, (0, 0), s * unit) for s in (0.025, 0.042))
    line = np.clip((far - near - 0.006) * 60, 0, 1)
    return out * (1 - ink * line[..., None])


def _light(out: Floats, points: Floats, skin: Floats, unit: float, amount: float) -> Floats:
    """Round the face: light on forehead, cheeks and chin, shade towards its rim."""
    face = _fill(out.shape, points[topology.OVAL], 0)
    rim = np.clip(1.25 - 1.25 * _blur(face, 0.28 * unit)[..., None], 0, 1) * skin
    out = out * (1 - amount * 1.6 * rim * np.float32([0.7, 0.9, 1.0]))
    places = ((points[151], 0.32), (points[199], 0.16))
    lit = sum(_spot(out.shape, place, size * unit) for place, size in places)
    return out + amount * 0.6 * lit * skin * (np.float32([1, 0.97, 0.92]) - out)


def _blush(out: Floats, points: Floats, unit: float, amount: float) -> Floats:
    """Redden the cheeks."""
    for middle in (points[[50, 205]].mean(0), points[[280, 425]].mean(0)):
        near = _spot(out.shape, middle, 0.26 * unit)
        out = out + amount * near * (np.float32([1.0, 0.45, 0.42]) * _brightness(out) - out)
    return out


def _draw_nose(out: Floats, points: Floats, unit: float) -> Floats:
    """Set a light on the tip of the nose, and shade below it."""
    tip, below = points[4], points[2]
    lit = 0.22 * _spot(out.shape, tip + (points[6] - tip) * 0.1, 0.07 * unit)
    shade = 0.22 * _spot(out.shape, below, 0.11 * unit, flat=0.55)
    out = out + lit * (1 - out)
    for side in (points[98], points[327]):
        shade = shade + 0.4 * _spot(out.shape, side * 0.75 + below * 0.25, 0.045 * unit, flat=0.7)
    return out * (1 - shade * np.float32([0.7, 0.9, 0.9]))


def _draw_lips(out: Floats, image: Floats, points: Floats, unit: float, brush: Brush) -> Floats:
    """Colour the lips, whiten what shows between them, and draw the line between."""
    outer, inner = points[topology.LIPS_OUTER], points[topology.LIPS_INNER]
    amount, mask = brush.lips, _fill(out.shape, outer, 0.012 * unit)
    colour = _mean(image, _fill(out.shape, outer, 0) - _fill(out.shape, inner, 0))
    light = max(0.45, 1.5 * float(colour.max()))
    rose = 0.5 * colour + 0.5 * np.float32([0.86, 0.36, 0.36]) * light
    out = out + amount * mask * (np.clip(rose, 0, 1) - out)
    opening = np.linalg.norm(points[13] - points[14]) / unit
    if opening > brush.teeth:
        hole = _fill(out.shape, inner, 0.01 * unit)
        teeth = np.float32([0.97, 0.95, 0.92])
        out = out + 0.9 * hole * (teeth - out)
        rim = _stroke(out.shape, np.concatenate([inner, inner[:1]]), 0.018 * unit)
    else:
        rim = _stroke(out.shape, _between(inner), 0.03 * unit)
    return out * (1 - 0.7 * rim * np.float32([0.75, 0.95, 0.95]))


def _draw_brow(out: Floats, image: Floats, brow: Floats, unit: float, amount: float) -> Floats:
    """Fill a brow with its own colour, darkened."""
    mask = _fill(out.shape, brow, 0.02 * unit)
    colour = _mean(image, mask) * 0.42
    return out + amount * mask * (colour - out)


def _draw_eye(
    out: Floats, image: Floats, lids: Floats, iris: Floats, unit: float, brush: Brush
) -> Floats:
    """Draw an eye: white, iris, pupil, lights, lids."""
    middle = lids.mean(0)
    wide = np.linalg.norm(lids[8] - lids[0]) / 2
    ball = _fill(out.shape, _smooth_loop(lids), 0.01 * unit)
    below_lid = np.clip((middle[1] - _rows(out.shape)) / wide + 0.2, 0, 1)
    white = np.float32([0.98, 0.97, 0.96]) - 0.18 * below_lid
    out = out + ball * (white - out)
    centre = middle + 0.6 * (iris - middle)
    radius = brush.iris * 1.25 * wide
    found = _mean(image, _disc(out.shape, iris, 0.6 * radius))
    colour = _lively(found)
    out = out + ball * _disc(out.shape, centre, radius) * (colour * 0.45 - out)
    out = out + ball * _disc(out.shape, centre, 0.84 * radius) * (colour - out)
    low = np.array([centre[0], centre[1] + 0.55 * radius])
    glow = _spot(out.shape, low, 0.4 * radius) * _disc(out.shape, centre, 0.84 * radius)
    out = out + 0.6 * ball * glow * (np.clip(colour * 1.7 + 0.1, 0, 1) - out)
    pupil = _disc(out.shape, centre, 0.46 * radius)
    out = out + ball * pupil * (np.float32([0.04, 0.03, 0.04]) - out)
    for offset, size in (((-0.34, -0.36), 0.26), ((0.3, 0.34), 0.13)):
        light = _disc(out.shape, centre + np.multiply(offset, radius), size * radius)
        out = out + ball * light * (1 - out)
    upper, lower = _smooth_loop(lids, half=0), _smooth_loop(lids, half=1)
    dark = np.float32([0.12, 0.07, 0.06])
    out = out + 0.95 * _stroke(out.shape, upper, brush.lashes * unit) * (dark - out)
    return out + 0.5 * _stroke(out.shape, lower, 0.022 * unit) * (dark - out)


def _lively(colour: Floats) -> Floats:
    """Return the colour of an iris that shows: brighter and stronger, brown where there is none."""
    grey = float(colour.mean())
    brown = np.float32([0.44, 0.25, 0.13]) * (0.75 + grey)
    strong = np.clip(grey + 2 * (colour - grey), 0, 1)
    strong *= 0.6 / max(float(strong.max()), 1e-3)
    cool = float(np.clip((max(colour[1], colour[2]) - colour[0]) * 12 + 0.15, 0, 1))
    return (cool * strong + (1 - cool) * brown).astype(np.float32)


def _smooth_loop(points: Floats, half: int | None = None) -> Floats:
    """Return a closed loop, or its upper or lower half, with rounded corners, (n, 2)."""
    count = len(points)
    around = np.fft.fft(points[:, 0] + 1j * points[:, 1])
    padded = np.zeros(count * 6, complex)
    padded[:5], padded[-4:] = around[:5], around[-4:]
    loop = np.fft.ifft(padded) * 6
    places = np.stack([loop.real, loop.imag], 1).astype(np.float32)
    if half is None:
        return places
    cut = count * 3
    first, second = places[: cut + 1], np.concatenate([places[cut:], places[:1]])
    return first if (first[:, 1].mean() < second[:, 1].mean()) == (half == 0) else second


def _between(loop: Floats) -> Floats:
    """Return the line in the middle of a loop that begins at one corner, (n, 2)."""
    half = len(loop) // 2
    one, other = loop[: half + 1], np.concatenate([loop[half:], loop[:1]])[::-1]
    return (one + other) / 2


def _fill(shape: tuple[int, ...], loop: Floats, soft: float) -> Floats:
    """Return a mask of a polygon, (h, w, 1), 0 to 1."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [_fixed(loop)], 255, cv2.LINE_AA, _BITS)
    found = mask.astype(np.float32) / 255
    found = cv2.GaussianBlur(found, (0, 0), soft) if soft > 0.3 else found
    return found[..., None]


def _stroke(shape: tuple[int, ...], line: Floats, width: float) -> Floats:
    """Return a mask of a line that is thin at its ends, (h, w, 1), 0 to 1."""
    mask = np.zeros(shape[:2], np.uint8)
    count = len(line)
    for i in range(count - 1):
        part = np.sin(np.pi * (i + 0.5) / (count - 1)) ** 0.6
        thick = max(1, round(width * (0.35 + 0.65 * part)))
        cv2.polylines(mask, [_fixed(line[i : i + 2])], False, 255, thick, cv2.LINE_AA, _BITS)
    return (mask.astype(np.float32) / 255)[..., None]


def _blur(image: Floats, sigma: float) -> Floats:
    """Smooth with a Gaussian, a quarter of the size for speed."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _disc(shape: tuple[int, ...], middle: Floats, radius: float) -> Floats:
    """Return a mask of a disc, (h, w, 1), 0 to 1."""
    ys, xs = np.ogrid[: shape[0], : shape[1]]
    apart = np.hypot(xs - middle[0], ys - middle[1])
    return np.clip(radius - apart + 0.5, 0, 1)[..., None].astype(np.float32)


def _spot(shape: tuple[int, ...], middle: Floats, radius: float, flat: float = 1) -> Floats:
    """Return a soft spot, (h, w, 1), 0 to 1."""
    xs, ys = np.arange(shape[1]), np.arange(shape[0])
    row = np.exp(-0.5 * ((xs - middle[0]) / radius) ** 2).astype(np.float32)
    column = np.exp(-0.5 * ((ys - middle[1]) / (flat * radius)) ** 2).astype(np.float32)
    return (column[:, None] * row)[..., None]


def _rows(shape: tuple[int, ...]) -> Floats:
    """Return the row of each pixel, (h, w, 1)."""
    return np.broadcast_to(np.arange(shape[0], dtype=np.float32)[:, None, None], (*shape[:2], 1))


def _brightness(image: Floats) -> Floats:
    """Return the brightness, (h, w, 1)."""
    return image.max(-1, keepdims=True)


def _mean(image: Floats, mask: Floats) -> Floats:
    """Return the mean colour under a mask, (3,)."""
    return ((image * mask).sum((0, 1)) / max(float(mask.sum()), 1e-3)).astype(np.float32)


def _fixed(points: Floats) -> NDArray[np.int32]:
    """Return points in the fractions of pixels in which OpenCV draws."""
    return np.round(points * (1 << _BITS)).astype(np.int32)
