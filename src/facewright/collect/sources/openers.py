"""Identify sources of pictures, and open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from facewright.collect.library.folder import is_library
from facewright.collect.sources.addresses import Address, read_addresses, read_text, read_web
from facewright.collect.sources.albums.pages import read_album_files, read_page
from facewright.collect.sources.files.archives import (
    count_members,
    read_archive,
    read_tables,
)
from facewright.collect.sources.files.folders import list_files, read_file, read_folder
from facewright.collect.sources.items import (
    Aside,
    Limits,
    Reading,
    Refusal,
    Stream,
    refuse_errors,
    strip_name,
)
from facewright.collect.sources.layouts import (
    TEXTS,
    TextKind,
    find_kind,
    is_address,
    read_pixels,
    read_table,
)
from facewright.collect.sources.tables.reader import LabelTable, decode_text
from facewright.collect.sources.web.hosts import is_private
from facewright.errors import FileError, InputError
from facewright.files import is_archive

_PAGES = (".html", ".htm")
_WANTED = ("labels", "attributes", "unnamed")  # kinds of text that go beside pictures
_LINE = 1 << 17  # bytes that are looked at to say what a text file holds


def check_sources(sources: Sequence[str]) -> None:
    """Check that all sources can be opened, before any is read.

    Raises:
        InputError: There are none, or one of them is a library.
        FileError: One does not exist.
    """
    if not sources:
        raise InputError("no source is named", hint="name a folder, an archive, a list, a clip ...")
    for source in sources:
        path = Path(source)
        if is_address(source):
            continue
        if not path.exists():
            raise FileError(f"there is no {source}", hint="a source is a path or an address")
        if path.is_dir() and is_library(path):
            raise InputError(
                f"{source} is a library itself",
                hint="name the sources it was made of: its licences would get lost",
            )


def open_source(source: str, reading: Reading) -> Stream:
    """Open one source of pictures.

    Args:
        source: A folder, an archive, a list of addresses, an album page, a clip, a table of
            pixels, one picture, or an address.
        reading: The limits.

    Returns:
        Its items, read lazily; every failure becomes a refusal.
    """
    try:
        return _open(source, reading)
    except FileError as error:
        return Stream(iter([Refusal(source, strip_name(str(error), source))]), 1)


def gather_tables(
    sources: Iterable[str], limits: Limits, avoid: Path
) -> tuple[list[LabelTable], list[Refusal]]:
    """Read the labels that lie beside the pictures.

    Args:
        sources: As for `open_source`; all tables in folders and zips are read.
        limits: Largest size of a table, and whether labels are wanted.
        avoid: The library, which is not read.

    Returns:
        The tables, and a refusal for each that is damaged.
    """
    tables: list[LabelTable] = []
    refused: list[Refusal] = []
    if not limits.labels:
        return tables, refused
    for name, text in chain.from_iterable(_find_texts(s, limits, avoid) for s in sources):
        kind = _identify(text[:_LINE], Path(name).suffix)
        if kind not in _WANTED:
            continue
        try:
            table = read_table(text, kind, name)
        except FileError as error:
            refused.append(Refusal(name, strip_name(str(error), name)))
            continue
        tables.append(table)
        refused += [Refusal(name, wrong)] if (wrong := table.complain()) else []
    return tables, refused


def refuse_unfit(tables: Iterable[LabelTable]) -> list[Refusal]:
    """Return a refusal for each table that has none of the pictures looked up in it."""
    found = ((table.name, table.complain_of_fit()) for table in tables)
    return [Refusal(name, wrong) for name, wrong in found if wrong]


def _open(source: str, reading: Reading) -> Stream:
    """Open one source; raises FileError for one that is invalid."""
    if is_address(source):
        named = replace(reading.policy, private=reading.policy.private or is_private(source))
        return Stream(read_web([Address(source)], replace(reading, policy=named)), 1)
    path = Path(source)
    if path.is_dir():
        return Stream(read_folder(path, reading), len(list_files(path, avoid=reading.avoid)))
    if is_archive(path):
        return Stream(read_archive(path, reading), count_members(path))
    openers = dict.fromkeys(_PAGES, _open_page) | dict.fromkeys(TEXTS, _open_text)
    return openers.get(path.suffix.lower(), _open_named)(path, reading)


def _find_texts(source: str, limits: Limits, avoid: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of every file that may hold labels."""
    path = Path(source)
    if is_address(source):
        return
    if is_archive(path):
        tables = read_tables(path, max_bytes=limits.max_bytes, is_wanted=_is_table)
        for name, data in tables:
            yield f"{path}!{name}", decode_text(data)
        return
    files = list_files(path, avoid=avoid) if path.is_dir() else [path]
    for file in files:
        if isinstance(file, Path) and file.suffix.lower() in TEXTS and _peek(file) in _WANTED:
            yield str(file), read_text(file)


def _is_table(name: str, head: bytes) -> bool:
    """Return whether a text file goes beside pictures."""
    return _identify(decode_text(head), Path(name).suffix) in _WANTED


def _peek(path: Path) -> TextKind:
    """Say what a text file holds, by its beginning."""
    try:
        if not path.is_file():
            return "other"
        with path.open("rb") as file:
            return _identify(decode_text(file.read(_LINE)), path.suffix)
    except OSError:
        return "other"


def _identify(head: str, suffix: str) -> TextKind:
    """Say what a text holds, leaving out empty lines and remarks."""
    lines = head.splitlines()
    filled = [line for line in lines if line.strip() and not line.startswith("#")]
    return find_kind(filled[:3], suffix.lower())


def _open_page(path: Path, reading: Reading) -> Stream:
    """Open an album page."""
    page = read_page(path)
    addresses = [Address(address) for address in page.addresses]
    both = chain(read_album_files(path, page, reading), read_web(addresses, reading))
    return Stream(both, len(page.files) + len(addresses))


def _open_text(path: Path, reading: Reading) -> Stream:
    """Open a list of addresses or a table."""
    kind = _peek(path)
    if kind == "addresses":
        addresses = read_addresses(path)
        return Stream(read_web(addresses, reading), len(addresses))
    if kind == "pixels":
        return Stream(read_pixels(path))
    if kind in _WANTED:  # read by `gather_tables`
        return Stream(iter(()))
    reason = "holds neither addresses nor labels nor pixels"
    return Stream(iter([Refusal(str(path), reason)]), 1)


def _open_named(path: Path, reading: Reading) -> Stream:
    """Open one file that was named by itself: it is meant to be a picture or a clip."""
    found = read_file(path, path.name, reading)
    reason = "is neither a picture nor anything that holds some"
    items = (Refusal(str(path), reason) if isinstance(one, Aside) else one for one in found)
    return Stream(refuse_errors(str(path), items), 1)
