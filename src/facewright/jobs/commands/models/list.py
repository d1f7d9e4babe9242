"""List the weights of the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from facewright.types import Card

if TYPE_CHECKING:
    from facewright.hub.cards import Entry

Place: TypeAlias = Literal[
    "shipped", "fetched", "can be fetched", "in facewright-weights", "missing"
]


@dataclass(frozen=True, slots=True)
class Listed:
    """Weights of the catalog."""

    card: Card
    place: Place


def list_models() -> list[Listed]:
    """List the weights of the catalog.

    Returns:
        The card of each, and whether it is on this machine.

    Examples:
        facewright models list
        facewright models list --json
    """
    from facewright.hub.cards import known_cards

    entries = (entry for entry in known_cards().values() if not entry.hidden)
    return [Listed(entry.card, find_place(entry)) for entry in entries]


def find_place(entry: Entry) -> Place:
    """Return where the weights of an entry of the catalog are."""
    from facewright.hub.store import entry_path
    from facewright.pipelines.weights import cache_folder, find_mirror

    path = entry_path(entry, cache_folder())
    if path.is_file():
        return "fetched" if path.parent == cache_folder() else "shipped"
    if entry.inside:
        return "missing"
    return "can be fetched" if entry.url or find_mirror() else "in facewright-weights"
