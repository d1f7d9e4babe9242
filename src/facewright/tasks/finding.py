"""Find faces in pictures and clips, and show where they are."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facewright.collect.sources.items import Refusal
from facewright.collect.sources.walk import (
    SourceItem,
    batch_up,
    check_paths,
    count_sources,
    develop,
    walk_sources,
)
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.jobs.outputs import Folder, Output, check_folder, plan_output
from facewright.tasks.cropping import Cropper, check_crops
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.search import PIXELS_AT_ONCE, Search, SearchOptions
from facewright.tasks.sightings import Found, write_sightings

_AT_ONCE = 16  # pictures that the networks see together, if they are not large


@dataclass(frozen=True, slots=True, kw_only=True)
class FindOptions(SearchOptions):
    """Where to look for faces, and what to write."""

    out: Path | None = None
    """A folder for annotated pictures and clips, with faces.jsonl beside them; or one picture
    (.png, .jpg, .webp), one clip (.mp4, .gif), or a .json or .jsonl alone. Otherwise nothing is
    written."""
    largest_mib: int = 256
    """Refuse pictures whose files are larger, in MiB."""
    lenient: bool = False
    """Exit with 0 even if files were refused."""


def find_faces(
    sources: list[str],
    *,
    options: FindOptions | None = None,
    progress: Progress | None = None,
) -> Found:
    """Find faces in pictures and clips: boxes, points, and which way they look.

    Files that cannot be read are listed with the reason, the rest goes on, and the exit status is
    1. A picture without a face is no failure. Run the same command again to go on after an
    interruption: what it has written stays.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        options: What to look for, and what to write.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was found, in order.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: A source does not exist, or what was found cannot be written.
        WeightsError: There are no such weights.
    """
    options = options or FindOptions()
    check_find(sources, options)
    lookout = open_lookout(options.device, progress, finder=options.finder, mesh=options.mesh)
    return find_with(lookout, sources, options, progress)


def check_find(sources: Sequence[str], options: FindOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: A source does not exist.
    """
    check_options(options)
    check_paths(sources)
    _plan(sources, options)
    if options.crops:
        check_folder(options.crops, sources)
        if not options.overwrite:
            names = ("template", "size", "smallest", "threshold")
            check_crops(options.crops, {name: getattr(options, name) for name in names})


def find_with(
    lookout: Lookout,
    sources: Sequence[str],
    options: FindOptions,
    progress: Progress | None = None,
) -> Found:
    """Do what `find_faces` does with networks that are open already.

    Args:
        lookout: The networks.
        sources: Where to look.
        options: What to write.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was found, in order.
    """
    output = _plan(sources, options)
    avoid = [folder for folder in (output.folder and output.folder.path, options.crops) if folder]
    total, found = count_sources(sources, avoid=avoid), Found(options.lenient)
    if options.limit is not None:
        total = min(total, options.limit)
    items = walk_sources(sources, max_bytes=options.largest_mib << 20, avoid=avoid)
    seen = develop(_limit_items(items, options.limit))
    with write_sightings(output.record) as write:
        cropper = _open_cropper(options)
        search = Search(lookout, options, output, found, write, progress, total, cropper)
        for batch in batch_up(seen, pictures=_AT_ONCE, pixels=PIXELS_AT_ONCE):
            search.take(batch)
            del batch  # before the next pictures are decoded
    if output.record:
        found.files.append(output.record)
    return found


def _plan(sources: Sequence[str], options: FindOptions) -> Output:
    """Decide where results go."""
    draws = options.draw != "none"
    return plan_output(options.out, sources, draws=draws, overwrite=options.overwrite)


def _open_cropper(options: FindOptions) -> Cropper | None:
    """Return what cuts faces out, if that is wanted."""
    if options.crops is None:
        return None
    return Cropper(Folder(options.crops), options.template, options.size, options.overwrite)


def _limit_items(items: Iterator[SourceItem], limit: int | None) -> Iterator[SourceItem]:
    """Yield so many pictures and clips, and the refusals between them."""
    left = sys.maxsize if limit is None else limit
    for stop in items:
        yield stop
        left -= not isinstance(stop, Refusal)
        if not left:
            return
