"""Report what a dataset holds, and under which licences."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from facewright.collect.duplicates import MOST, check_limit, find_pairs, perceptual_hash
from facewright.collect.library.folder import REMOVED, Record, is_library, read_records
from facewright.collect.library.removals import find_away, read_removals
from facewright.collect.origins import Origin, count_terms, read_origins, warn_of_terms
from facewright.collect.sources.items import strip_name
from facewright.datasets.archive import UNREADABLE, enter_dataset, open_source, read_all
from facewright.datasets.contents import inspect_dataset
from facewright.datasets.labels import UNKNOWN, count_labels, decode_label
from facewright.errors import FacewrightError
from facewright.media.decode import read_image

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of pictures read, and of all."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that look alike."""

    first: str
    second: str
    distance: int
    """Bits of their 256-bit perceptual hashes that differ, 0 to 31."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a library or a dataset holds."""

    path: str
    kind: str
    """"library" or "dataset"."""
    pictures: int
    """Number of pictures, without the removed ones."""
    removed: int = 0
    licences: Mapping[str, int]
    """Licence → number of pictures; "" for those without one."""
    consents: Mapping[str, int]
    """Consent → number of pictures; "" for those without one."""
    balance: Mapping[str, Mapping[str, int]]
    """Group of labels → value → number of pictures."""
    evenness: Mapping[str, float]
    """Group → Pielou's evenness, 0 to 1: 1 where all values are equally frequent."""
    duplicates: Sequence[Sequence[str]] = ()
    """Groups of paths whose files are identical."""
    similar: Sequence[Pair] = ()
    """Near duplicates: pairs with close hashes whose files differ."""
    damaged: Mapping[str, str] = field(default_factory=dict)
    """Path → what is wrong with the file."""
    warnings: Sequence[str] = ()
    """Warnings, such as pictures without a licence."""

    @property
    def failed(self) -> bool:
        """Whether something is wrong with a file."""
        return bool(self.damaged)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One picture, wherever it is."""

    name: str
    sha256: str
    phash: str
    licence: str
    consent: str
    labels: Mapping[str, str]


def audit(
    path: Path, *, similar: int = MOST, verify: bool = False, progress: Progress | None = None
) -> Audit:
    """Report what a library or a prepared dataset holds.

    Args:
        path: A library, or the folder or zip of a dataset.
        similar: Report pairs whose perceptual hashes differ in at most this many bits, 0 to 31.
        verify: Read every picture of a library again and compare its sha256; otherwise only
            whether its file is there and has its size. The pictures of a dataset are always read.
        progress: Called with the number of pictures read, and of all.

    Returns:
        Licences, consents, balance, duplicates, near duplicates and damaged files.

    Raises:
        FileError: The path is neither, or its index is damaged.
        InputError: `similar` is out of range.
    """
    check_limit(similar)
    damaged: dict[str, str] = {}
    if not is_library(path):
        entries = list(_read_dataset(path, damaged, progress))
        return _report(path, "dataset", entries, similar, damaged=damaged)
    records = read_records(path)
    away = find_away(records, read_removals(path / REMOVED))
    kept = [record for record in records if record.sha256 not in away]
    for number, record in enumerate(kept, start=1):
        problem = find_damage(path, record, verify=verify)
        damaged |= {record.file: problem} if problem else {}
        if progress:
            progress(number, len(kept))
    entries = [
        _Entry(r.file, r.sha256, r.phash, r.licence, r.consent, dict(r.labels)) for r in kept
    ]
    removed = len(records) - len(kept)
    return _report(path, "library", entries, similar, removed=removed, damaged=damaged)


def find_damage(folder: Path, record: Record, *, verify: bool) -> str:
    """Check the file of a record: whether it exists and has its recorded size.

    Args:
        folder: The library.
        record: A record of the library's manifest.
        verify: Whether to read the file and compare its sha256, too.

    Returns:
        What is wrong; empty for a file in good order.
    """
    path = folder / record.file
    try:
        if path.stat().st_size != record.bytes:
            return "has another size than the manifest says"
        if verify and hashlib.sha256(path.read_bytes()).hexdigest() != record.sha256:
            return "has another sha256 than the manifest says"
    except (OSError, ValueError) as error:  # the latter: a name that no system accepts
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return ""


def measure_evenness(counts: Iterable[int]) -> float:
    """Measure how evenly pictures are spread over the values of a group.

    Args:
        counts: Number of pictures per value.

    Returns:
        Pielou's evenness: the entropy divided by its largest possible value, 0 to 1.

    >>> round(measure_evenness([50, 50]), 3), round(measure_evenness([99, 1]), 3)
    (1.0, 0.081)
    """
    there = [count for count in counts if count]
    if len(there) < 2:
        return 1.0
    shares = [count / sum(there) for count in there]
    return -sum(share * math.log(share) for share in shares) / math.log(len(there))


def _report(
    path: Path,
    kind: str,
    entries: Sequence[_Entry],
    similar: int,
    *,
    removed: int = 0,
    damaged: Mapping[str, str] | None = None,
) -> Audit:
    """Count everything."""
    same: dict[str, list[str]] = {}
    for entry in entries:
        same.setdefault(entry.sha256, []).append(entry.name)
    pairs = [
        Pair(entries[first].name, entries[second].name, bits)
        for first, second, bits in find_pairs([e.phash for e in entries], limit=similar)
        if entries[first].sha256 != entries[second].sha256
    ]
    licences = count_terms(entry.licence for entry in entries)
    balance = count_labels([entry.labels for entry in entries])
    return Audit(
        path=str(path),
        kind=kind,
        pictures=len(entries),
        removed=removed,
        licences=licences,
        consents=count_terms(entry.consent for entry in entries),
        balance=balance,
        evenness={
            group: round(measure_evenness(n for value, n in counts.items() if value != UNKNOWN), 3)
            for group, counts in balance.items()
        },
        duplicates=[names for names in same.values() if len(names) > 1],
        similar=sorted(pairs, key=lambda pair: pair.distance),
        damaged=damaged or {},
        warnings=warn_of_terms(licences, "pictures"),
    )


def _read_dataset(
    path: Path, damaged: dict[str, str], progress: Progress | None
) -> Iterator[_Entry]:
    """Read every picture of a dataset; what is damaged is named instead."""
    dataset, source = inspect_dataset(path), enter_dataset(open_source(path))
    origins = read_origins(source)
    licence, consent = (str(dataset.details.get(key) or "") for key in ("licence", "consent"))
    damaged |= dataset.problems
    for number, name in enumerate(dataset.names):
        if progress:
            progress(number + 1, len(dataset.names))
        if name in dataset.problems:
            continue
        try:
            with source.open(name) as file:
                data = read_all(file)
            phash = perceptual_hash(read_image(data, name=name))
        except (*UNREADABLE, FacewrightError) as error:
            ours = isinstance(error, FacewrightError)
            damaged[name] = strip_name(str(error), name) if ours else f"is damaged: {error}"
            continue
        groups = dataset.label_groups
        labels = decode_label(groups, dataset.labels[number]) if groups else {}
        about = origins.get(name) or Origin(
            file=name, licence=licence, consent=consent, labels=labels
        )
        sha256 = hashlib.sha256(data).hexdigest()
        yield _Entry(name, sha256, phash, about.licence, about.consent, about.labels)
