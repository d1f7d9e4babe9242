"""Read MakeHuman's base mesh, shape targets and fitted parts (CC0) with numpy alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOVE = 1e-3  # targets are kept in thousandths of a unit; a unit is a decimetre
_HEAD_FROM = 2.6  # height of the lowest faces that are kept: the chest


@dataclass(frozen=True)
class Surface:
    """Quadrilaterals with places on a picture."""

    vertices: Floats
    """(n, 3): x to the left of the person, y up, z forward."""
    uvs: Floats
    """(m, 2)."""
    faces: Ints
    """(f, 4), vertex numbers."""
    face_uvs: Ints
    """(f, 4), rows of `uvs`."""
    groups: list[str]
    """(f,), the name of each face's group."""


@dataclass(frozen=True)
class Part:
    """Teeth, tongue, lashes: each vertex hangs on three vertices of the body."""

    surface: Surface
    anchors: Ints
    """(n, 3), vertices of the body."""
    weights: Floats
    """(n, 3)."""
    offsets: Floats
    """(n, 3), scaled by `scales` before they are added."""
    scales: dict[int, tuple[int, int, float]]
    """By axis: two vertices of the body, and their distance at which offsets hold."""

    def fit(self, body: Floats) -> Floats:
        """Place the part on a body, (n, 3)."""
        offsets = self.offsets.copy()
        for axis, (a, b, length) in self.scales.items():
            offsets[:, axis] *= abs(body[a, axis] - body[b, axis]) / length
        return (body[self.anchors] * self.weights[..., None]).sum(1) + offsets


class Assets:
    """The unpacked folder `makehuman-cc0`."""

    def __init__(self, folder: Path) -> None:
        """Read the base mesh and the list of targets.

        Args:
            folder: With `base/base.obj` and `targets.npz`.
        """
        self.folder = folder
        self.base = read_obj(folder / "base/base.obj")
        self._targets = np.load(folder / "targets.npz")
        self._names = set(self._targets.files)
        self._parts: dict[str, Part] = {}
        self._moves: dict[str, tuple[Ints, Floats]] = {}
        groups = np.array(self.base.groups)
        self._groups = {name: np.unique(self.base.faces[groups == name]) for name in set(groups)}
        self._is_body = groups == "body"
        self._regions = json.loads((folder / "base/face-regions.json").read_text())

    def region(self, name: str) -> Ints:
        """Return the faces of a region: scalp, lips, face or eyelids; (f, 4) vertex numbers."""
        return self.base.faces[np.array(self._regions[f"{name}_solid"])]

    def region_uvs(self, name: str) -> Ints:
        """Return rows of `uvs` of the faces of a region, (f, 4)."""
        return self.base.face_uvs[np.array(self._regions[f"{name}_solid"])]

    def group(self, name: str) -> Ints:
        """Return the vertices of a group of the mesh, such as `joint-neck`."""
        return self._groups[name]

    @cached_property
    def bust(self) -> Ints:
        """Numbers of the faces of head, neck, shoulders and chest."""
        corners = self.base.vertices[self.base.faces]  # [f 4 3]
        high = corners[..., 1].mean(1) > _HEAD_FROM
        near = np.abs(corners[..., 0]).max(1) < 3.0
        return np.flatnonzero(self._is_body & high & near)

    @cached_property
    def bust_faces(self) -> Ints:
        """Vertices of those faces, (f, 4)."""
        return self.base.faces[self.bust]

    @cached_property
    def bust_vertices(self) -> Ints:
        """Numbers of the vertices of those faces."""
        return np.unique(self.bust_faces)

    @cached_property
    def edges(self) -> Ints:
        """Pairs of neighbours in the body, both ways round, (e, 2)."""
        faces = self.base.faces[self._is_body]
        pairs = np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)])
        return np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)

    @property
    def groups(self) -> list[str]:
        """Names of the groups."""
        return list(self._groups)

    def has(self, target: str) -> bool:
        """Tell whether there is a target of this name."""
        return f"{target}|i" in self._names

    @property
    def units(self) -> list[str]:
        """Names of the expression units."""
        prefix = "expression/units/caucasian/"
        return sorted(
            n[len(prefix) : -2] for n in self._names if n.startswith(prefix) and n.endswith("|i")
        )

    def add(self, body: Floats, target: str, weight: float) -> None:
        """Add a target to a body, in place."""
        if abs(weight) < 1e-4:
            return
        if target not in self._moves:
            rows = self._targets[f"{target}|i"].astype(int)
            self._moves[target] = rows, self._targets[f"{target}|d"] * _MOVE
        rows, moves = self._moves[target]
        body[rows] += moves * weight

    def part(self, path: str) -> Part:
        """Read a fitted part, such as `teeth/teeth_base/teeth_base`."""
        if path not in self._parts:
            self._parts[path] = _read_part(self.folder / f"{path}.mhclo")
        return self._parts[path]


