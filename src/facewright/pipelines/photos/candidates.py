"""Choose the made-up person who suits a body best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.pipelines.draw.generate import GeneratePipeline, Sampling
from facewright.pipelines.find import DRAWN, FindPipeline
from facewright.pipelines.photos.portraits import Resemblance
from facewright.swap.fit import Fit, Looks, compare_looks, measure_looks
from facewright.types import Image

MANY, MOST = 48, 2048
"""So many seeds are looked at first, and so many at most where nobody is left to be chosen."""
ALIKE = 0.5
"""From this likeness on, two people count as one: as `Resemblance` measures it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A person who does not exist, chosen for a body."""

    seed: int
    fit: Fit
    """How well they suit."""
    likeness: float
    """How much they look like the body, 0 to 1."""
    vector: NDArray[np.float32]
    """Their looks, to tell them from others."""
    points: NDArray[np.float32]
    """(478, 3): the mesh of the face that they suit, in pixels."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A person who does not exist."""

    seed: int
    looks: Looks
    vector: NDArray[np.float32]


class Candidates:
    """Seeds from 0 on, drawn and measured when they are first needed."""

    def __init__(
        self,
        generate: GeneratePipeline,
        find: FindPipeline,
        resemblance: Resemblance,
        *,
        many: int = MANY,
        most: int = MOST,
    ) -> None:
        """Take the networks.

        Args:
            generate: What draws people.
            find: What finds their faces.
            resemblance: What tells people apart.
            many: How many seeds are looked at, and how many more at a time where nobody is left.
            most: How many at most.
        """
        self._many, self._most = many, most
        self._generate, self._find, self._resemblance = generate, find, resemblance
        self._known: dict[float, list[_Candidate]] = {}
        self._drawn: dict[float, int] = {}

    def choose(
        self,
        image: Image,
        points: NDArray[np.float32],
        truncation_psi: float,
        apart: Sequence[Choice] = (),
    ) -> Choice:
        """Choose the person who suits a face best.

        Whoever looks like the face itself is left out, for then it would not be covered.

        Args:
            image: (height, width, 3).
            points: (478, 3): the mesh of the face, in pixels.
            truncation_psi: How people are drawn.
            apart: Who looks like one of these is left out, too.

        Returns:
            The best; of equal ones the lowest seed. It depends on nothing but the arguments and the
            networks.

        Raises:
            InputError: Nobody is left.
        """
        looks, vector = measure_looks(image, points), self._resemblance.embed(image, points)
        alike = self._resemblance.compare_vectors
        for number in range(self._many, self._most + 1, self._many):
            free = [
                one
                for one in self._look_at(number, truncation_psi)
                if alike(one.vector, vector) < ALIKE
                and all(alike(one.vector, other.vector) < ALIKE for other in apart)
            ]
            if free:
                fits = [compare_looks(one.looks, looks) for one in free]
                best = min(range(len(free)), key=lambda n: fits[n].cost)
                one = free[best]
                like = alike(one.vector, vector)
                return Choice(one.seed, fits[best], like, one.vector, points)
        raise InputError(
            f"of {self._most} people who do not exist, all look like somebody who is taken",
            hint="--psi 1 draws more different ones; or leave out --distinct",
        )

    def _look_at(self, number: int, truncation_psi: float) -> list[_Candidate]:
        """Return the people of so many seeds in whose pictures a face is found."""
        known = self._known.setdefault(truncation_psi, [])
        seeds = range(self._drawn.get(truncation_psi, 0), number)
        sampler = self._generate.sampler(Sampling(truncation_psi=truncation_psi))
        images = [one.image for one in self._generate.stream(sampler, seeds)]
        found = self._find.finder.find(images, threshold=DRAWN)
        for seed, image, faces in zip(seeds, images, found, strict=True):
            if faces:
                points = faces[0].points
                vector = self._resemblance.embed(image, points)
                known.append(_Candidate(seed, measure_looks(image, points), vector))
        self._drawn[truncation_psi] = max(number, seeds.start)
        return [one for one in known if one.seed < number]
