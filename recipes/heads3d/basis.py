"""Write the head model that ships: how the 468 points of a mesh move with each parameter.

    python recipes/heads3d/basis.py --assets makehuman-cc0 points.json -o head-model.safetensors

Needs facewright, and not Blender. `points.json` is what `correspond.py` wrote. Parameters are those
of `people.py`; `male` and the races are counted from their means, `old` is 1 for 45 years more than
30, `child` for 22 less, `weight` and `muscle` for the whole way from the middle.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from head import SHAPES, build_natural
from mesh import Assets, Floats

from facewright.hub.bundle import save_bundle
from facewright.toon.heads.model.basis import KIND
from facewright.types import Bundle, Card

_RACES = ("african", "asian", "caucasian")
_MIDDLE = {"years": 30.0, "male": 0.5, "muscle": 0.5, "weight": 0.5, "shape": {}}
_STEP = 0.5  # of shapes, to either side
_SPREADS = {"male": 0.5, "old": 0.4, "child": 0.2, "muscle": 0.25, "weight": 0.35}
_SHAPE_SPREAD, _RACE_SPREAD = 0.35, 0.33


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("points", type=Path)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    assets = Assets(options.assets)
    vertices = np.array(json.loads(options.points.read_text()))
    races = dict.fromkeys(_RACES, 1 / 3)

    def place(units: dict[str, float] | None = None, **changes: object) -> Floats:
        """Return the points of a head, (468, 3): x right, y down, z away."""
        person = _MIDDLE | {"race": races} | changes
        return build_natural(assets, person, units or {})[1][vertices] * [1, -1, -1]

    mean = place()
    identity = dict(_measure_identity(place))
    units = [name for name in assets.units if name != "neck-platysma"]
    expression = {name: place({name: 1.0}) - mean for name in units}
    spread = [_SPREADS.get(n, _RACE_SPREAD if "race" in n else _SHAPE_SPREAD) for n in identity]
    card = Card(
        name="head-model",
        kind=KIND,
        licence="CC0-1.0",
        trained_on="MakeHuman's base mesh and targets (CC0 1.0)",
        source="recipes/heads3d/basis.py",
    )
    tensors = {
        "mean": mean,
        "identity": np.stack(list(identity.values())),
        "expression": np.stack(list(expression.values())),
        "spread": np.array(spread),
    }
    bundle = Bundle(
        card,
        {"identity": list(identity), "expression": list(expression)},
        {name: torch.from_numpy(x).float() for name, x in tensors.items()},
    )
    written = save_bundle(options.output, bundle, half=True)
    print(f"{len(identity)} parameters, {len(expression)} units, {written.size} bytes")


def _measure_identity(place: Callable[..., Floats]):
    """Yield the name of each parameter and how points move with it."""
    mean = place()
    yield "male", place(male=1.0) - place(male=0.0)
    yield "old", place(years=75.0) - mean
    yield "child", place(years=8.0) - mean
    for name in ("muscle", "weight"):
        yield name, place(**{name: 1.0}) - place(**{name: 0.0})
    for name in _RACES:
        rest = {race: 1.0 * (race == name) for race in _RACES}
        yield f"race_{name}", (place(race=rest) - mean) * 1.5
    for name in SHAPES:
        yield name, (place(shape={name: _STEP}) - place(shape={name: -_STEP})) / (2 * _STEP)


if __name__ == "__main__":
    main()
