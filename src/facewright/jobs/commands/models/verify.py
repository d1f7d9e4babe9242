"""Check the sha256 of all weights on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facewright.hub.cards import Entry


@dataclass(frozen=True, slots=True)
class Checked:
    """Weights on this machine, and whether they are intact."""

    name: str
    path: Path
    intact: bool
    problem: str = ""


def verify_models() -> list[Checked]:
    """Check the sha256 of all weights on this machine, without fetching any.

    The exit status is 1 if any is damaged or missing.

    Examples:
        facewright models verify
        facewright models verify --json
    """
    from facewright.hub.cards import known_cards
    from facewright.jobs.commands.models.list import find_place

    here = {"shipped", "fetched", "missing"}
    return [_check(entry) for entry in known_cards().values() if find_place(entry) in here]


def _check(entry: Entry) -> Checked:
    """Compare the file of an entry with the sha256 of the catalog."""
    from facewright.errors import WeightsError
    from facewright.hub.bundle import file_sha256
    from facewright.hub.store import entry_path
    from facewright.pipelines.weights import cache_folder

    name, path = entry.card.name, entry_path(entry, cache_folder())
    try:
        found = file_sha256(path)
    except WeightsError as error:
        return Checked(name, path, intact=False, problem=str(error))
    problem = "" if found == entry.card.sha256 else f"its sha256 is {found}"
    return Checked(name, path, intact=not problem, problem=problem)
