"""Find weights: shipped, cached, or downloaded once and verified."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from facewright.errors import DownloadError, WeightsError
from facewright.hub.bundle import file_sha256, load_bundle
from facewright.hub.cards import Entry, known_cards
from facewright.hub.download import Progress, download
from facewright.types import Bundle

__all__ = ["MIRROR_VARIABLE", "STARTER", "Progress", "entry_path", "find_weights", "load_weights"]

STARTER = Path(__file__).with_name("starter")
"""The folder of the weights that ship with the package."""

MIRROR_VARIABLE = "FACEWRIGHT_MIRROR"
"""The environment variable that names a mirror."""

_SECOND_WHEEL = "facewright_weights"


def find_weights(
    name_or_path: str | Path,
    *,
    cache: Path,
    mirror: str = "",
    known: Mapping[str, Entry] | None = None,
    progress: Progress | None = None,
    accepted: bool = False,
) -> Path:
    """Return the file of some weights, after downloading it if necessary.

    A name of the catalog has priority over a file. A downloaded file always has the sha256 of the
    catalog, and is not downloaded again. An interrupted download continues.

    Args:
        name_or_path: A name of the catalog, or a file.
        cache: Folder for downloaded files; made if missing.
        mirror: Address of a folder with copies of all files, to download from; empty for the
            addresses of the catalog.
        known: Entries by name; None reads the catalog of the package.
        progress: Called with the progress of a download.
        accepted: Whether the user accepts the licence of the weights, if it requires that.

    Returns:
        An existing file.

    Raises:
        WeightsError: There are no such weights, or their licence is not accepted yet.
        DownloadError: They could not be downloaded, or the file has another sha256.
    """
    known = known_cards() if known is None else known
    entry = known.get(name_or_path) if isinstance(name_or_path, str) else None
    if entry is None:
        return _find_file(name_or_path, known)
    path = entry_path(entry, cache)
    if path.is_file() and (path.parent != cache or file_sha256(path) == entry.card.sha256):
        return path
    return _fetch(entry, path, mirror, progress, accepted=accepted)


def load_weights(
    name_or_path: str | Path,
    *,
    cache: Path,
    mirror: str = "",
    known: Mapping[str, Entry] | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Read some weights, after downloading them if necessary.

    Args:
        name_or_path: A name of the catalog, whose sha256 the file must have; or a file.
        cache: Folder for downloaded files; made if missing.
        mirror: As for `find_weights`.
        known: Entries by name; None reads the catalog of the package.
        progress: Called with the progress of a download.

    Returns:
        The bundle, on the CPU.

    Raises:
        WeightsError: There are no such weights, or their file is damaged or not a bundle, such as
            that of another project.
        DownloadError: They could not be downloaded, or the file has another sha256.
    """
    known = known_cards() if known is None else known
    entry = known.get(name_or_path) if isinstance(name_or_path, str) else None
    if entry and entry.layout:
        raise WeightsError(
            f"`{name_or_path}` are weights of another project, which have to be imported first",
            hint=f"`facewright models import {name_or_path} -o {name_or_path}.safetensors`, "
            "then name that file",
        )
    path = find_weights(name_or_path, cache=cache, mirror=mirror, known=known, progress=progress)
    return load_bundle(path, sha256=entry.card.sha256 if entry else None)


def entry_path(entry: Entry, cache: Path) -> Path:
    """Return the path of the file of an entry, before or after its download.

    Args:
        entry: An entry of the catalog.
        cache: Folder for downloaded files.
    """
    return next(
        (path for path in _list_shipped(entry) if path.is_file()), cache / entry.stored_name
    )


def _list_shipped(entry: Entry) -> Iterator[Path]:
    """Yield possible paths of a shipped file: in the package or in `facewright-weights`."""
    if entry.file:
        yield STARTER / entry.file
        found = find_spec(_SECOND_WHEEL)
        for folder in (found and found.submodule_search_locations) or ():
            yield Path(folder) / entry.stored_name


def _find_file(name_or_path: str | Path, known: Mapping[str, Entry]) -> Path:
    """Return an existing file that a user named."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.is_dir():
        raise WeightsError(f"{path} is a folder", hint="name the .safetensors file in it")
    names = [name for name, entry in known.items() if not entry.hidden]
    close = difflib.get_close_matches(str(name_or_path), names, n=1)
    listed = f"one of: {', '.join(names)}; or" if names else "name"
    meant = f"did you mean `{close[0]}`? " if close else ""
    raise WeightsError(
        f"there are no weights called `{name_or_path}`, and no such file",
        hint=f"{meant}{listed} the path of a .safetensors file",
    )


def _fetch(
    entry: Entry, path: Path, mirror: str, progress: Progress | None, *, accepted: bool
) -> Path:
    """Download the file of an entry into the cache."""
    name = entry.card.name
    url = f"{mirror.rstrip('/')}/{entry.stored_name}" if mirror else entry.url
    if entry.terms and not accepted:
        raise WeightsError(
            f"`{name}` come under a licence of their own, {entry.card.licence}: {entry.terms}",
            hint=f"read it; who accepts it runs `facewright models fetch {name} --accept-licence`",
        )
    if entry.inside:
        raise WeightsError(
            f"the starter weights `{name}` are missing: {STARTER / entry.file}",
            hint="install facewright again: `pip install --force-reinstall facewright`",
        )
    if not url:
        raise WeightsError(
            f"the weights `{name}` are not in this installation",
            hint=f"`pip install facewright-weights`, or set {MIRROR_VARIABLE} to the address of a "
            f"folder that has {entry.stored_name}",
        )
    if not url.startswith(("http://", "https://")):
        raise DownloadError(f"`{name}` cannot be fetched from {url}", hint="use https://")
    try:
        download(url, path, entry.card, progress)
    except OSError as error:  # those of the network too
        raise DownloadError(
            f"`{name}` could not be fetched from {url}: {error}",
            hint=f"check the connection and the space in {path.parent}, then run "
            f"`facewright models fetch {name}`, which goes on where it ended",
        ) from error
    return path
