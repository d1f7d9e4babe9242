"""Gather pictures, each with the record of its source and licence."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from facewright.collect.duplicates import perceptual_hash
from facewright.collect.library.folder import Library, Outcome, Picture, Record, name_picture
from facewright.collect.sources.items import (
    Found,
    Item,
    Known,
    Labels,
    Limits,
    Note,
    Reading,
    Refusal,
    Stream,
    guess_suffix,
    strip_name,
    to_printable,
)
from facewright.collect.sources.layouts import is_address, label_picture
from facewright.collect.sources.openers import (
    check_sources,
    gather_tables,
    open_source,
    refuse_unfit,
)
from facewright.collect.sources.tables.reader import LabelTable
from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.errors import FileError, InputError
from facewright.media.decode import read_image

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files done, and of all as far as is known."""

_MOST_THREADS = 8  # a picture of the largest size takes 700 MB
_Verdict: TypeAlias = Picture | Refusal | Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Terms of every picture of a run, unless its source states its own."""

    licence: str
    """Licence, such as "CC-BY-4.0"; it may not be empty."""
    consent: str = ""
    """Who of the people shown agreed, and to what."""
    date: str
    """Date of collection, such as "2026-03-01"."""
    smallest: int = 32
    """Refuse pictures whose shorter side has fewer pixels: icons, tracking pixels."""


@dataclass(slots=True)
class Collected:
    """Counts of a run."""

    added: int = 0
    """Pictures added to the library."""
    known: int = 0
    """Files that were there already, byte for byte, or had been read by an earlier run."""
    similar: int = 0
    """Near duplicates of a picture in the library, left out."""
    removed: int = 0
    """Pictures that were removed from the library earlier, left out."""
    aside: int = 0
    """Files that are not pictures, passed over."""
    refused: list[Refusal] = field(default_factory=list)
    """Files that could not be taken, each with the reason."""
    total: int = 0
    """Pictures in the library after the run, removed ones included."""


def collect(
    sources: Sequence[str],
    library: Library,
    about: About,
    *,
    limits: Limits | None = None,
    policy: FetchPolicy | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Gather pictures into a library.

    Every picture is written before its line in the manifest, hence a run that is interrupted at
    any point leaves a library that the next run goes on with; nothing is added twice.

    Args:
        sources: Folders, archives, lists of addresses, album pages, clips, tables, pictures,
            addresses.
        library: The library to add to.
        about: Licence, consent and date.
        limits: Limits of size, and which frames to take from clips; None means the defaults.
        policy: Delays, retries and limits of requests; None means the defaults.
        progress: Called with the number of files done, and of all as far as is known.

    Returns:
        Counts of what was added, known and refused.

    Raises:
        InputError: There are no sources, one is a library, or there is no licence.
        FileError: A source does not exist, or the library cannot be written.
    """
    check_licence(about.licence)
    check_sources(sources)
    limits = limits or Limits()
    outcome = Collected()
    tables = _gather_all(sources, library, limits, outcome.refused)
    streams = _open_all(sources, library, limits, policy or FetchPolicy(), tables)
    counts: Counter[str] = Counter()
    done, expected = 0, sum(stream.count for stream in streams)
    for stream in streams:
        with contextlib.closing(_examine_all(stream.items, library, about)) as examined:
            for found, verdict in examined:
                counts[_resolve(found, verdict, library, outcome.refused)] += 1
                done += not isinstance(found, Note)
                if progress:
                    progress(done, max(done, expected))
    for name in ("added", "known", "similar", "removed", "aside"):
        setattr(outcome, name, counts[name])
    outcome.refused += refuse_unfit(table for some in tables for table in some)
    outcome.total = len(library.records)
    return outcome


def check_licence(licence: str) -> None:
    """Raise InputError if a licence is empty."""
    if not licence.strip():
        raise InputError("no licence is named", hint="say what may be done with the pictures")


def _gather_all(
    sources: Sequence[str], library: Library, limits: Limits, refused: list[Refusal]
) -> list[list[LabelTable]]:
    """Read the tables of labels of each source."""
    tables = []
    for source in sources:
        found, wrong = gather_tables([source], limits, library.folder)
        tables.append(found)
        refused += wrong
    return tables


def _open_all(
    sources: Sequence[str],
    library: Library,
    limits: Limits,
    policy: FetchPolicy,
    tables: Sequence[Sequence[LabelTable]],
) -> list[Stream]:
    """Open all sources; labels come from the tables of the same source, or else from all."""
    every = [table for some in tables for table in some]
    streams = []
    for source, own in zip(sources, tables, strict=True):
        path = Path(source)
        root = "" if is_address(source) else str(path.resolve() if path.is_dir() else path.parent)
        labels = partial(label_picture, own, beside=every, root=root)
        find = labels if limits.labels else _find_none
        reading = Reading(limits, policy, library.seen, find, library.folder)
        streams.append(open_source(source, reading))
    return streams


def _resolve(
    found: Found, verdict: _Verdict | None, library: Library, refused: list[Refusal]
) -> str:
    """Put one picture into the library, and say what became of it."""
    if isinstance(found, Note):
        library.note(found.key, found.details)
        return "note"
    refusal = next((one for one in (found, verdict) if isinstance(one, Refusal)), None)
    if refusal:
        refused.append(Refusal(to_printable(refusal.source), to_printable(refusal.reason)))
        return "refused"
    if not isinstance(found, Item) or verdict is None:
        return "known" if isinstance(found, Known) else "aside"
    became = library.add(verdict) if isinstance(verdict, Picture) else str(verdict)
    if found.note:
        library.note(found.note.key, found.note.details)
    return became


def _examine_all(
    items: Iterator[Found], library: Library, about: About
) -> Generator[tuple[Found, _Verdict | None], None, None]:
    """Decode several pictures at once, and yield them in order."""
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    waiting: deque[tuple[Found, Future[_Verdict] | None]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for found in items:
                future = (
                    pool.submit(_examine, found, library, about)
                    if isinstance(found, Item)
                    else None
                )
                waiting.append((found, future))
                if len(waiting) > 2 * threads:
                    yield _await(waiting.popleft())
            while waiting:
                yield _await(waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)
            if hasattr(items, "close"):
                items.close()


def _await(
    pair: tuple[Found, Future[_Verdict] | None],
) -> tuple[Found, _Verdict | None]:
    """Wait until a picture is decoded."""
    found, future = pair
    return found, future.result() if future else None


def _examine(item: Item, library: Library, about: About) -> _Verdict:
    """Decode a picture, and describe it."""
    sha256 = hashlib.sha256(item.data).hexdigest()
    if known := library.find(sha256):
        return known
    try:
        image = read_image(item.data, name=item.source)
    except FileError as error:
        return Refusal(item.source, strip_name(str(error), item.source))
    height, width = image.shape[:2]
    if min(height, width) < about.smallest:
        return Refusal(item.source, f"has {width}×{height} pixels: too small")
    suffix = guess_suffix(item.data) or ""
    record = Record(
        file=name_picture(sha256, suffix),
        source=item.source,
        date=about.date,
        sha256=sha256,
        phash=perceptual_hash(image),
        licence=item.licence or about.licence,
        consent=item.consent or about.consent,
        labels=dict(item.labels),
        width=width,
        height=height,
        bytes=len(item.data),
    )
    return Picture(item.data, record)


def _find_none(_name: str) -> Labels:
    """Return no labels."""
    return {}