def read_obj(path: Path) -> Surface:
    """Read an OBJ file of quadrilaterals; a triangle repeats its last corner."""
    vertices, uvs, faces, face_uvs, groups, group = [], [], [], [], [], ""
    for text in path.read_text(errors="ignore").splitlines():
        words = text.split()
        if not words:
            continue
        if words[0] == "v":
            vertices.append([float(x) for x in words[1:4]])
        elif words[0] == "vt":
            uvs.append([float(x) for x in words[1:3]])
        elif words[0] == "g":
            group = words[1] if len(words) > 1 else ""
        elif words[0] == "f":
            corners = [w.split("/") for w in words[1:]]
            corners += corners[-1:] * (4 - len(corners))
            faces.append([int(c[0]) - 1 for c in corners])
            face_uvs.append([int(c[1]) - 1 if len(c) > 1 and c[1] else 0 for c in corners])
            groups.append(group)
    return Surface(
        np.array(vertices),
        np.array(uvs or [[0.0, 0.0]]),
        np.array(faces),
        np.array(face_uvs),
        groups,
    )


def _read_part(path: Path) -> Part:
    """Read a file that says how a part hangs on the body."""
    lines = [text.split() for text in path.read_text(errors="ignore").splitlines()]
    lines = [words for words in lines if words and not words[0].startswith("#")]
    named = {words[0]: words[1:] for words in lines if not words[0].isdigit()}
    scales = {
        axis: (int(named[key][0]), int(named[key][1]), float(named[key][2]))
        for axis, key in enumerate(("x_scale", "y_scale", "z_scale"))
        if key in named
    }
    started = next(i for i, words in enumerate(lines) if words[0] == "verts") + 1
    kept = takewhile(lambda words: words[0] != "delete_verts", lines[started:])
    rows = [_read_fit(words) for words in kept if words[0].isdigit()]
    table = np.array(rows)
    surface = read_obj(path.parent / named["obj_file"][0])
    return Part(surface, table[:, :3].astype(int), table[:, 3:6], table[:, 6:9], scales)


def _read_fit(words: list[str]) -> list[float]:
    """Return three vertices, their weights, and an offset; a lone vertex has all the weight."""
    numbers = [float(w) for w in words]
    one = [numbers[0], 0, 0, 1, 0, 0, 0, 0, 0]
    return one if len(numbers) == 1 else (numbers + [0.0] * 3)[:9]


def split_quads(faces: Ints) -> Ints:
    """Return two triangles for each quadrilateral, (2f, 3)."""
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])


def vertex_normals(vertices: Floats, triangles: Ints) -> Floats:
    """Return normals of unit length, averaged by area, (n, 3)."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    out = np.stack(
        [
            np.bincount(triangles.ravel(), np.repeat(normals[:, i], 3), len(vertices))
            for i in range(3)
        ],
        1,
    )
    return unit(out)


def unit(x: Floats) -> Floats:
    """Scale vectors to length 1."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def compact(faces: Ints) -> tuple[Ints, Ints]:
    """Return the vertices that faces use, and the faces in numbers of these."""
    used, inverse = np.unique(faces, return_inverse=True)
    return used, inverse.reshape(faces.shape)
