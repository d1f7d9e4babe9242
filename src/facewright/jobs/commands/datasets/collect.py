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
    """Terms and limits of collecting pictures."""

    out: Path
    """The library: a folder, made if missing; one that exists is added to."""
    licence: str
    """Licence of the pictures, such as CC-BY-4.0 or "my own photos"; pictures that are in the
    library already keep theirs."""
    consent: str = ""
    """Consent of the people shown: who agreed to what; pictures in the library already keep
    theirs."""
    labels: bool = True
    """Read labels from file names and tables of UTKFace, FairFace and CelebA."""
    similar: int = SAME
    """Treat pictures as copies if their perceptual hashes differ in at most so many of 256 bits, 0
    to 31."""
    keep_similar: bool = False
    """Keep similar pictures, unless their files are equal."""
    smallest: int = 32
    """Smallest length of the shorter side in pixels; smaller pictures are refused."""
    largest_mib: int = 64
    """Largest file in MiB; larger ones are refused."""
    every: int = 30
    """Take every n-th frame of clips."""
    after_cuts: bool = False
    """Take the sharpest frame after each cut of clips instead."""
    parallel: int = 8
    """Most simultaneous requests to the web."""
    per_host: int = 2
    """Most simultaneous requests to one host."""
    contact: str = ""
    """Contact address for the owners of servers, sent in the User-Agent."""
    refresh: bool = False
    """Ask servers whether files that were downloaded before have changed."""
    allow_private: bool = False
    """Allow addresses on this machine and its network in lists and album pages."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The outcome of `collect`."""

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
