"""Compare faces: with that in a picture of somebody, or with themselves before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facewright.faces.align import align
from facewright.faces.similarity.identity import (
    KIND,
    Likeness,
    embed_face,
    load_likeness,
    measure_likeness,
)
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import known_cards
from facewright.pipelines.weights import open_weights
from facewright.tasks.lookout import Lookout, pick_kind
from facewright.tasks.portraits import read_portraits
from facewright.types import Crop, Face, Image

PREFIX = "like:"
"""What a choice begins with that is followed by a picture."""

Located: TypeAlias = tuple[Image, NDArray[np.float32]]
"""A picture, and the points of a face in it."""

_TEMPLATE, _SIDE = "arcface", 112


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What says how much a face looks like a reference."""

    score: Callable[[Image, Face], float]
    models: dict[str, str]
    """Name of the weights → sha256."""
    sources: dict[str, str]
    """Name of the reference → sha256."""


def open_resemblance(lookout: Lookout, reference: str) -> Resemblance:
    """Prepare to compare faces with that in a picture.

    Args:
        lookout: What finds the face of the reference.
        reference: A picture.

    Returns:
        What scores faces.

    Raises:
        FileError: The picture is missing or damaged.
        InputError: It shows no face, or one that is too small.
        WeightsError: There are no weights to compare faces with.
    """
    bundle = open_weights(pick_kind(KIND, known_cards()))
    likeness = load_likeness(bundle)
    (portrait,) = read_portraits(lookout, reference, "largest").portraits
    wanted = embed_face(likeness, _cut(portrait.image, portrait.face.points))

    def score(image: Image, face: Face) -> float:
        return measure_likeness(likeness, embed_face(likeness, _cut(image, face.points)), wanted)

    path = Path(reference)
    models = {bundle.card.name: bundle.card.sha256}
    return Resemblance(score, models, {path.name: file_sha256(path)})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What says how much a face still looks like itself after something was done to it."""

    likeness: Likeness

    def compare(self, one: Located, other: Located) -> float:
        """Say how much two faces look alike, 0 to 1, as `measure_likeness` does.

        Args:
            one: A picture, and the points of the face in it.
            other: Likewise.
        """
        first, second = (embed_face(self.likeness, _cut(*located)) for located in (one, other))
        return measure_likeness(self.likeness, first, second)


def open_comparison() -> Comparison:
    """Prepare to compare faces before and after.

    Raises:
        WeightsError: There are no weights to compare faces with.
    """
    return Comparison(load_likeness(open_weights(pick_kind(KIND, known_cards()))))


def _cut(image: Image, points: NDArray[np.float32]) -> Crop:
    """Cut a face out as faces are compared."""
    return align(image, points, template=_TEMPLATE, size=_SIDE)
