"""Inspect the files of a dataset without decoding pictures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import torch

from facewright.datasets.archive import (
    DESCRIPTION,
    SUFFIXES,
    UNREADABLE,
    Source,
    enter_dataset,
    is_hidden,
    open_source,
    read_all,
)
from facewright.datasets.labels import LabelGroup, read_labels
from facewright.errors import DatasetError, FileError
from facewright.media.decode import read_image_header

T = TypeVar("T")
R = TypeVar("R")

_HEADER = 1 << 16  # bytes: enough for the size, unless a large thumbnail comes before it
_PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")
_THREADS = 8  # decoding and reading release the interpreter lock


@dataclass(frozen=True, slots=True)
class Contents:
    """The pictures and labels of a dataset, and what is wrong with them."""

    names: Sequence[str]
    """Paths of all pictures."""
    problems: Mapping[str, str]
    """Name → why that picture cannot be used."""
    labels: torch.Tensor
    """(n, k), float32; k is 0 without labels."""
    label_groups: tuple[LabelGroup, ...]
    details: Mapping[str, Any]
    """All of `dataset.json`."""


def inspect_dataset(path: Path) -> Contents:
    """Inspect a dataset, even if some of its pictures are damaged.

    Args:
        path: A folder or zip, as for `open_dataset`.

    Returns:
        All of its pictures with their labels; only the headers of pictures are read.

    Raises:
        DatasetError: The path is no folder or zip, there is no picture that can be used, or the
            labels are damaged.
    """
    source = enter_dataset(open_source(path))
    names, description = list_pictures(source, path)
    _, problems = check_sizes(source, names)
    if len(problems) == len(names):
        raise_first(path.name or path.resolve().name, problems.items())
    labels: torch.Tensor = torch.zeros(len(names), 0)
    groups: tuple[LabelGroup, ...] = ()
    if description.get("labels"):
        labels, groups = read_labels(description, names)
    return Contents(names, problems, labels, groups, description)


def list_pictures(source: Source, path: Path) -> tuple[list[str], dict[str, Any]]:
    """List the pictures of a dataset.

    Args:
        source: Its files.
        path: Its name in messages.

    Returns:
        Their paths, sorted, and the content of `dataset.json`.

    Raises:
        DatasetError: There are none, or `dataset.json` is damaged.
    """
    files = source.list_files()
    names = [name for name in files if _is_picture(name)]
    if not names:
        packed = next((name for name in files if name.lower().endswith(_PACKED)), None)
        hint = f"unpack {packed} first" if packed else "it must hold PNG, JPEG or WebP files"
        raise DatasetError(f"there are no pictures in {path}", hint=hint)
    return names, _read_description(source, path) if DESCRIPTION in files else {}


def check_sizes(source: Source, names: list[str]) -> tuple[int, dict[str, str]]:
    """Read the headers of pictures.

    Args:
        source: The files of the dataset.
        names: Paths of the pictures.

    Returns:
        The most common width and height in pixels; path → why a picture cannot be used.
    """

    def measure(name: str) -> tuple[int, int] | None:
        try:
            with source.open(name) as file:
                return _read_size(file)
        except (*UNREADABLE, FileError):
            return None

    sizes = map_threads(measure, names)
    common = Counter(size for size in sizes if size).most_common(1)
    usual = common[0][0] if common else (0, 0)
    checked = ((name, _check_size(size, usual)) for name, size in zip(names, sizes, strict=True))
    return usual[0], {name: problem for name, problem in checked if problem}


def raise_first(where: str, problems: Iterable[tuple[str, str]]) -> None:
    """Raise for the first of some files that cannot be used, if there are any.

    Args:
        where: Name of the dataset in messages.
        problems: Path and reason of each.

    Raises:
        DatasetError: There is at least one; the message counts the others.
    """
    found = list(problems)
    if not found:
        return
    name, problem = found[0]
    text = problem if name in problem else f"{name} in {where} {problem}"
    more = f"; {len(found) - 1} more files cannot be used" if len(found) > 1 else ""
    raise DatasetError(
        text + more,
        hint="remove it, or crop all pictures to squares of one size, a power of two such as 256",
    )


def map_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Apply a function to items in several threads, and return the results in order."""
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(_THREADS, len(items))) as pool:
        return list(pool.map(function, items))


def _is_picture(name: str) -> bool:
    """Return whether a file is a picture of the dataset; hidden files are not."""
    return name.lower().endswith(SUFFIXES) and not is_hidden(name)


def _read_description(source: Source, path: Path) -> dict[str, Any]:
    """Read `dataset.json`."""
    try:
        with source.open(DESCRIPTION) as file:
            description = json.loads(read_all(file))
    except UNREADABLE as error:
        raise DatasetError(f"{DESCRIPTION} in {path} is damaged: {error}") from error
    if not isinstance(description, dict):
        raise DatasetError(f"{DESCRIPTION} in {path} does not hold an object")
    return description


def _read_size(file: IO[bytes]) -> tuple[int, int]:
    """Read width and height from the start of a file, or from all of it if need be."""
    start = file.read(_HEADER)
    try:
        return read_image_header(start)[:2]
    except FileError:
        return read_image_header(start + read_all(file))[:2]


def _check_size(size: tuple[int, int] | None, usual: tuple[int, int]) -> str | None:
    """Return what is wrong with the size of a picture; None if nothing is."""
    if size is None:
        return "is not a PNG, JPEG or WebP picture, is cut short, or cannot be opened"
    rules = (
        (size[0] != size[1], "not square"),
        (size[0] & (size[0] - 1), "not a power of two"),
        (size != usual, f"but most are {usual[0]}×{usual[1]}"),
    )
    broken = next((reason for is_broken, reason in rules if is_broken), None)
    return f"is {size[0]}×{size[1]} pixels, {broken}" if broken else None
