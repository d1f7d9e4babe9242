"""Draw a character: vertices, a camera, what is seen, light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.toon.heads.figure.character import Character, Pose
from facewright.toon.heads.figure.eyeball import EYE, build_eyes, colour_eyes, glint_eyes
from facewright.toon.heads.figure.model import FigureModel, Floats, Hung, Ints
from facewright.toon.heads.figure.raster import Seen, see_strands, see_triangles
from facewright.toon.heads.figure.shade import KEY, Surface, display, find_open, light
from facewright.toon.heads.figure.strands import Strands, lay_strands

_DISTANCE = 16.0
_HALF = 1.85  # of the width that is seen: eyes are as far apart, and lie where, in `Upright`
_MIDDLE = np.array([0.0, 0.1665, 0.5], np.float32)
_NECK = 0.25  # of the way from where the head begins to turn to where the turn is whole
_REACH = 2.3  # of the light's view
_BODY, _TEETH, _TONGUE, _CLOTH, _GLASSES = range(5)
_LOOKS = {  # softness, gloss and its exponent
    _BODY: (1.0, 0.07, 22.0),
    _TEETH: (0.4, 0.25, 40.0),
    _TONGUE: (0.6, 0.2, 30.0),
    _CLOTH: (0.0, 0.0, 10.0),
    _GLASSES: (0.0, 0.5, 60.0),
    EYE: (0.35, 0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class _Scene:
    """All triangles of a picture."""

    points: Floats
    """(n, 3), turned."""
    triangles: Ints
    colour: Floats
    """(n, 3), linear light."""
    kind: NDArray[np.int8]
    """(t,), by triangle."""

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which triangles can be seen from behind, (t,): those of thin things."""
        return (self.kind == _CLOTH) | (self.kind == _GLASSES)


@dataclass(frozen=True, slots=True)
class _View:
    """Where points are in a picture of some size."""

    size: int

    @property
    def unit(self) -> float:
        """Pixels in a unit of the model."""
        return self.size / 2 / _HALF

    def project(self, points: Floats) -> Floats:
        """Return pixels right, pixels down, and nearness, (..., 3)."""
        away = points - _MIDDLE
        scale = self.unit * _DISTANCE / (_DISTANCE - away[..., 2])
        middle = (self.size - 1) / 2
        out = np.stack(
            [middle + away[..., 0] * scale, middle - away[..., 1] * scale, away[..., 2]], -1
        )
        return out.astype(np.float32)

    def lift(self, pixels: Floats) -> Floats:
        """Undo `project`, (n, 3)."""
        scale = self.unit * _DISTANCE / (_DISTANCE - pixels[:, 2])
        middle = (self.size - 1) / 2
        x, y = (pixels[:, 0] - middle) / scale, (middle - pixels[:, 1]) / scale
        return np.stack([x, y, pixels[:, 2]], 1).astype(np.float32) + _MIDDLE


def draw_character(
    model: FigureModel,
    who: Character,
    pose: Pose | None = None,
    size: int = 512,
    *,
    smooth: float = 1.5,
    bust: bool = True,
) -> NDArray[np.uint8]:
    """Draw a character on a transparent ground.

    Args:
        model: From `load_figure`.
        who: Whom.
        pose: Expression, turn of the head and gaze; None is neutral, from the front.
        size: Width and height in pixels.
        smooth: How many times finer it is drawn, for smooth edges.
        bust: Whether shoulders and clothes are drawn, and not the neck alone.

    Returns:
        (size, size, 4), RGBA.
    """
    pose = pose or Pose()
    view = _View(round(size * smooth))
    vertices = model.build({**who.shape, **pose.units})
    scene = _build_scene(model, who, pose, vertices, bust=bust)

    def place(points: Floats) -> tuple[Floats, Floats]:
        turned = turn_points(model, pose, points)
        return turned, view.project(turned)

    strands = lay_strands(model, who, pose, vertices, place, view.unit)
    seen = see_triangles(view.project(scene.points), scene.triangles, view.size, both=scene.open)
    number = see_strands(strands.points, strands.width, seen.depth)
    picture = _shine(scene, strands, view, seen, number, _look(model, who, pose, vertices))
    return _reduce(picture, size)


def turn_points(model: FigureModel, pose: Pose, points: Floats) -> Floats:
    """Turn points with the head, about the neck, (..., 3)."""
    flat = points.reshape(-1, 3)
    low, high = model.span
    share = np.clip((flat[:, 1] - low) / (high - low), 0, 1)
    share = share * share * (3 - 2 * share)
    out = flat - model.pivot
    turns = zip((pose.yaw, pose.pitch, pose.roll), ((2, 0), (1, 2), (0, 1)), strict=True)
    for angle, (a, b) in turns:
        cos, sin = np.cos(angle * share), np.sin(angle * share)
        one, other = out[:, a].copy(), out[:, b].copy()
        out[:, a], out[:, b] = cos * one - sin * other, sin * one + cos * other
    return (out + model.pivot).reshape(points.shape).astype(np.float32)


