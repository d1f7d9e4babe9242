"""Training examples of the detector: scenes composed of faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.topology import MIRROR, OVAL, five_points
from facewright.faces.training.coverings import cover_face
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.examples import Labelled
from facewright.faces.training.light import change_light, compress
from facewright.types import Image

_SMALL, _LARGE = 9.0, 220.0  # pixels that a face measures
_TOO_CLOSE = 0.05
_MOST_OUTSIDE = 0.4


@dataclass(slots=True)
class Scene:
    """A picture, and the faces in it."""

    image: Image
    points: list[NDArray[np.float32]]
    """(478, 3) for each face, pixels."""

    def boxes(self) -> NDArray[np.float32]:
        """Return (n, 4): left, top, right, bottom of each mesh."""
        corners = [np.concatenate([p[:, :2].min(0), p[:, :2].max(0)]) for p in self.points]
        return np.array(corners, np.float32).reshape(-1, 4)

    def marks(self) -> NDArray[np.float32]:
        """Return (n, 5, 2): the five points of each face."""
        five = [five_points(p)[:, :2] for p in self.points]
        return np.array(five, np.float32).reshape(-1, 5, 2)


def compose_scene(labelled: Labelled, size: int, rng: ExampleRng) -> Scene:
    """Compose one scene: none to six faces over a background without faces.

    Some faces are pasted with a part of the picture around them, some with their hair, some along
    the oval of the face, over patches of other pictures. Patches and pictures without a face are
    pasted in the same ways, so that seams and frames are no cue for faces.

    Args:
        labelled: The labelled pictures.
        size: Side of the scene in pixels.
        rng: Makes all random choices.

    Returns:
        The scene; no face lies outside its border by more than two fifths.
    """
    scene = Scene(_draw_ground(labelled, size, rng), [])
    count = 0 if rng.chance(0.12) else 1 if rng.chance(0.3) else rng.pick(7)
    taken: list[NDArray[np.float32]] = []
    for _ in range(count + rng.pick(5)):
        if len(scene.points) < count and rng.chance(0.65):
            _add_face(scene, labelled, taken, rng)
        else:
            _add_thing(scene, labelled, taken, rng)
    scene.image = change_light(scene.image, rng, blur=0.3)
    if rng.chance(0.35):
        scene.image = compress(scene.image, round(rng.between(25, 95)))
    if rng.chance(0.5):
        scene.image = np.ascontiguousarray(scene.image[:, ::-1])
        last = scene.image.shape[1] - 1
        scene.points = [
            ((p * (-1, 1, 1)) + (last, 0, 0)).astype(np.float32)[MIRROR] for p in scene.points
        ]
    return scene


def _draw_ground(labelled: Labelled, size: int, rng: ExampleRng) -> Image:
    """Return a background without faces: a part of a picture, or several side by side."""
    ground = _cut_part(labelled, size, size, rng)
    for _ in range(rng.pick(4) if rng.chance(0.4) else 0):
        wide, high = (8 + rng.pick(size - 8) for _ in range(2))
        left, top = rng.pick(size - wide + 1), rng.pick(size - high + 1)
        ground[top : top + high, left : left + wide] = _cut_part(labelled, wide, high, rng)
    return ground


def _cut_part(labelled: Labelled, wide: int, high: int, rng: ExampleRng) -> Image:
    """Return a random part of a picture without faces, at a random scale."""
    image = labelled.empty[rng.pick(len(labelled.empty))]
    if rng.chance(0.5):
        image = image[:, ::-1]
    share = rng.ratio(0.25, 1.0)
    height, width = image.shape[:2]
    across, down = (max(4, round(share * side)) for side in (width, height))
    left, top = rng.pick(width - across + 1), rng.pick(height - down + 1)
    part = np.ascontiguousarray(image[top : top + down, left : left + across])
    flag = cv2.INTER_AREA if across > wide else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (wide, high), interpolation=flag), np.uint8)


def _add_face(
    scene: Scene, labelled: Labelled, taken: list[NDArray[np.float32]], rng: ExampleRng
) -> None:
    """Paste a face at a random size, rotation and position, if there is room."""
    number = int(np.searchsorted(np.cumsum(labelled.weights), rng.between(0, 1 - 1e-9)))
    image, points = labelled.images[number], labelled.points[number]
    large = min(_LARGE, scene.image.shape[0] * 1.1)
    wanted = rng.ratio(_SMALL, large)
    if rng.chance(0.2):
        image = cover_face(image, points, rng)
    matrix = _place(points, wanted, _pick_turn(rng), scene.image.shape[0], rng)
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    box = np.concatenate([moved[:, :2].min(0), moved[:, :2].max(0)])
    if _share_outside(box, scene.image.shape[0]) > _MOST_OUTSIDE or _overlaps(box, taken):
        return
    if rng.chance(0.3):
        _underlay(scene, labelled, box, taken, rng)
    _paste(scene, image, _cut_out(image, points, rng), matrix, rng)
    taken.append(box)
    scene.points.append(moved)


def _pick_turn(rng: ExampleRng) -> float:
    """Return the rotation of a face in degrees: mostly small, at times upside down."""
    if rng.chance(0.55):
        return rng.normal(10)
    return rng.between(-60, 60) if rng.chance(0.6) else rng.between(-180, 180)


def _underlay(
    scene: Scene,
    labelled: Labelled,
    box: NDArray[np.float32],
    taken: list[NDArray[np.float32]],
    rng: ExampleRng,
) -> None:
    """Paste a patch under a face, so that no frame shows its size."""
    wide, high = (box[2:] - box[:2]).tolist()
    room = np.array([box[0] - wide * rng.ratio(0.05, 1.5), box[1] - high * rng.ratio(0.05, 1.0)])
    far = np.array([box[2] + wide * rng.ratio(0.05, 1.5), box[3] + high * rng.ratio(0.05, 2.0)])
    size = scene.image.shape[0]
    low, top = np.clip(room, 0, size).astype(int), np.clip(far, 0, size).astype(int)
    if (top - low).min() < 4 or _overlaps(np.concatenate([low, top]).astype(np.float32), taken):
        return
    part = _cut_part(labelled, int(top[0] - low[0]), int(top[1] - low[1]), rng)
    scene.image[low[1] : top[1], low[0] : top[0]] = part


def _add_thing(
    scene: Scene, labelled: Labelled, taken: list[NDArray[np.float32]], rng: ExampleRng
) -> None:
    """Paste a patch without a face, which may cover a little of one."""
    size = scene.image.shape[0]
    wanted = rng.ratio(_SMALL, size * 0.8)
    side = max(16, round(wanted))
    if rng.chance(0.5):
        whole = labelled.empty[rng.pick(len(labelled.empty))]
        flag = cv2.INTER_AREA if side < min(whole.shape[:2]) else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(whole, (side, side), interpolation=flag), np.uint8)
    else:
        image = _cut_part(labelled, side, side, rng)
    zoom = wanted / side
    angle = np.radians(rng.normal(10) if rng.chance(0.6) else rng.between(-50, 50))
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    place = np.array([rng.between(0, size), rng.between(0, size)])
    matrix = np.concatenate([turn, (place - turn @ np.full(2, side / 2))[:, None]], axis=1)
    half = 0.75 * wanted
    if _overlaps(np.concatenate([place - half, place + half]), taken, most=0.12):
        return
    shape = np.zeros((side, side), np.uint8)
    if rng.chance(0.4):
        shape[:] = 255
    else:
        axes = (round(side * rng.between(0.25, 0.48)), round(side * rng.between(0.3, 0.5)))
        cv2.ellipse(shape, (side // 2, side // 2), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
        spread = side / 224 * (1 + rng.between(0, 8))
        shape = np.asarray(cv2.GaussianBlur(shape, (0, 0), max(spread, 0.3)), np.uint8)
    _paste(scene, image, shape, matrix, rng)


def _place(
    points: NDArray[np.float32], wanted: float, degrees: float, size: int, rng: ExampleRng
) -> NDArray[np.float64]:
    """Return a matrix, picture → scene, that gives a face its size, rotation and position."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    zoom = wanted / float(np.sqrt((high - low).prod()))
    angle = np.radians(degrees)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    beyond = 0.15 if rng.chance(0.75) else 0.4  # of the face, on each side
    room = max(size - (1 - 2 * beyond) * wanted, 0.3 * size) / 2
    place = size / 2 + np.array([rng.between(-room, room), rng.between(-room, room)])
    return np.concatenate([turn, (place - turn @ ((low + high) / 2))[:, None]], axis=1)


