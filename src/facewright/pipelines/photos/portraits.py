"""Source faces of swaps, and the similarity of faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facewright.faces.align import align
from facewright.faces.similarity.identity import KIND as LIKENESS
from facewright.faces.similarity.identity import embed_face, load_likeness, measure_likeness
from facewright.hub.cards import known_cards
from facewright.pipelines.configs import SwapConfig
from facewright.pipelines.find import pick_kind
from facewright.pipelines.inputs import Source
from facewright.pipelines.pipeline import Pipeline
from facewright.pipelines.result import Ingredients, hashes
from facewright.swap.warp import Source as Texture
from facewright.swap.warp import make_source
from facewright.types import Bundle, Face, Image

Score: TypeAlias = Callable[[Image, Face], float]

_TEMPLATE, _SIDE = "arcface", 112  # how faces are cut to be compared


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of a source face."""

    source: Source
    face: Face
    """With 478 points."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source face, prepared for any number of pictures and clips."""

    portraits: tuple[Portrait, ...]
    """One person, in one or several poses."""
    textures: tuple[Texture, ...]
    """The texture of each."""
    used: Ingredients


def join_portraits(
    portraits: Sequence[Portrait], used: Ingredients, config: SwapConfig
) -> Prepared:
    """Prepare pictures of one person as a source face.

    Args:
        portraits: At least one.
        used: Their entries in a manifest.
        config: How.
    """
    textures = (
        make_source([(one.source.image, one.face.points)], method=config.warp) for one in portraits
    )
    return Prepared(tuple(portraits), tuple(textures), used)


class Resemblance:
    """Measures the similarity of faces, 0 to 1, by `faces.similarity.identity`."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the weights.

        Args:
            bundle: The weights of a likeness.
        """
        self.models = hashes(bundle)
        self._likeness = load_likeness(bundle)

    def prefer(self, image: Image, face: Face) -> Score:
        """Return a function that measures the similarity to one face."""
        wanted = self.embed(image, face.points)
        return lambda other, found: measure_likeness(
            self._likeness, self.embed(other, found.points), wanted
        )

    def compare(
        self, one: tuple[Image, NDArray[np.float32]], other: tuple[Image, NDArray[np.float32]]
    ) -> float:
        """Return the similarity of two faces, each a picture and the points of the face in it."""
        return self.compare_vectors(self.embed(*one), self.embed(*other))

    def compare_vectors(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        """Return the similarity of two faces by their embeddings."""
        return measure_likeness(self._likeness, one, other)

    def embed(self, image: Image, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the embedding of a face."""
        return embed_face(self._likeness, align(image, points, template=_TEMPLATE, size=_SIDE))


def open_resemblance(pipeline: Pipeline) -> Resemblance:
    """Load the weights of likeness that ship."""
    return Resemblance(pipeline.open(pick_kind(LIKENESS, known_cards())))
