"""Print the card of weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from facewright.types import Card


@dataclass(frozen=True, slots=True)
class Shown:
    """Card and labels of weights."""

    card: Card
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Labels of a generator on this machine: name → values, for `--age` and similar options."""


def show_model(name: str) -> Shown:
    """Print the card of some weights, and the labels by which a generator draws.

    Args:
        name: A name that `facewright models list` shows, or a file.

    Returns:
        Their card, from the catalog if they are not on this machine, and their labels.

    Raises:
        WeightsError: There are no such weights, or the file is damaged.

    Examples:
        facewright models show faces-128
        facewright models show runs/mine/snapshot-000200.safetensors --json
    """
    from facewright.hub.bundle import load_bundle, read_card
    from facewright.hub.cards import known_cards
    from facewright.hub.store import entry_path
    from facewright.pipelines.weights import cache_folder, fetch_weights

    entry = known_cards().get(name)
    path = entry_path(entry, cache_folder()) if entry else Path(name)
    if entry and not path.is_file():
        return Shown(entry.card)
    path = path if entry else fetch_weights(name)
    card = entry.card if entry else read_card(path)
    if card.kind != "generator":
        return Shown(card)
    from facewright.gan.weights import load_labels

    groups = load_labels(load_bundle(path)).groups
    return Shown(card, {group.name: tuple(group.values) for group in groups})