def _build_scene(
    model: FigureModel, who: Character, pose: Pose, vertices: Floats, *, bust: bool
) -> _Scene:
    """Put bust, eyes, teeth, tongue, cloth and glasses together."""
    moved = vertices - model.mean
    eyes, eye_faces = build_eyes(vertices[-4:])
    skin = model.smooth.apply(vertices[: model.bust]).astype(np.float32)
    none = np.zeros((len(eyes), 3), np.float32)
    body = _split(model.smooth.faces)
    if not bust:
        low, high = model.span
        body = body[skin[body][..., 1].min(1) > low + _NECK * (high - low)]
    parts = [
        (skin, body, _paint_skin(model, who), _BODY),
        (vertices, _split(model.teeth), _fill(vertices, (0.82, 0.80, 0.76)), _TEETH),
        (vertices, _split(model.tongue), _fill(vertices, (0.55, 0.19, 0.18)), _TONGUE),
        (eyes, eye_faces, none, EYE),
    ]
    if bust:
        parts.append(_dress(model.hung["cloth"], moved, who.cloth, _CLOTH))
    if who.glasses != "none":
        parts.append(_dress(model.hung[f"glasses.{who.glasses}"], moved, (0.02,) * 3, _GLASSES))
    starts = np.cumsum([0, *(len(part[0]) for part in parts)])
    return _Scene(
        turn_points(model, pose, np.concatenate([part[0] for part in parts])),
        np.concatenate([p[1] + s for p, s in zip(parts, starts, strict=False)]).astype(np.int32),
        np.concatenate([part[2] for part in parts]).astype(np.float32),
        np.concatenate([np.full(len(part[1]), part[3], np.int8) for part in parts]),
    )


def _split(faces: Ints) -> Ints:
    """Return two triangles for each quadrilateral."""
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])


def _fill(points: Floats, colour: tuple[float, ...]) -> Floats:
    return np.broadcast_to(np.array(colour, np.float32), points.shape)


def _dress(
    hung: Hung, moved: Floats, colour: tuple[float, ...], kind: int
) -> tuple[Floats, Ints, Floats, int]:
    """Return a mesh that moves with the head, as a part of the scene."""
    assert hung.faces is not None  # noqa: S101  # meshes have faces
    points = hung.points + moved[hung.bound]
    return points, _split(hung.faces), _fill(points, colour), kind


def _paint_skin(model: FigureModel, who: Character) -> Floats:
    """Return the colour of each vertex of the bust, (s, 3)."""
    skin = np.array(who.skin, np.float32)
    lip = np.array(who.lip or skin * (0.85, 0.42, 0.42) + (0.02, 0.01, 0.01), np.float32)
    out = np.tile(skin, (len(model.marks["lip"]), 1))
    shave = {"none": 0.0}.get(who.beard, 0.55)
    under = 0.0 if who.hair_style == "bald" else 0.8
    layers = [
        ("blush", 0.28, skin * (1.02, 0.55, 0.50)),
        ("lid", 0.25, skin * (0.75, 0.55, 0.5)),
        ("lip", 0.75, lip),
        (who.beard if shave else "full", shave, np.array(who.hair) * 0.6),
        ("scalp", under, np.array(who.hair) * 0.65),
        ("lash", who.lashes, np.array([0.012, 0.009, 0.008])),
    ]
    for mark, share, colour in layers:
        part = model.marks[mark][:, None] * share
        out = out * (1 - part) + colour.astype(np.float32) * part
    return out


@dataclass(frozen=True, slots=True)
class _Eyes:
    """Where eyes are and look, turned with the head."""

    centres: Floats
    look: Floats
    colour: tuple[float, float, float]


def _look(model: FigureModel, who: Character, pose: Pose, vertices: Floats) -> _Eyes:
    yaw, pitch = pose.yaw + pose.gaze[0], pose.pitch + pose.gaze[1]
    look = [np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)]
    centres = turn_points(model, pose, vertices[[-4, -2]])
    return _Eyes(centres, np.array(look, np.float32), who.eye)


