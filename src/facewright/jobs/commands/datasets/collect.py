"""Gather pictures into a library, each with the record of where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.collect.duplicates import SAME
from facewright.errors import InputError
from facewright.jobs.options import Leniency
from facewright.version import __version__

if TYPE_CHECKING:
    from facewright.collect.gather import Collected
    from facewright.hub.store import Progress


@dataclass(frozen=True, kw_only=True)
class CollectOptions(Leniency):
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

    Examples:
        facewright collect photos --licence 'my own photos' -o library
        facewright collect addresses.csv album.html --licence CC-BY-4.0 --parallel 4 -o library
    """
    import datetime as dt

    from facewright.collect.gather import About, collect
    from facewright.collect.library.folder import open_library
    from facewright.collect.sources.items import Limits
    from facewright.collect.sources.web.fetch import FetchPolicy

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
    from facewright.collect.duplicates import check_limit
    from facewright.collect.gather import check_licence
    from facewright.collect.sources.openers import check_sources

    for name in ("largest_mib", "every", "parallel", "per_host", "smallest"):
        least = 0 if name == "smallest" else 1
        if (value := getattr(options, name)) < least:
            raise InputError(f"`{name}` is {least} or more, not {value}")
    check_limit(options.similar)
    check_licence(options.licence)
    check_sources(sources)
