"""The items that sources yield, and the limits of reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.errors import FacewrightError
from facewright.media.formats import HEAD_BYTES, explain_unreadable, find_kind, identify

Labels: TypeAlias = Mapping[str, str]
"""Group → value, such as {"age": "30-39"}."""


@dataclass(frozen=True, slots=True)
class Note:
    """Entry for `seen.jsonl`, once everything before it is in the library."""

    key: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """A file that looks like a picture."""

    source: str
    """Path or address for the manifest."""
    data: bytes
    labels: Labels = field(default_factory=dict)
    licence: str = ""
    """Licence; empty where that of the whole run applies."""
    consent: str = ""
    note: Note | None = None
    """Entry for `seen.jsonl`, once the picture is in the library or left out."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that is not taken, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """A source or file that an earlier run has read."""

    source: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is not a picture, such as a text."""

    source: str


Found: TypeAlias = Item | Refusal | Note | Known | Aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of size, and which frames to take from clips."""

    max_bytes: int = 64 << 20
    """Largest size of one file in bytes."""
    every: int = 30
    """Take every n-th frame of a clip, 1 or more."""
    after_cuts: bool = False
    """Take the sharpest frame after each cut of a clip instead."""
    labels: bool = True
    """Take labels from names and tables of known layouts."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Context for reading a source."""

    limits: Limits
    policy: FetchPolicy
    seen: Mapping[str, Mapping[str, Any]]
    """Entries of `seen.jsonl` from earlier runs."""
    find_labels: Callable[[str], Labels]
    """Returns the labels of a file, by its path."""
    avoid: Path | Collection[Path]
    """Folders that are not read: the library itself, or folders of results."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Items of a source."""

    items: Iterator[Found]
    count: int = 0
    """Number of items; 0 if unknown."""


def guess_suffix(data: bytes) -> str | None:
    """Identify the format of a picture by its first bytes.

    Args:
        data: At least the first `media.formats.HEAD_BYTES` bytes.

    Returns:
        The file extension of the format; None if it is not a picture.

    >>> guess_suffix(b"GIF89a..........")
    '.gif'
    """
    found = identify(data)
    return _SUFFIXES.get(found.name) if found else None


def take_file(name: str, file: IO[bytes], source: str, reading: Reading) -> Found:
    """Read one file of a source, unless it is no picture or too large.

    Args:
        name: Its path inside the source, from which extension and labels are taken.
        file: The open file.
        source: Its path or address for the manifest.
        reading: The limits.

    Returns:
        The item, a refusal, or `Aside` for a file that is not a picture.
    """
    limit = reading.limits.max_bytes
    head = file.read(HEAD_BYTES)
    kind = find_kind(head, name=name)
    if kind == "clip":
        return Refusal(source, "is a clip in an archive: unpack it first")
    if guess_suffix(head) is None:
        reason = explain_unreadable(head)[0] if head else "is empty"
        return Refusal(source, reason) if kind else Aside(source)
    data = head + file.read(limit + 1 - len(head))
    if len(data) > limit:
        return too_large(source, limit)
    return Item(source, data, reading.find_labels(name))


def too_large(source: str, limit: int) -> Refusal:
    """Return the refusal of a file that is over the limit."""
    return Refusal(source, f"is larger than {limit / (1 << 20):g} MiB")


def refuse_errors(source: str, items: Iterator[Found]) -> Iterator[Found]:
    """Yield the items, and turn an error that ends them into a refusal."""
    try:
        yield from items
    except FacewrightError as error:
        yield Refusal(source, strip_name(str(error), source))


def strip_name(message: str, source: str) -> str:
    """Return a message without the name that it begins with.

    >>> strip_name("a.jpg is empty", "a.jpg")
    'is empty'
    """
    return message.removeprefix(source).lstrip(" :")


def to_printable(text: str) -> str:
    r"""Replace what is no text in the name of a file, and write ends of lines and tabs as codes.

    >>> print(to_printable("a\udcff.jpg"), to_printable("one\ntwo.jpg"))
    a?.jpg one\ntwo.jpg
    """
    text = text.encode("utf-8", "replace").decode()
    return _LINES.sub(lambda found: ascii(found[0])[1:-1], text)


_LINES = re.compile(r"[\t-\r\x85\u2028\u2029]")
_SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WebP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "HEIC": ".heic",
    "AVIF": ".avif",
}