def _normals(points: Floats, triangles: Ints) -> Floats:
    """Return normals of vertices, averaged by area, (n, 3)."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    corners = triangles.ravel()
    sums = [np.bincount(corners, np.repeat(flat[:, i], 3), len(points)) for i in range(3)]
    return _unit(np.stack(sums, 1).astype(np.float32))


def _unit(x: Floats) -> Floats:
    out: Floats = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)
    return out


def _shine(
    scene: _Scene, strands: Strands, view: _View, seen: Seen, number: Ints, eyes: _Eyes
) -> Floats:
    """Return the picture, (size, size, 4), display values, not yet reduced."""
    body, hair = (seen.triangle >= 0) & (number < 0), number >= 0
    there = body | hair
    within_body, within_hair = body[there], hair[there]
    count, chosen = int(there.sum()), number[hair]
    colour, normal, points = (np.zeros((count, 3), np.float32) for _ in range(3))
    looks = np.zeros((count, 3), np.float32)
    corners = scene.triangles[seen.triangle[body]]
    weights = seen.weights[body][..., None]

    def mix(values: Floats) -> Floats:
        return (values[corners] * weights).sum(1)

    colour[within_body] = mix(scene.colour)
    normal[within_body] = _unit(mix(_normals(scene.points, scene.triangles)))
    points[within_body] = mix(scene.points)
    kind = np.full(count, -1, np.int8)
    kind[within_body] = scene.kind[seen.triangle[body]]
    for which, values in _LOOKS.items():
        looks[kind == which] = values
    colour[within_hair], normal[within_hair] = strands.colour[chosen], strands.along[chosen]
    points[within_hair] = view.lift(strands.points[chosen])
    looks[within_hair] = (0, 1, 1)
    glint = _see_eyes(eyes, points, colour, normal, kind == EYE)
    depth = seen.depth.copy()
    depth[hair] = strands.points[chosen, 2]
    shadow = _cast(scene, strands, view, points, within_hair)
    sheet = np.ones(there.shape, np.float32)
    sheet[there] = shadow
    soft = _blur_within(sheet, there, 0.03 * view.unit)[there]
    surface = Surface(colour, normal, within_hair, *looks.T)
    lit = light(surface, soft, find_open(depth, view.unit)[there]) + glint[:, None]
    out = np.zeros((*there.shape, 4), np.float32)
    out[there] = np.concatenate([display(lit), np.ones((count, 1), np.float32)], 1)
    return out


def _see_eyes(
    eyes: _Eyes, points: Floats, colour: Floats, normal: Floats, shown: NDArray[np.bool_]
) -> Floats:
    """Colour the pixels of eyes, in place, and return their reflections, (m,)."""
    glint = np.zeros(len(points), np.float32)
    side = (points[shown, 0] < eyes.centres.mean(0)[0]).astype(int)
    away = _unit(points[shown] - eyes.centres[side])
    colour[shown], normal[shown] = colour_eyes(away, eyes.look, eyes.colour), away
    glint[shown] = glint_eyes(away)
    return glint


def _blur_within(values: Floats, there: NDArray[np.bool_], sigma: float) -> Floats:
    """Blur values where something is seen, without what lies around, (size, size)."""
    cover = there.astype(np.float32)
    weight = np.maximum(cv2.GaussianBlur(cover, (0, 0), sigma), 1e-3)
    return np.asarray(cv2.GaussianBlur(values * cover, (0, 0), sigma) / weight, np.float32)


def _cast(
    scene: _Scene, strands: Strands, view: _View, points: Floats, hair: NDArray[np.bool_]
) -> Floats:
    """Return 0 where the key light is hidden, else 1, (m,)."""
    size = max(64, view.size // 3)
    right = _unit(np.cross([0, 1, 0], KEY))
    axes = np.stack([right, np.cross(KEY, right), KEY]).astype(np.float32)

    def project(x: Floats) -> Floats:
        turned = (x - _MIDDLE) @ axes.T
        scale = size / 2 / _REACH
        flat = [
            size / 2 + turned[..., 0] * scale,
            size / 2 - turned[..., 1] * scale,
            turned[..., 2],
        ]
        return np.stack(flat, -1).astype(np.float32)

    depth = see_triangles(project(scene.points), scene.triangles, size, both=scene.open).depth
    strand = project(view.lift(strands.points[::3]))
    number = see_strands(strand, np.full(len(strand), 2.0, np.float32), depth)
    depth = np.where(number >= 0, strand[number, 2], depth)
    place = project(points)
    column, row = (np.clip(np.rint(place[:, i]), 0, size - 1).astype(int) for i in (0, 1))
    margin = np.where(hair, 0.10, 0.05)
    return (depth[row, column] <= place[:, 2] + margin).astype(np.float32)


def _reduce(picture: Floats, size: int) -> NDArray[np.uint8]:
    """Average a fine picture to its size; colours go on to the edge, (size, size, 4)."""
    picture[..., :3] *= picture[..., 3:]
    reduced = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    small = np.asarray(reduced, np.float32)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
    return np.clip(np.rint(small * 255), 0, 255).astype(np.uint8)