def _cut_out(image: Image, points: NDArray[np.float32], rng: ExampleRng) -> NDArray[np.uint8]:
    """Return the mask of the part to paste: a rectangle, the head, or the face."""
    mask = np.zeros(image.shape[:2], np.uint8)
    if rng.chance(0.25):  # each side anywhere between a little inside of the face and the border
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        slack = 0.06 * (high - low)
        end = np.array(image.shape[1::-1], np.float32)
        left, top = (rng.between(0, max(v, 0)) for v in low + slack)
        right, bottom = (
            end[k] - rng.between(0, max(float(end[k] - v), 0)) for k, v in enumerate(high - slack)
        )
        mask[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))] = 255
        return mask
    oval = points[OVAL, :2]
    middle = oval.mean(0)
    grow = rng.between(1.05, 1.25) if rng.chance(0.4) else rng.between(1.25, 2.2)
    outline = (middle + (oval - middle) * (grow, grow * 1.05)).astype(np.float32)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255, cv2.LINE_AA)
    inner = mask[4:-4, 4:-4].copy()  # soft at the border of the picture, too
    mask[:] = 0
    mask[4:-4, 4:-4] = inner
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), rng.between(1.0, 9.0)), np.uint8)


def _paste(
    scene: Scene,
    image: Image,
    mask: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    rng: ExampleRng,
) -> None:
    """Warp the masked part of a picture into the scene, in place, with its own light."""
    zoom = float(np.linalg.norm(matrix[:, 0]))
    if zoom < 0.7:  # small first, so that nothing aliases
        height, width = image.shape[:2]
        small = (max(4, round(width * zoom)), max(4, round(height * zoom)))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA))
        mask = np.asarray(cv2.resize(mask, small, interpolation=cv2.INTER_AREA))
        ratio = np.array([width / small[0], height / small[1]])
        shift = matrix[:, :2] @ ((ratio - 1) / 2) + matrix[:, 2]
        matrix = np.concatenate([matrix[:, :2] * ratio, shift[:, None]], axis=1)
    high, wide = image.shape[:2]
    corners = np.array([[0, 0, 1], [wide, 0, 1], [0, high, 1], [wide, high, 1]]) @ matrix.T
    size = scene.image.shape[0]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, size)
    top = np.clip(np.ceil(corners.max(0)).astype(int) + 1, 0, size)
    if (top - low).min() < 2:
        return
    moved = np.concatenate([matrix[:, :2], (matrix[:, 2] - low)[:, None]], axis=1)
    room = (int(top[0] - low[0]), int(top[1] - low[1]))
    layer = np.asarray(cv2.warpAffine(image, moved, room, flags=cv2.INTER_LINEAR), np.uint8)
    if rng.chance(0.6):
        layer = change_light(layer, rng, blur=0.2)
    if rng.chance(0.4):
        layer = _take_colour(layer, scene.image[low[1] : top[1], low[0] : top[0]], rng)
    share = cv2.warpAffine(mask, moved, room, flags=cv2.INTER_LINEAR)[..., None] / np.float32(255)
    part = scene.image[low[1] : top[1], low[0] : top[0]]
    part[:] = (part + (layer.astype(np.float32) - part) * share + 0.5).astype(np.uint8)


def _take_colour(layer: Image, ground: Image, rng: ExampleRng) -> Image:
    """Move the mean colour of a layer towards that of its background."""
    gap = ground.mean((0, 1)) - layer.mean((0, 1))
    moved = layer + rng.between(0.2, 0.9) * gap + 0.5
    return np.clip(moved, 0, 255).astype(np.uint8)


def _share_outside(box: NDArray[np.float32], size: int) -> float:
    """Return the share of a box that lies outside of the scene."""
    inside = np.clip(box, 0, size)
    return 1 - float((inside[2:] - inside[:2]).prod() / max((box[2:] - box[:2]).prod(), 1e-6))


def _overlaps(
    box: NDArray[np.float32], taken: list[NDArray[np.float32]], *, most: float = _TOO_CLOSE
) -> bool:
    """Return whether a box covers more than a little of one of the others."""
    for other in taken:
        both = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
        if (both > 0).all() and both.prod() > most * (other[2:] - other[:2]).prod():
            return True
    return False
