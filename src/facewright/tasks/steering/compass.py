"""Find the directions that a user names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from facewright.errors import InputError
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import Progress
from facewright.latents.directions.bundle import KIND, Direction, Directions, load_directions
from facewright.latents.directions.closed import find_closed_directions
from facewright.pipelines.weights import open_weights
from facewright.tasks.drawing import Easel

_CLOSED = re.compile(r"sefa-([1-9]\d{0,2})")
_CLOSED_REACH = 4.0  # units, as far as random people go


@dataclass(frozen=True, slots=True)
class Compass:
    """The directions that a generator knows, and what a manifest says about them."""

    easel: Easel
    directions: Directions | None = None
    """None where only directions of the closed form are asked for."""
    name: str | None = None
    """Of the weights that hold them."""
    models: dict[str, str] = field(default_factory=dict)
    """Their name → sha256."""

    @property
    def names(self) -> list[str]:
        """What the directions are called."""
        return [d.name for d in self.directions.every] if self.directions else []

    def find(self, name: str, layers: Sequence[int]) -> Direction:
        """Return a direction.

        Args:
            name: Of the directions, or sefa-1, sefa-2, ...
            layers: Which layers the closed form looks at, from 0.

        Raises:
            InputError: There is none of that name.
        """
        closed = _CLOSED.fullmatch(name)
        if closed:
            return self._find_closed(name, int(closed[1]), layers)
        if self.directions is None:
            raise InputError(f"no direction is called `{name}`", hint="such as sefa-1")
        return self.directions.find(name)

    def _find_closed(self, name: str, number: int, layers: Sequence[int]) -> Direction:
        """Return one of the directions that the weights of the generator tell."""
        sampler = self.easel.sampler
        found = find_closed_directions(sampler.generator, layers, labels=sampler.labels)
        if number > len(found):
            raise InputError(
                f"no direction is called `{name}`", hint=f"sefa-1 to sefa-{len(found)}"
            )
        styles = found[number - 1].expand(sampler.generator.num_ws, -1).clone()
        return Direction(name, "one way", "the other way", _CLOSED_REACH, styles)


def open_compass(
    easel: Easel, named: str | None, wanted: Sequence[str], progress: Progress | None = None
) -> Compass:
    """Read the directions of a generator.

    Args:
        easel: With the generator.
        named: The directions to use, a name or a file; None looks for those that ship for it.
        wanted: The names that will be asked for; where all are of the closed form, nothing is read.
        progress: Called with how far a download of weights is.

    Raises:
        InputError: The directions belong to another generator, or none ship for this one.
        WeightsError: There are no such weights.
    """
    if named is None and wanted and all(_CLOSED.fullmatch(name) for name in wanted):
        return Compass(easel)
    name, sha256 = next(iter(easel.models.items()))
    candidates = [named] if named is not None else list_directions(known_cards())
    refusal = InputError(
        f"no directions ship for the generator `{name}`",
        hint="make some as recipes/directions does, or take `--direction sefa-1` and the like",
    )
    for candidate in candidates:
        bundle = open_weights(candidate, progress)
        directions = load_directions(bundle)
        try:
            directions.check_generator(name, sha256)
        except InputError as error:
            refusal = error
            continue
        return Compass(easel, directions, bundle.card.name, {bundle.card.name: bundle.card.sha256})
    raise refusal


def list_directions(known: Mapping[str, Entry]) -> list[str]:
    """Return the names of all directions of a catalog."""
    return [name for name, entry in known.items() if entry.card.kind == KIND]
