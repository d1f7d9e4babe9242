"""The linear head model: a mean face, and its derivative by each parameter.

Made by `recipes/heads3d/basis.py` from MakeHuman's base mesh and shape targets (CC0 1.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facewright.errors import WeightsError
from facewright.faces.geometry.topology import SKIN
from facewright.hub.bundle import load_bundle

FILE = "head-model.safetensors"
KIND = "head-model"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeadModel:
    """Points are in units of the model: chin to crown is 2.25; x right, y down, z away."""

    mean: Floats
    """(468, 3)."""
    identity_names: tuple[str, ...]
    """Such as "nose_width", "male", "race_african"."""
    identity: Floats
    """(k, 468, 3), shift of points per unit of each parameter."""
    identity_spread: Floats
    """(k,), standard deviations of parameters among people."""
    expression_names: tuple[str, ...]
    """Expression units, such as "mouth-open"; weights are 0 to 1."""
    expression: Floats
    """(m, 468, 3)."""


@cache
def load_head_model(path: Path | None = None) -> HeadModel:
    """Read the model that ships with the package.

    Args:
        path: Another file; None is the one that ships.

    Raises:
        WeightsError: The file is missing, damaged or holds something else.
    """
    bundle = load_bundle(path or Path(__file__).with_name(FILE))
    names = [bundle.config.get(key) for key in ("identity", "expression")]
    tensors = {name: x.double().numpy() for name, x in bundle.tensors.items()}
    try:
        model = HeadModel(
            mean=tensors["mean"],
            identity_names=tuple(str(name) for name in _listed(names[0])),
            identity=tensors["identity"],
            identity_spread=tensors["spread"],
            expression_names=tuple(str(name) for name in _listed(names[1])),
            expression=tensors["expression"],
        )
    except (KeyError, TypeError) as error:
        raise WeightsError(f"`{bundle.card.name}` is no head model: {error}") from error
    fits = (
        model.mean.shape == (SKIN, 3)
        and model.identity.shape == (len(model.identity_names), SKIN, 3)
        and model.expression.shape == (len(model.expression_names), SKIN, 3)
        and model.identity_spread.shape == (len(model.identity_names),)
    )
    if bundle.card.kind != KIND or not fits:
        raise WeightsError(f"the tensors of `{bundle.card.name}` do not fit each other")
    return model


def _listed(names: object) -> list[object]:
    if not isinstance(names, list):
        raise TypeError("it names no parameters")
    return names
