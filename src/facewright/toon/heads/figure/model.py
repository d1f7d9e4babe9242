"""The heads that characters are drawn from: shape, hair, brows, beards, clothes and glasses.

Made by `recipes/heads3d/figure.py` from MakeHuman's base mesh and shape targets (CC0 1.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facewright.errors import WeightsError
from facewright.types import Bundle

KIND = "figure"
ORIGIN = np.array([0.0, 7.3, 0.5])
"""Of the coordinates of the file, in those of MakeHuman."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
_Wide = NDArray[np.int64]
_Fine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hung:
    """Strands or a mesh that moves with vertices of the head."""

    points: Floats
    """(n, 3), or (n, k, 3) of strands from root to tip."""
    bound: Ints
    """(n,), the vertex that each moves with."""
    faces: Ints | None = None
    """(f, 4) of a mesh."""


@dataclass(frozen=True, slots=True)
class Subdivision:
    """Which vertices and faces the smoother mesh has."""

    faces: NDArray[np.int32]
    """(4 f, 4), of the smoother mesh."""
    coarse: _Wide
    """(f, 4)."""
    edges: _Wide
    """(e, 2), vertices of the coarse mesh."""
    sides: _Wide
    """(4 f,), the edges of faces: all first ones, then all second ones, and so on."""
    border: NDArray[np.bool_]
    """(e,), edges of one face."""

    def apply(self, values: NDArray[np.floating]) -> _Fine:
        """Bring values of vertices, (n, c), to the smoother mesh, (n + e + f, c).

        Vertices on a border stay.
        """
        x = np.asarray(values, np.float64)
        count, edges = len(x), len(self.edges)
        faced = x[self.coarse].mean(1)  # [f c]
        middles = x[self.edges].mean(1)  # [e c]
        beside = _gather(self.sides, np.tile(faced, (4, 1)), edges)  # sum of both faces
        inner = np.where(self.border[:, None], middles, (2 * middles + beside) / 4)
        corners = self.coarse.ravel()
        many = np.maximum(np.bincount(corners, minlength=count), 1)[:, None]
        around = _gather(corners, np.repeat(faced, 4, 0), count) / many
        ends = self.edges.ravel()
        links = np.maximum(np.bincount(ends, minlength=count), 1)[:, None]
        along = _gather(ends, np.repeat(middles, 2, 0), count) / links
        moved = (around + 2 * along + (many - 3) * x) / many
        rim = np.unique(self.edges[self.border])
        moved[rim] = x[rim]
        return np.concatenate([moved, inner, faced])


@dataclass(frozen=True, slots=True)
class FigureModel:
    """Units: chin to crown is 2.25; x to the left of the figure, y up, z towards the viewer."""

    mean: Floats
    """(v, 3): the bust, teeth, tongue; then centre and rim of the left eye and of the right."""
    basis: Floats
    """(k + m, v, 3), how vertices move with each parameter."""
    names: tuple[str, ...]
    """Of the k identity parameters, then the m expression units, as in `HeadModel`."""
    smooth: Subdivision
    """From the first `bust` vertices to a smoother form of them."""
    bust: int
    teeth: Ints
    tongue: Ints
    marks: Mapping[str, Floats]
    """(s,) from 0 to 1: where blush, lids, lips, lashes, beards and the skin below hair are."""
    hung: Mapping[str, Hung]
    """"hair.bob", "brows", "beard.full", "cloth", "glasses.round" ..."""
    pivot: Floats
    """(3,), about which the head turns."""
    span: tuple[float, float]
    """Heights at which the turn begins, and from which it is whole."""

    @property
    def hair(self) -> tuple[str, ...]:
        """Names of the hair styles, without "bald"."""
        return tuple(name[5:] for name in self.hung if name.startswith("hair."))

    def build(self, parameters: Mapping[str, float]) -> Floats:
        """Return the vertices of a head by its parameters, (v, 3); strange names are left out."""
        values = np.array([parameters.get(name, 0.0) for name in self.names], np.float32)
        used = np.flatnonzero(values)
        return self.mean + np.tensordot(values[used], self.basis[used], 1)


