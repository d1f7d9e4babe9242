"""Sequences of encoded pictures that are decoded on access."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from facewright.datasets.archive import UNREADABLE, Source, enter_dataset, open_source, read_all
from facewright.datasets.contents import list_pictures, map_threads
from facewright.errors import DatasetError, FileError, InputError
from facewright.media.decode import read_image, read_image_header
from facewright.types import Image


class StoredPictures(Sequence[Image]):
    """Pictures that stay encoded in memory and are decoded on access."""

    def __init__(self, stored: Sequence[bytes]) -> None:
        """Keep encoded pictures."""
        self._stored = stored

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._stored)

    @overload
    def __getitem__(self, index: int) -> Image: ...

    @overload
    def __getitem__(self, index: slice) -> StoredPictures: ...

    def __getitem__(self, index: int | slice) -> Image | StoredPictures:
        """Decode one picture, or return a slice of encoded ones."""
        if isinstance(index, slice):
            return StoredPictures(self._stored[index])
        return read_image(self._stored[index])

    def __iter__(self) -> Iterator[Image]:
        """Decode one after another."""
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True, slots=True)
class Gathered:
    """All pictures of a folder or zip. Made by `gather_pictures`."""

    name: str
    """Name of the folder or zip, without suffix."""
    sha256: str
    """Fingerprint of the names and sizes (in a zip: checksums) of the files."""
    images: Sequence[Image]
    """The pictures, of any sizes, decoded on access."""


def gather_pictures(path: Path, *, least: int = 1) -> Gathered:
    """Read all pictures of a folder or zip, whatever their sizes.

    Args:
        path: A folder or zip of PNG, JPEG or WebP pictures.
        least: Smallest length in pixels of the shorter side of each.

    Returns:
        The pictures, in order of their paths.

    Raises:
        DatasetError: The path is no folder or zip, holds no pictures, or one cannot be read.
        InputError: A picture is too small; the message names the first and counts the others.
    """
    source = enter_dataset(open_source(path))
    names, _ = list_pictures(source, path)
    stored = map_threads(lambda name: _read(source, name, path), names)
    sides = [min(read_image_header(data)[:2]) for data in stored]
    small = [name for name, side in zip(names, sides, strict=True) if side < least]
    if small:
        more = f"; {len(small) - 1} more are" if len(small) > 1 else ""
        raise InputError(
            f"{small[0]} in {path} is smaller than {least} pixels{more}", hint="leave it out"
        )
    files = source.list_files()
    listing = json.dumps([[name, files[name]] for name in names])
    return Gathered(
        path.stem if path.suffix == ".zip" else path.resolve().name,
        hashlib.sha256(listing.encode()).hexdigest(),
        StoredPictures(stored),
    )


def _read(source: Source, name: str, path: Path) -> bytes:
    """Return an encoded picture, after checking its header."""
    try:
        with source.open(name) as file:
            data = read_all(file)
        read_image_header(data, name=name)
    except (*UNREADABLE, FileError) as error:
        raise DatasetError(f"{name} in {path} cannot be read: {error}") from error
    return data
