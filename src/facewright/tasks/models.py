"""List, fetch and check weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from facewright.errors import WeightsError
from facewright.hub.bundle import file_sha256, read_card
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import Progress, entry_path, find_weights
from facewright.pipelines.weights import cache_folder
from facewright.types import Card

Place: TypeAlias = Literal["shipped", "fetched", "can be fetched", "missing"]


@dataclass(frozen=True, slots=True)
class Listed:
    """Weights that the catalog knows."""

    card: Card
    place: Place


@dataclass(frozen=True, slots=True)
class Checked:
    """Weights on this machine, and whether they are intact."""

    name: str
    path: Path
    intact: bool
    problem: str = ""


def list_models() -> list[Listed]:
    """List the weights that are known by name."""
    return [
        Listed(entry.card, _find_place(entry))
        for entry in known_cards().values()
        if not entry.hidden
    ]


def show_model(name: str) -> Card:
    """Read the card of some weights.

    Args:
        name: A name that `facewright models list` shows, or a file.

    Returns:
        What is known about them; of weights that are not on this machine, what the catalog says.

    Raises:
        WeightsError: There are no such weights, or the file is damaged.
    """
    entry = known_cards().get(name)
    return entry.card if entry else read_card(find_weights(name, cache=cache_folder()))


def fetch_model(
    name: str, *, accept_licence: bool = False, progress: Progress | None = None
) -> Path:
    """Fetch weights, so that they are there without a network.

    Args:
        name: A name that `facewright models list` shows.
        accept_licence: Accept the licence of weights that are not free for every use; read it
            first: it is on the card.
        progress: Called with how many bytes came, and of how many.

    Returns:
        Their file.

    Raises:
        WeightsError: There are no such weights, or their licence has to be accepted.
        DownloadError: They could not be fetched, or what came is something else.
    """
    return find_weights(name, cache=cache_folder(), progress=progress, accepted=accept_licence)


def verify_models() -> list[Checked]:
    """Check the sha256 of all weights on this machine, without fetching any."""
    return [
        _check(entry) for entry in known_cards().values() if _find_place(entry) != "can be fetched"
    ]


def _check(entry: Entry) -> Checked:
    """Compare the file of an entry with the sha256 of the catalog."""
    name, path = entry.card.name, entry_path(entry, cache_folder())
    try:
        found = file_sha256(path)
    except WeightsError as error:
        return Checked(name, path, intact=False, problem=str(error))
    problem = "" if found == entry.card.sha256 else f"its sha256 is {found}"
    return Checked(name, path, intact=not problem, problem=problem)


def _find_place(entry: Entry) -> Place:
    """Say where weights are."""
    there = entry_path(entry, cache_folder()).is_file()
    if entry.url:
        return "fetched" if there else "can be fetched"
    return "shipped" if there else "missing"
