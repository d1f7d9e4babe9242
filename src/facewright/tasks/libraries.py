"""Gather pictures with the record of where they came from, and report what there is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from facewright.collect.audit import Audit, audit
from facewright.collect.duplicates import MOST, SAME, check_limit
from facewright.collect.gather import About, Collected, check_licence, collect
from facewright.collect.library.folder import open_library
from facewright.collect.library.remove import remove_pictures
from facewright.collect.sources.items import Limits
from facewright.collect.sources.openers import check_sources
from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.errors import FileError, InputError
from facewright.hub.store import Progress
from facewright.media.drawing.bars import draw_bars
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.types import Json, Manifest
from facewright.version import __version__

Audited: TypeAlias = Audit
"""What `audit` found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOptions:
    """Under which terms pictures are gathered, and how."""

    out: Path
    """The library: a folder, made if missing; one that exists is added to."""
    licence: str
    """What may be done with the pictures, such as CC-BY-4.0 or "my own photos"; those that are in
    the library already keep their terms."""
    consent: str = ""
    """Who of those shown agreed, and to what; those that are in the library already keep theirs."""
    labels: bool = True
    """Take labels from names and tables of UTKFace, FairFace and CelebA."""
    similar: int = SAME
    """Take pictures for one if their perceptual hashes differ in no more of 256 bits, 0 to 31."""
    keep_similar: bool = False
    """Keep pictures that look alike, unless they are equal to the last byte."""
    smallest: int = 32
    """Refuse pictures whose shorter side has fewer pixels."""
    largest_mib: int = 64
    """Refuse files that are larger, in MiB."""
    every: int = 30
    """Of clips, take every so many-th frame."""
    after_cuts: bool = False
    """Of clips, take the sharpest frame after each cut instead."""
    parallel: int = 8
    """Requests to the web at once."""
    per_host: int = 2
    """Requests at once to one host."""
    contact: str = ""
    """An address where servers' owners reach you; it goes into the User-Agent."""
    refresh: bool = False
    """Ask servers whether what was fetched before has changed."""
    allow_private: bool = False
    """Fetch what lists and album pages name on this machine and its network, too."""
    lenient: bool = False
    """Exit with 0 even if files were refused."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What `collect` did."""

    library: Path
    counts: Collected
    lenient: bool
    """Whether refused files count as success."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.counts.refused) and not self.lenient


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """What to report, and what to remove first."""

    out: Path | None = None
    """Draw the balance as a picture: .png, .jpg or .webp."""
    remove: tuple[str, ...] = ()
    """Mark a picture as removed: its sha256 or the first eight digits, its path in the library, or
    its source; or a .txt file with one of these per line. May be repeated."""
    purge: bool = False
    """Delete the files of all removed pictures and of those that look like them; their hashes stay,
    so that they never come back."""
    similar: int = MOST
    """Report pairs whose perceptual hashes differ in no more of 256 bits, 0 to 31."""
    verify: bool = False
    """Read every picture again and compare its sha256."""
    overwrite: bool = False
    """Replace a picture of the balance that is there already."""


def collect_pictures(
    sources: list[str], *, options: CollectOptions, progress: Progress | None = None
) -> Gathered:
    """Gather pictures into a library, each with its source, licence and consent.

    Run it again to go on after an interruption, or to add more: nothing is added twice. Originals
    are kept byte for byte. Files that cannot be taken are listed with the reason, the rest goes
    on, and the exit status is 1.

    Args:
        sources: Folders; zip and tar archives; text or CSV lists of addresses; album pages that a
            browser saved (.html); clips; pictures; the CSV files of FairFace and FER2013 and the
            attributes of CelebA; addresses.
        options: Where to, under which terms, and how.
        progress: Called with how many files are done, and of how many.

    Returns:
        What was added, known and refused.

    Raises:
        InputError: An option is invalid, or a source is a library itself.
        FileError: A source does not exist, or the library cannot be written.
    """
    check_collect(sources, options)
    about = About(
        licence=options.licence,
        consent=options.consent,
        date=dt.date.today().isoformat(),
        smallest=options.smallest,
    )
    limits = Limits(
        max_bytes=options.largest_mib << 20,
        every=options.every,
        after_cuts=options.after_cuts,
        labels=options.labels,
    )
    contact = f" ({options.contact})" if options.contact else ""
    policy = FetchPolicy(
        agent=f"Facewright/{__version__}{contact}",
        parallel=options.parallel,
        per_host=options.per_host,
        refresh=options.refresh,
        private=options.allow_private,
    )
    similar = None if options.keep_similar else options.similar
    with open_library(options.out, similar=similar) as library:
        counts = collect(sources, library, about, limits=limits, policy=policy, progress=progress)
    return Gathered(options.out, counts, options.lenient)


def check_collect(sources: list[str], options: CollectOptions) -> None:
    """Reject invalid options before a library is made.

    Raises:
        InputError: An option is invalid, there is no source, or one is a library itself.
        FileError: A source does not exist.
    """
    for name in ("largest_mib", "every", "parallel", "per_host", "smallest"):
        least = 0 if name == "smallest" else 1
        if (value := getattr(options, name)) < least:
            raise InputError(f"--{name.replace('_', '-')} is {least} or more, not {value}")
    check_limit(options.similar)
    check_licence(options.licence)
    check_sources(sources)


def audit_pictures(
    path: Path, *, options: AuditOptions | None = None, progress: Progress | None = None
) -> Audited:
    """Report licences, consents, balance and duplicates; mark pictures as removed.

    Args:
        path: A library, or the folder or zip of a dataset.
        options: What to report, and what to remove first.
        progress: Called with how many pictures are read, and of how many.

    Returns:
        What there is.

    Raises:
        InputError: An option is invalid, or a name fits no picture.
        FileError: There is neither a library nor a dataset, or it is damaged.
    """
    options = options or AuditOptions()
    if options.out:
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
    if options.remove or options.purge:
        remove_pictures(path, read_names(options.remove), purge=options.purge)
    found = audit(path, similar=options.similar, verify=options.verify, progress=progress)
    if options.out:
        groups = {"licence": found.licences, "consent": found.consents, **found.balance}
        counts: dict[str, Json] = {group: dict(values) for group, values in groups.items()}
        manifest = Manifest("audit", {"path": path.name, "counts": counts}, version=__version__)
        publish_image(draw_bars(groups), options.out, manifest, overwrite=options.overwrite)
    return found


def read_names(names: tuple[str, ...]) -> list[str]:
    """Replace each .txt file among the names by its lines.

    Args:
        names: As `--remove` takes them.

    Raises:
        FileError: A file cannot be read.
    """
    found = []
    for name in names:
        if not name.lower().endswith(".txt") or not Path(name).is_file():
            found.append(name)
            continue
        try:
            text = Path(name).read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror or error}") from error
        lines = (line.strip() for line in text.splitlines())
        found += [line for line in lines if line and not line.startswith("#")]
    return found
