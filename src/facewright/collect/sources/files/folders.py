"""Walk a folder: pictures, clips, and the tables of labels beside them."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from facewright.collect.sources.files.clips import read_frames
from facewright.collect.sources.items import (
    Found,
    Reading,
    Refusal,
    take_file,
)
from facewright.collect.sources.layouts import holds_pixels, read_pixels
from facewright.datasets.archive import is_hidden
from facewright.media.formats import find_kind


def read_folder(folder: Path, reading: Reading) -> Iterator[Found]:
    """Read every picture and every clip below a folder, in order of the paths.

    Links to folders are not followed, hence no loop is walked twice; links to files are.

    Args:
        folder: Where to begin.
        reading: The limits.

    Yields:
        What is found; a file that cannot be read is a refusal.
    """
    for path in list_files(folder, avoid=reading.avoid):
        if isinstance(path, Refusal):
            yield path
        else:
            yield from read_file(path, path.relative_to(folder).as_posix(), reading)


def list_files(folder: Path, *, avoid: Path | Collection[Path]) -> list[Path | Refusal]:
    """List the files below a folder in order, hidden ones left out.

    Args:
        folder: Where to begin.
        avoid: Folders to leave out, such as the library.

    Returns:
        Paths in order, with a refusal for each folder that could not be entered.
    """
    found: list[Path | Refusal] = []

    def complain(error: OSError) -> None:
        found.append(Refusal(str(error.filename), f"cannot be read: {error.strerror}"))

    avoided = {one.resolve() for one in ((avoid,) if isinstance(avoid, Path) else avoid)}
    for place, folders, names in os.walk(folder, onerror=complain):
        here = Path(place)
        links = [name for name in sorted(folders) if (here / name).is_symlink()]
        found += [
            Refusal(str(here / name), "is a link to a folder: name that folder instead")
            for name in links
            if not is_hidden(name)
        ]
        folders[:] = sorted(
            name
            for name in folders
            if name not in links and not is_hidden(name) and (here / name).resolve() not in avoided
        )
        found += [here / name for name in sorted(names) if not is_hidden(name)]
    return found


def read_file(path: Path, name: str, reading: Reading) -> Iterator[Found]:
    """Read one file: a picture, the frames of a clip, or a table of pixels.

    Args:
        path: Where it is.
        name: Its path inside its source.
        reading: The limits.

    Yields:
        What is found.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            yield Refusal(str(path), "is no regular file")
        elif find_kind(path) == "clip":
            yield from read_frames(path, reading)
        elif holds_pixels(path):
            yield from read_pixels(path)
        else:
            with path.open("rb") as file:
                found = take_file(name, file, str(path), reading)
            yield found
    except OSError as error:
        broken = path.is_symlink() and not path.exists()
        reason = "is a link to nothing" if broken else f"cannot be read: {error.strerror or error}"
        yield Refusal(str(path), reason)
