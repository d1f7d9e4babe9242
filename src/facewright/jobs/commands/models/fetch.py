"""Download weights for use without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import DownloadError, FacewrightError, InputError

if TYPE_CHECKING:
    from facewright.hub.store import Progress


def fetch_model(
    name: str | None = None,
    *,
    all_: bool = False,
    accept_licence: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Download weights for use without a network.

    They come from the addresses of the catalog, or all from FACEWRIGHT_MIRROR, the address of a
    folder with a copy of the cache. An interrupted download is continued.

    Args:
        name: A name that `facewright models list` shows.
        all_: Fetch all weights that are not here yet: for a machine that will be offline. Those
            whose licence has to be accepted are left out unless it is.
        accept_licence: Accept the licence of weights that are not free for every use; read it
            first: it is on the card.
        progress: Called with the number of bytes received, and of all.

    Returns:
        The files of the weights, also of those that were on this machine already.

    Raises:
        InputError: Neither a name nor `all_` is given, or both are.
        WeightsError: There are no such weights, or their licence has to be accepted.
        DownloadError: A download failed, or has another sha256; with `all_`, after the other
            downloads are done.

    Examples:
        facewright models fetch encoder-128
        facewright models fetch --all
        facewright models fetch stylegan2-ffhq-1024 --accept-licence
    """
    from facewright.hub.cards import known_cards
    from facewright.pipelines.weights import fetch_weights

    if (name is None) == (not all_):
        hint = "facewright models fetch NAME, or facewright models fetch --all"
        raise InputError("name some weights, or ask for all of them", hint=hint)
    if name is not None:
        return [fetch_weights(name, progress, accepted=accept_licence)]
    files, failed = [], []
    for known, entry in known_cards().items():
        if entry.terms and not accept_licence:
            continue
        try:
            files.append(fetch_weights(known, progress, accepted=accept_licence))
        except FacewrightError as error:
            failed.append(error)
    if failed:
        raise DownloadError(
            f"{len(failed)} of {len(files) + len(failed)} could not be fetched; {failed[0]}",
            hint=failed[0].hint,
        )
    return files
