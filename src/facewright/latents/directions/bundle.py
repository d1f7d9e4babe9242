"""Directions as bundles: pack them, and read them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from facewright.errors import InputError, WeightsError
from facewright.types import Bundle, Card, Json

KIND = "directions"

_TENSOR = "styles"


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in w+ that changes one attribute of a face."""

    name: str
    less: str
    """What negative steps do to a face, such as "younger"."""
    more: str
    """What positive steps do to a face, such as "older"."""
    reach: float
    """The longest step in either direction that was measured, in units."""
    styles: torch.Tensor
    """(num_ws, w_dim), float32: the step of one unit in w+."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Directions of one generator."""

    every: tuple[Direction, ...]
    generator: str
    """The name of the generator that they belong to."""
    sha256: str
    """Its sha256."""

    def check_generator(self, name: str, sha256: str) -> None:
        """Raise if these directions belong to another generator.

        Args:
            name: Name of the generator to use.
            sha256: Hash of its file.

        Raises:
            InputError: They belong to another one.
        """
        if sha256 == self.sha256:
            return
        other = "other weights of that name" if name == self.generator else f"not `{name}`"
        raise InputError(
            f"these directions belong to the generator `{self.generator}` "
            f"({self.sha256[:12]}), {other}",
            hint="use that generator, or `--direction sefa-1`, which is found in any of them",
        )

    def find(self, name: str) -> Direction:
        """Return a direction by its name.

        Raises:
            InputError: There is none.
        """
        known = {direction.name: direction for direction in self.every}
        if name not in known:
            raise InputError(
                f"no direction is called `{name}`",
                hint=f"one of: {', '.join(known)}; or sefa-1, sefa-2 and so on",
            )
        return known[name]


def pack_directions(directions: Directions, card: Card) -> Bundle:
    """Return directions as a bundle.

    Args:
        directions: At least one.
        card: What is known about them; its kind is "directions".

    Raises:
        InputError: The card is of another kind, or there are no directions.
    """
    if card.kind != KIND:
        raise InputError(f"the card of directions is of the kind `{KIND}`, not `{card.kind}`")
    if not directions.every:
        raise InputError("there are no directions to pack")
    listed: list[Json] = [
        {"name": d.name, "less": d.less, "more": d.more, "reach": d.reach} for d in directions.every
    ]
    generator: dict[str, Json] = {"name": directions.generator, "sha256": directions.sha256}
    tensors = {_TENSOR: torch.stack([d.styles for d in directions.every])}
    return Bundle(card, {"generator": generator, "directions": listed}, tensors)


def load_directions(bundle: Bundle) -> Directions:
    """Read the directions of a bundle.

    Args:
        bundle: The bundle to read.

    Raises:
        WeightsError: The bundle holds something else, or is damaged.
    """
    name = bundle.card.name
    if bundle.card.kind != KIND:
        raise WeightsError(
            f"`{name}` is a {bundle.card.kind}, and holds no directions",
            hint="`facewright models list` shows which weights are of the kind directions",
        )
    generator: Any = bundle.config.get("generator")
    listed: Any = bundle.config.get("directions")
    try:
        styles = bundle.tensors[_TENSOR].float()  # [n num_ws w_dim]
        every = tuple(
            Direction(str(d["name"]), str(d["less"]), str(d["more"]), float(d["reach"]), row)
            for d, row in zip(listed, styles, strict=True)
        )
        owner, sha256 = str(generator["name"]), str(generator["sha256"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"the directions `{name}` are not understood: {error}") from error
    if styles.ndim != 3 or not bool(styles.isfinite().all()):
        raise WeightsError(f"the directions `{name}` are damaged: {tuple(styles.shape)}")
    return Directions(every, owner, sha256)


def restrict_direction(direction: Direction, layers: Sequence[int]) -> Direction:
    """Return a direction that changes only the given layers, counted from 0."""
    kept = torch.zeros_like(direction.styles)
    kept[list(layers)] = direction.styles[list(layers)]
    return replace(direction, styles=kept)


def push_styles(ws: torch.Tensor, steps: Sequence[tuple[Direction, float]]) -> torch.Tensor:
    """Move faces along directions.

    Args:
        ws: (n, num_ws, w_dim).
        steps: Each direction, and the number of units to move along it; may be negative.

    Returns:
        (n, num_ws, w_dim).

    Raises:
        InputError: A direction has another shape than the latents, or a step exceeds its `reach`.
    """
    for direction, amount in steps:
        if direction.styles.shape != ws.shape[1:]:
            raise InputError(
                f"`{direction.name}` is {tuple(direction.styles.shape)}, and does not fit latents "
                f"of {tuple(ws.shape)}"
            )
        if not abs(amount) <= direction.reach:
            raise InputError(
                f"`{direction.name}` goes {direction.reach:g} units either way, not {amount:g}",
                hint="farther off, this generator draws no faces that were looked at",
            )
        ws = ws + amount * direction.styles.to(ws.device)
    return ws
