"""Download files of known sha256, continuing earlier attempts."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TypeAlias
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from facewright.errors import DownloadError
from facewright.files import locked
from facewright.hub.bundle import file_sha256
from facewright.types import Card
from facewright.version import __version__

Progress: TypeAlias = Callable[[int, int], None]
"""Called during a download, with the number of bytes so far and in all."""

_CHUNK = 1 << 16  # bytes
_PATIENCE = 60.0  # seconds without a byte
_WAITING = 3600.0  # seconds for another process that fetches the same file
_PARTIAL, _UNSATISFIABLE = 206, 416  # status


def download(url: str, path: Path, card: Card, progress: Progress | None) -> None:
    """Download a file; it appears at its path once it is complete and has the right sha256.

    Partial data are kept beside it as NAME.part, from which the next attempt continues: immediately
    if a connection broke after some data, otherwise in another call or process. Several processes
    that download the same file wait for the first.

    Args:
        url: An http or https address.
        path: The file to write.
        card: Gives the size and sha256 of the file.
        progress: Called with the number of bytes so far, and in all.

    Raises:
        OSError: It could not be downloaded or written.
        DownloadError: The file has another sha256.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with locked(path.with_name(".lock"), patience=_WAITING):
        if path.is_file() and file_sha256(path) == card.sha256:  # another process was faster
            return
        while (before := _measure(part)) < card.size:
            _append(url, part, card.size, progress)
            if _measure(part) <= before:
                raise OSError(f"the connection broke after {before} of {card.size} bytes")
        if file_sha256(part) != card.sha256:
            part.unlink()
            raise DownloadError(
                f"what came from {url} is not `{card.name}`: its sha256 is not {card.sha256}",
                hint="try again later; if it stays so, the file was replaced: do not use it",
            )
        part.replace(path)


def _measure(part: Path) -> int:
    """Return the number of bytes so far."""
    return part.stat().st_size if part.exists() else 0


def _append(url: str, part: Path, size: int, progress: Progress | None) -> None:
    """Append the missing bytes to a file, as far as the connection lasts."""
    done = _measure(part)
    headers = {"User-Agent": f"facewright/{__version__}"}
    headers |= {"Range": f"bytes={done}-"} if done else {}
    try:
        with urlopen(Request(url, headers=headers), timeout=_PATIENCE) as response:  # noqa: S310  http alone
            if response.status != _PARTIAL:
                done = 0  # the server knows no ranges: all of it comes again
            with part.open("ab" if done else "wb") as file:
                while done <= size and (data := response.read(_CHUNK)):
                    file.write(data)
                    done += len(data)
                    if progress:
                        progress(min(done, size), size)
    except HTTPError as error:
        if error.code == _UNSATISFIABLE:  # what came so far is of a longer file
            part.unlink()
        raise
    except HTTPException as error:
        raise OSError(str(error) or type(error).__name__) from error
