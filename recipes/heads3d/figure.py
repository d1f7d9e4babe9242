"""Write the heads that the package draws: a linear model of the warped mesh, hair, brows, clothes.

    python recipes/heads3d/figure.py --assets makehuman-cc0 -o figure.safetensors

Needs facewright, and not Blender. Parameters have the names of `basis.py`, so that what is fitted
to a photo's mesh moves this head as well. The adult toon, half male, is the mean; `child` and
`male` change the warp too, and the styles `baby` and `character` are parameters as well, 0 or 1.
What hangs on the head (strands, cloth, glasses) is grown on the mean and bound to its nearest
vertices.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from basis import _MIDDLE, _RACE_SPREAD, _RACES, _SHAPE_SPREAD, _SPREADS, _STEP
from brows import _bearded, grow_beard, grow_brows
from clothes import make_clothes
from glasses import make_glasses
from hair import STYLES, grow_hair
from head import SHAPES, Head, build_head
from lips import SIDE, find_lips
from marks import find_marks
from mesh import Assets, Floats, Ints, compact
from people import _WARPS, toon_warp
from scipy.spatial import cKDTree
from strands import resample
from warp import Warper

from facewright.hub.bundle import save_bundle
from facewright.toon.heads.figure.model import KIND, ORIGIN, pack_moves, subdivide
from facewright.types import Bundle, Card

_LOWEST, _WIDEST = 5.25, 2.3  # of the base mesh: below, and beyond, pictures end
_HAIR = tuple(
    name for name in STYLES if name not in ("bald", "quiff", "topknot", "pigtails", "pony")
)
_STRANDS = 2600
_WISH = {"length": 1.0, "volume": 1.0, "part": 0.2, "recede": 0.0}
_BROW = {"height": 1.3, "arch": 0.22, "slant": -0.05, "length": 0.9, "thickness": 0.24}
_BROW |= {"density": 1.6, "hair": 0.38}
_FREE = {"eye_open": 0.3, "mouth_corners": 0.2}


class Builder:
    """Builds the vertices that the package draws."""

    def __init__(self, assets: Assets) -> None:
        """Choose the faces."""
        self.assets, self.warper = assets, Warper(assets)
        corners = assets.base.vertices[assets.bust_faces]
        kept = (corners[..., 1].max(1) > _LOWEST) & (np.abs(corners[..., 0]).min(1) < _WIDEST)
        self.rows, self.faces = compact(assets.bust_faces[kept])
        self.bust = assets.bust[kept]
        self.parts = [
            assets.part(path)
            for path in ("teeth/teeth_base/teeth_base", "tongue/tongue01/tongue01")
        ]

    def head(
        self,
        units: dict[str, float] | None = None,
        *,
        child: float = 0.0,
        style: str = "toon",
        **changes,
    ) -> Head:
        """Build a head; `child` goes from the warp of adult toons to that of children."""
        person = _MIDDLE | {"race": dict.fromkeys(_RACES, 1 / 3)} | changes
        shape = dict(_FREE)
        for name, weight in person["shape"].items():
            shape[name] = shape.get(name, 0.0) + weight
        adult = toon_warp(person["male"])
        warp = {n: v + child * (_WARPS["child"].get(n, v) - v) for n, v in adult.items()}
        made = person | {"style": style, "shape": shape, "eyes": {"open": 0.4}}
        made["warp"] = warp if style == "toon" else _WARPS[style]
        return build_head(self.warper, made, units or {}, (0.0, 0.0, 0.0))

    def place(self, *args, **changes) -> Floats:
        """Return all vertices, (v, 3): bust, teeth, tongue, then both eyes and their rims."""
        head = self.head(*args, **changes)
        left, right, radius = head.eyes
        rim = np.array([0, radius, 0])
        extra = np.stack([left, left + rim, right, right + rim])
        parts = [part.fit(head.moved) for part in self.parts]
        return np.concatenate([head.moved[self.rows], *parts, extra]) - ORIGIN


def measure(builder: Builder):
    """Yield the name of each parameter and how vertices move with it."""
    mean = builder.place()
    yield "male", builder.place(male=1.0) - builder.place(male=0.0)
    yield "old", builder.place(years=75.0) - mean
    yield "child", builder.place(years=8.0, child=1.0) - mean
    for name in ("muscle", "weight"):
        yield name, builder.place(**{name: 1.0}) - builder.place(**{name: 0.0})
    for name in _RACES:
        rest = {race: 1.0 * (race == name) for race in _RACES}
        yield f"race_{name}", (builder.place(race=rest) - mean) * 1.5
    for name in SHAPES:
        more, less = (builder.place(shape={name: s * _STEP}) for s in (1, -1))
        yield name, (more - less) / (2 * _STEP)
    yield "baby", builder.place(style="baby", years=1.0) - mean
    yield "character", builder.place(style="character") - mean


def paint(builder: Builder, head: Head) -> tuple[list[str], Floats]:
    """Return marks of the subdivided bust, (n, k) from 0 to 1, and their names."""
    assets, rows = builder.assets, builder.rows
    finer = subdivide(builder.faces, len(rows))
    marks = {name: finer.apply(v[rows, None])[:, 0] for name, v in find_marks(head).items()}
    uvs = np.zeros((len(rows), 2))
    uvs[builder.faces.ravel()] = assets.base.uvs[assets.base.face_uvs[builder.bust]].reshape(-1, 2)
    x, y = finer.apply(uvs).T
    column, row = (np.clip((v * SIDE).astype(int), 0, SIDE - 1) for v in (x, 1 - y))
    marks["lip"] = find_lips(assets)[row, column]
    points = finer.apply(head.rest[rows])
    left, right, radius = head.eyes
    lash = np.zeros(len(points))
    for eye in (left, right):
        away = points - eye
        far = np.linalg.norm(away, axis=1) / radius
        upper = (away[:, 1] > -0.1 * radius) & (away[:, 2] > 0.1 * radius)
        lash = np.maximum(lash, np.clip((1.08 - far) / 0.04, 0, 1) * upper)
    marks["lash"] = lash
    base = finer.apply(assets.base.vertices[rows])
    calm = np.random.default_rng(0)
    for cover in ("full", "goatee", "moustache"):
        marks[cover] = _bearded(base, cover, calm).astype(float) * (marks["lip"] < 0.3)
    return list(marks), np.stack(list(marks.values()), 1)


def thin(strands: list[Floats], count: int, points: int, rng: np.random.Generator) -> Floats:
    """Return fewer strands of as many points, (n, points, 3)."""
    one = np.concatenate([resample(s, points) for s in strands])
    return one[rng.permutation(len(one))[:count]]


def hang(head: Head) -> dict[str, Floats]:
    """Return what hangs on the head, by name."""
    rng = np.random.default_rng(5)
    out: dict[str, Floats] = {}
    for style in _HAIR:
        grown = grow_hair(head, _WISH | {"style": style}, np.random.default_rng((7, 5)))
        points = {"buzz": 4, "crop": 7, "baby": 7}.get(style, 24 if grown[0].shape[1] > 25 else 14)
        out[f"hair.{style}"] = thin(grown, _STRANDS, points, rng)
    out["brows"] = grow_brows(head, _BROW, {}, rng)
    for cover in ("full", "goatee", "moustache"):
        grown = grow_beard(head, {"cover": cover, "length": 0.1}, rng)
        out[f"beard.{cover}"] = thin([grown], 1500, 4, rng)
    return out


CARD = Card(
    name="figure",
    kind=KIND,
    licence="CC0-1.0",
    trained_on="MakeHuman's base mesh, targets and teeth (CC0 1.0)",
    source="recipes/heads3d",
    notes=(
        "Heads that toons, babies and characters are drawn from: a mesh with 57 parameters of "
        "shape and 33 of expression, 13 hair styles, brows, beards, glasses, clothes. Nobody is in "
        "it."
    ),
)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    builder = Builder(Assets(options.assets))
    head, mean = builder.head(), builder.place()
    identity = dict(measure(builder))
    units = [name for name in builder.assets.units if name != "neck-platysma"]
    expression = {name: builder.place({name: 1.0}) - mean for name in units}
    spread = [_SPREADS.get(n, _RACE_SPREAD if "race" in n else _SHAPE_SPREAD) for n in identity]
    names, marks = paint(builder, head)
    tensors: dict[str, Floats | Ints] = {
        "mean": mean.astype(np.float32),
        **pack_moves(np.stack([*identity.values(), *expression.values()])),
        "spread": np.array(spread, np.float32),
        "faces": builder.faces.astype(np.int16),
        "marks": np.round(np.clip(marks, 0, 1) * 255).astype(np.uint8),
    }
    start = len(builder.rows)
    for name, part in zip(("teeth", "tongue"), builder.parts, strict=True):
        tensors[name] = (part.surface.faces + start).astype(np.int16)
        start += len(part.anchors)
    eyes = np.arange(start, start + 4)
    bust = head.rest[builder.rows] - ORIGIN
    tree = cKDTree(bust)
    for name, strands in hang(head).items():
        local = strands - ORIGIN
        tensors[name] = local.astype(np.float16)
        tensors[f"{name}.bound"] = tree.query(local[:, 0])[1].astype(np.int16)
    clothes = {"kind": "jumper", "wide": 1.0, "trim": False}
    things = {"cloth": [(p.vertices, p.faces) for p in make_clothes(head, clothes)]}
    wear = {"width": 1.2, "height": 1.05, "thickness": 0.03}
    for name, shape in (("round", 2.2), ("square", 4.0)):
        things[f"glasses.{name}"] = make_glasses(head, wear | {"shape": shape})
    for name, pieces in things.items():
        counts = np.cumsum([0, *(len(v) for v, _ in pieces)])
        local = np.concatenate([v for v, _ in pieces]) - ORIGIN
        faces = np.concatenate([f + n for (_, f), n in zip(pieces, counts, strict=False)])
        tensors[name] = local.astype(np.float32)
        tensors[f"{name}.faces"] = faces.astype(np.int16)
        near = eyes[[0, 2]][(local[:, 0] < 0).astype(int)]
        tensors[f"{name}.bound"] = (near if "glasses" in name else tree.query(local)[1]).astype(
            np.int16
        )
    neck, skull = (head.joint(n) - ORIGIN for n in ("neck", "head"))
    config = {
        "identity": list(identity),
        "expression": list(expression),
        "marks": names,
        "hair": list(_HAIR),
        "pivot": (neck + np.array([0, 0.3, 0])).tolist(),
        "span": [float(neck[1] - 0.1), float(skull[1] - 0.1)],
    }
    packed = {n: torch.from_numpy(np.ascontiguousarray(x)) for n, x in tensors.items()}
    written = save_bundle(options.output, Bundle(CARD, config, packed))
    print(f"{len(mean)} vertices, {len(identity)} parameters")
    print(f'[[weights]]\nfile = "{options.output.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(written, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
