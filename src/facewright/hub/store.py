"""Fetch weights once, check them always, work offline after."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias
from urllib.parse import urlsplit

from facewright.errors import DownloadError, WeightsError
from facewright.hub.bundle import file_sha256, load_bundle
from facewright.hub.cards import Entry, known_cards
from facewright.types import Bundle

Progress: TypeAlias = Callable[[int, int], None]
"""Called while a file is fetched, with the bytes so far and the bytes in all."""

STARTER = Path(__file__).with_name("starter")
"""The folder of the weights that ship with the package."""

_CHUNK = 1 << 16  # bytes


def find_weights(
    name_or_path: str | Path,
    *,
    cache: Path,
    known: Mapping[str, Entry] | None = None,
    progress: Progress | None = None,
    accepted: bool = False,
) -> Path:
    """Return the file of some weights, fetched first if need be.

    What the catalog calls by that name comes first, then a file on the disk. A fetched file always
    has the sha256 of the catalog; once it is there, no network is needed. An interrupted download
    leaves nothing.

    Args:
        name_or_path: A name of the catalog, or a file.
        cache: The folder for fetched files; made if missing.
        known: Entries by name; None reads the catalog of the package.
        progress: Called with how far a download is.
        accepted: The licence of the weights is accepted, where that has to be said.

    Returns:
        A file that exists.

    Raises:
        WeightsError: There are no such weights, or their licence is not accepted yet.
        DownloadError: They could not be fetched, or what came is something else.
    """
    known = known_cards() if known is None else known
    entry = known.get(name_or_path) if isinstance(name_or_path, str) else None
    if entry is None:
        return _find_file(name_or_path, known)
    if entry.url:
        return _fetch(entry, cache, progress, accepted=accepted)
    path = entry_path(entry, cache)
    if not path.is_file():
        raise WeightsError(
            f"the starter weights `{name_or_path}` are missing: {path}",
            hint="install facewright again: `pip install --force-reinstall facewright`",
        )
    return path


def load_weights(
    name_or_path: str | Path,
    *,
    cache: Path,
    known: Mapping[str, Entry] | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Read some weights, fetched first if need be.

    Args:
        name_or_path: A name of the catalog, whose sha256 the file must have; or a file.
        cache: The folder for fetched files; made if missing.
        known: Entries by name; None reads the catalog of the package.
        progress: Called with how far a download is.

    Returns:
        The bundle, on the CPU.

    Raises:
        WeightsError: There are no such weights, or their file is damaged or not a bundle, such as
            that of another project.
        DownloadError: They could not be fetched, or what came is something else.
    """
    known = known_cards() if known is None else known
    entry = known.get(name_or_path) if isinstance(name_or_path, str) else None
    if entry and entry.layout:
        raise WeightsError(
            f"`{name_or_path}` are weights of another project, which have to be imported first",
            hint=f"`facewright models import {name_or_path} -o {name_or_path}.safetensors`, "
            "then name that file",
        )
    path = find_weights(name_or_path, cache=cache, known=known, progress=progress)
    return load_bundle(path, sha256=entry.card.sha256 if entry else None)


def entry_path(entry: Entry, cache: Path) -> Path:
    """Return where the file of an entry is, or will be once it is fetched.

    Args:
        entry: Of the catalog.
        cache: The folder for fetched files.
    """
    if not entry.url:
        return STARTER / entry.file
    suffix = PurePosixPath(urlsplit(entry.url).path).suffix
    return cache / f"{entry.card.name}-{entry.card.sha256[:12]}{suffix}"


def _find_file(name_or_path: str | Path, known: Mapping[str, Entry]) -> Path:
    """Return a file on the disk that a user named."""
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


def _fetch(entry: Entry, cache: Path, progress: Progress | None, *, accepted: bool) -> Path:
    """Return the file of an entry in the cache, fetched unless it is there and intact."""
    name, sha256 = entry.card.name, entry.card.sha256
    url = urlsplit(entry.url)
    path = entry_path(entry, cache)
    if path.is_file() and file_sha256(path) == sha256:
        return path
    if entry.terms and not accepted:
        raise WeightsError(
            f"`{name}` come under a licence of their own, {entry.card.licence}: {entry.terms}",
            hint=f"read it; who accepts it runs `facewright models fetch {name} --accept-licence`",
        )
    if url.scheme not in {"http", "https"}:
        raise DownloadError(f"`{name}` cannot be fetched from {entry.url}", hint="use https://")
    try:
        _download(entry, path, progress)
    except OSError as error:  # those of the network too
        raise DownloadError(
            f"`{name}` could not be fetched from {entry.url}: {error}",
            hint=f"check the connection and the space in {cache}, then run "
            f"`facewright models fetch {name}`",
        ) from error
    except ValueError as error:  # how pooch says that the sha256 is another
        raise DownloadError(
            f"what came from {entry.url} is not `{name}`: its sha256 is not {sha256}",
            hint="try again later; if it stays so, the file was replaced: do not use it",
        ) from error
    return path


def _download(entry: Entry, path: Path, progress: Progress | None) -> None:
    """Fetch a file with pooch, which puts it in place only with the right sha256."""
    import pooch  # type: ignore[import-untyped]

    pooch.get_logger().setLevel("WARNING")  # what happens is told through `progress`
    bar = _Bar(progress, entry.card.size) if progress else False
    pooch.retrieve(
        entry.url,
        known_hash=f"sha256:{entry.card.sha256}",
        fname=path.name,
        path=path.parent,
        downloader=pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK),
    )


class _Bar:
    """What pooch takes for a progress bar: it counts, and calls back."""

    def __init__(self, progress: Progress, size: int) -> None:
        self.total = size  # pooch overwrites it with what the server says
        self._size, self._done, self._progress = size, 0, progress

    def update(self, amount: int) -> None:
        """Count some more bytes, which pooch rounds up to whole chunks."""
        self._done = min(self._done + amount, self._size)
        self._progress(self._done, self._size)

    def reset(self) -> None:
        """Begin again; pooch does so once at the end, to end on the total."""
        self._done = 0

    def close(self) -> None:
        """Report the end."""
        self._progress(self._size, self._size)
