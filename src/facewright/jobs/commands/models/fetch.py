"""Fetch weights, so that they are there without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facewright.hub.store import Progress


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

    Examples:
        facewright models fetch faces-64
        facewright models fetch inception-v3 --accept-licence
    """
    from facewright.hub.store import find_weights
    from facewright.pipelines.weights import cache_folder

    return find_weights(name, cache=cache_folder(), progress=progress, accepted=accept_licence)