def load_figure(bundle: Bundle) -> FigureModel:
    """Read the heads of a bundle, such as the starter `figure`.

    Raises:
        WeightsError: The bundle holds something else.
    """
    if bundle.card.kind != KIND:
        raise WeightsError(f"`{bundle.card.name}` holds no heads to draw")
    x = {name: tensor.numpy() for name, tensor in bundle.tensors.items()}
    config: dict[str, Any] = dict(bundle.config)
    bust = int(x["faces"].max()) + 1
    hung = {
        name[:-6]: Hung(
            x[name[:-6]].astype(np.float32),
            bound.astype(np.int32),
            x[f"{name[:-6]}.faces"].astype(np.int32) if f"{name[:-6]}.faces" in x else None,
        )
        for name, bound in x.items()
        if name.endswith(".bound")
    }
    names = [str(name) for key in ("identity", "expression") for name in config[key]]
    marks = x["marks"].astype(np.float32) / np.float32(255)
    low, high = (float(v) for v in config["span"])
    return FigureModel(
        mean=x["mean"],
        basis=_unpack_moves(x, len(names)),
        names=tuple(names),
        smooth=subdivide(x["faces"], bust),
        bust=bust,
        teeth=x["teeth"].astype(np.int32),
        tongue=x["tongue"].astype(np.int32),
        marks={str(n): marks[:, i] for i, n in enumerate(config["marks"])},
        hung=hung,
        pivot=np.array(config["pivot"], np.float32),
        span=(low, high),
    )


def pack_moves(moves: NDArray[np.floating]) -> dict[str, NDArray[np.generic]]:
    """Return how far parameters move vertices, (p, v, 3), in a byte per number where there is one.

    A byte is a 127th of the farthest move of its parameter: a quarter of a millimetre at most.
    """
    scale = np.abs(moves).max((1, 2)) / 127
    small = np.round(moves / np.maximum(scale, 1e-9)[:, None, None]).astype(np.int8)
    which, vertex = np.nonzero(small.any(-1))
    return {
        "moves": small[which, vertex],
        "moves.vertex": vertex.astype(np.int16),
        "moves.count": np.bincount(which, minlength=len(moves)).astype(np.int16),
        "moves.scale": scale.astype(np.float32),
    }


def _unpack_moves(x: Mapping[str, NDArray[Any]], count: int) -> Floats:
    """Return what `pack_moves` packed, (count, v, 3)."""
    moves = np.zeros((count, *x["mean"].shape), np.float32)
    which = np.repeat(np.arange(count), x["moves.count"])
    moves[which, x["moves.vertex"]] = x["moves"] * x["moves.scale"][which, None]
    return moves


def subdivide(faces: NDArray[np.integer], count: int) -> Subdivision:
    """Prepare to smooth a mesh of quadrilaterals by a round of Catmull and Clark (1978).

    Args:
        faces: (f, 4).
        count: How many vertices there are, n.
    """
    coarse = faces.astype(np.int64)
    pairs = np.concatenate([coarse[:, [i, (i + 1) % 4]] for i in range(4)])
    edges, sides = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    sides = sides.ravel()
    around = sides.reshape(4, len(coarse)).T + count  # [f 4]
    middle = np.arange(len(coarse)) + count + len(edges)
    quads = [np.stack([coarse[:, i], around[:, i], middle, around[:, i - 1]], 1) for i in range(4)]
    return Subdivision(
        np.concatenate(quads).astype(np.int32),
        coarse,
        edges,
        sides,
        np.bincount(sides, minlength=len(edges)) == 1,
    )


def _gather(rows: _Wide, values: _Fine, count: int) -> _Fine:
    """Sum values by row, (count, c)."""
    sums = [np.bincount(rows, column, count) for column in values.T]
    return np.stack(sums, 1)
