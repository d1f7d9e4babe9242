"""Origin, licence and consent of each picture of a dataset."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import IO, Any

from facewright.datasets.archive import MOST_BYTES, UNREADABLE, Source
from facewright.errors import DatasetError
from facewright.types import Json

ORIGINS = "sources.jsonl"
"""The file at the root of a dataset that holds an `Origin` per line."""

_LONGEST, _PER_PICTURE = 1 << 20, 1 << 12  # bytes: of a line, and what each picture may take
_TABLES = ("labels", "face")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Origin and terms of a picture of a dataset."""

    file: str
    """Its path in the dataset."""
    source: str = ""
    """Path or address of the whole picture."""
    sha256: str = ""
    """sha256 of the whole picture, as in the library's manifest and in a list of removals."""
    date: str = ""
    """Date of collection."""
    licence: str = ""
    consent: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Group → value."""
    face: Mapping[str, Json] = field(default_factory=dict)
    """Measurements: position of the face in the whole picture, pose, sharpness."""


def write_origins(origins: Iterable[Origin]) -> bytes:
    """Return the content of the file: one line of JSON per origin."""
    lines = (json.dumps(asdict(origin), ensure_ascii=False) for origin in origins)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def count_terms(texts: Iterable[str]) -> dict[str, int]:
    """Count licences or consents, the most frequent first.

    >>> count_terms(["mine", "CC0-1.0", "CC0-1.0"])
    {'CC0-1.0': 2, 'mine': 1}
    """
    return dict(Counter(texts).most_common())


def warn_of_terms(licences: Mapping[str, int], things: str) -> tuple[str, ...]:
    """Warn of missing licences in a dataset or library.

    Args:
        licences: Licence → number of things; "" for those without one.
        things: "pictures" or "faces".

    >>> warn_of_terms({"CC0-1.0": 2, "": 1}, "faces")
    ('no licence is known for 1 of 3 faces',)
    """
    missing, total = licences.get("", 0), sum(licences.values())
    return (f"no licence is known for {missing} of {total} {things}",) if missing else ()


def read_origins(source: Source) -> dict[str, Origin]:
    """Read the origins of the pictures of a dataset.

    Args:
        source: The dataset.

    Returns:
        Path of a picture → its origin; empty if the dataset has no such file.

    Raises:
        DatasetError: The file is damaged.
    """
    if ORIGINS not in source.list_files():
        return {}
    try:
        with source.open(ORIGINS) as file:
            lines = _read_lines(file, max(MOST_BYTES, _PER_PICTURE * len(source.list_files())))
            found = [_to_origin(json.loads(line)) for line in lines if line.strip()]
    except UNREADABLE as error:
        raise DatasetError(f"{ORIGINS} is damaged: {error}", hint="prepare it again") from error
    return {origin.file: origin for origin in found}


def _read_lines(file: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield the lines of a file; raises OSError where they are too long or too many."""
    while line := file.readline(_LONGEST + 1):
        most -= len(line)
        if len(line) > _LONGEST or most < 0:
            raise OSError("is larger than that of any dataset")
        yield line


def _to_origin(entry: Mapping[str, Any]) -> Origin:
    """Read one line; raises TypeError for what is invalid."""
    known = {f.name: entry[f.name] for f in fields(Origin) if f.name in entry}
    kinds = dict.fromkeys(known, str) | dict.fromkeys(_TABLES, dict)
    wrong = [name for name, value in known.items() if not isinstance(value, kinds[name])]
    if wrong:
        raise TypeError(f"{wrong[0]} is not readable")
    return Origin(**known)
