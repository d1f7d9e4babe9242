"""The catalog of weights: what is known about them before loading."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from facewright.errors import WeightsError
from facewright.types import Card

CATALOG = Path(__file__).with_name("catalog.toml")
"""The catalog that ships with the package."""

_REQUIRED = {"name", "kind", "size", "sha256", "licence", "trained_on", "source"}
_PLACE = ("file", "inside", "url", "hidden", "layout", "terms", "generator")
_OPTIONAL = {"notes", *_PLACE}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A set of weights in the catalog: its card, and where its file comes from."""

    card: Card
    file: str = ""
    """Name of a file of this project, in starter/ of a clone; or empty."""
    inside: bool = False
    """Whether the wheel of the package contains that file; `facewright-weights` contains the
    others."""
    url: str = ""
    """Address to download the file from; or empty."""
    hidden: bool = False
    """Whether it is left out of lists for users, such as a network for metrics."""
    layout: str = ""
    """Layout of a file of another project, which has to be imported before use; empty for a
    bundle."""
    terms: str = ""
    """Address of a licence that has to be accepted before the download; or empty."""
    generator: str = ""
    """Name of the only generator that the weights fit; or empty."""

    @property
    def stored_name(self) -> str:
        """Name of the file in caches, on mirrors and in `facewright-weights`.

        Each version of the weights has another name.
        """
        suffix = PurePosixPath(self.file or urlsplit(self.url).path).suffix
        return f"{self.card.name}-{self.card.sha256[:12]}{suffix}"


def known_cards(catalog: Path = CATALOG) -> dict[str, Entry]:
    """Read the catalog.

    Args:
        catalog: A TOML file with one `[[weights]]` table per set, and the address `release` of the
            project's own files; its comment documents the fields.

    Returns:
        Entries by name, in the order of the file, hidden ones too.

    Raises:
        WeightsError: The file cannot be read, or an entry is incomplete or contradicts itself.
    """
    try:
        listed = tomllib.loads(catalog.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"the catalog {catalog} cannot be read: {error}") from error
    entries = [_read_entry(table) for table in listed.get("weights", [])]
    if release := listed.get("release"):
        entries = [
            replace(entry, url=f"{release.rstrip('/')}/{entry.stored_name}")
            if entry.file
            else entry
            for entry in entries
        ]
    known = {entry.card.name: entry for entry in entries}
    if len(known) < len(entries):
        raise WeightsError(f"the catalog {catalog} has one name twice")
    return known


def find_owned(
    kinds: Container[str], sha256: str, known: Mapping[str, Entry] | None = None
) -> str | None:
    """Return the name of the first weights that fit one generator and no other.

    Args:
        kinds: The accepted kinds of weights.
        sha256: Hash of the generator's file.
        known: The catalog; None reads that of the package.

    Returns:
        The name; None if there are no such weights.
    """
    known = known_cards() if known is None else known
    names = {name for name, entry in known.items() if entry.card.sha256 == sha256}
    fitting = (n for n, e in known.items() if e.generator in names and e.card.kind in kinds)
    return next(fitting, None)


def _read_entry(table: dict[str, Any]) -> Entry:
    """Check one table of the catalog and convert it to an entry."""
    name = table.get("name", "?")
    if missing := _REQUIRED - table.keys():
        raise WeightsError(f"`{name}` in the catalog has no {', '.join(sorted(missing))}")
    if unknown := table.keys() - _REQUIRED - _OPTIONAL:
        raise WeightsError(f"`{name}` in the catalog has unknown {', '.join(sorted(unknown))}")
    if ("file" in table) == ("url" in table):
        raise WeightsError(f"`{name}` in the catalog has a file or a URL, one of the two")
    if table.get("inside") and "file" not in table:
        raise WeightsError(f"`{name}` in the catalog is inside, and has no file")
    if not _SHA256.fullmatch(table["sha256"]):
        raise WeightsError(f"`{name}` in the catalog has a sha256 that is none")
    place = {key: table[key] for key in _PLACE if key in table}
    card = Card(**{key: value for key, value in table.items() if key not in place})
    return Entry(card, **place)
