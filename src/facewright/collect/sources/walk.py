"""Iterate over the pictures and clips of sources."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from facewright.collect.sources.files.archives import count_members, read_archive
from facewright.collect.sources.files.folders import list_files, read_file
from facewright.collect.sources.items import (
    Aside,
    Found,
    Item,
    Limits,
    Reading,
    Refusal,
    strip_name,
    to_printable,
)
from facewright.collect.sources.layouts import is_address
from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.errors import FileError, InputError
from facewright.files import is_archive
from facewright.media.decode import read_image_header, read_with_alpha
from facewright.media.formats import find_kind
from facewright.media.stills.alpha import Alpha, lay_over
from facewright.types import Image

_MOST_THREADS = 8  # a picture of the largest size takes 300 MB
_AHEAD = 50_000_000  # pixels that are decoded and wait, unless one picture has more


@dataclass(frozen=True, slots=True)
class Photo:
    """An encoded picture."""

    source: str
    """Name for messages; undecodable characters are replaced."""
    place: PurePosixPath
    """Its path inside of its source; of several sources, below the name of that source."""
    data: bytes


@dataclass(frozen=True, slots=True)
class SourceClip:
    """A clip, not opened yet."""

    source: str
    place: PurePosixPath
    path: Path


@dataclass(frozen=True, slots=True)
class Developed:
    """A picture that is decoded."""

    photo: Photo
    colours: Image
    """(height, width, 3), uint8; results are published with the same alpha."""
    alpha: Alpha | None = None
    """(height, width), uint8; None for an opaque picture."""

    @property
    def image(self) -> Image:
        """The picture composed over white."""
        return lay_over(self.colours, self.alpha)


SourceItem: TypeAlias = Photo | SourceClip | Refusal
Seen: TypeAlias = Developed | SourceClip | Refusal
Batch: TypeAlias = list[Developed] | SourceClip | Refusal


def check_paths(sources: Sequence[str]) -> None:
    """Check that all sources can be walked, before any is read.

    Raises:
        InputError: There are none, or one is an address.
        FileError: One does not exist.
    """
    if not sources:
        raise InputError("no source is named", hint="name a picture, a folder, an archive, a clip")
    for source in sources:
        if is_address(source):
            raise InputError(
                f"{source} is an address", hint="fetch it first: `facewright collect --help`"
            )
        if not Path(source).exists() and not Path(source).is_symlink():
            raise FileError(f"there is no {source}", hint="name a file or a folder")


def is_clip(path: Path) -> bool:
    """Return whether a file is read frame by frame, as `find_kind` does."""
    return find_kind(path) == "clip"


def count_sources(sources: Sequence[str], *, avoid: Collection[Path] = ()) -> int:
    """Return an upper bound of the number of files; a tar counts as 0, as it has no directory."""
    return sum(_count(Path(source), avoid) for source in sources)


def walk_sources(
    sources: Sequence[str], *, max_bytes: int, avoid: Collection[Path] = ()
) -> Iterator[SourceItem]:
    """Yield every picture and clip, in order of the sources and of the paths in each.

    Folders are walked at any depth, hidden files left out; archives are read without being
    unpacked. What is not meant to be a picture is passed over, unless it was named by itself. A GIF
    that moves is a clip; of one in an archive, the first frame is a picture.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        max_bytes: Largest size of a picture in bytes; larger ones are refused.
        avoid: Folders to leave out.

    Yields:
        The bytes of a picture, the path of a clip, or a refusal with its reason.
    """
    reading = Reading(Limits(max_bytes=max_bytes), FetchPolicy(), {}, lambda _: {}, avoid)
    for source in sources:
        path = Path(source)
        name = path.name if path.is_dir() else path.name.split(".")[0]
        below = PurePosixPath(name if len(sources) > 1 else "")
        if path.is_dir():
            yield from _walk_folder(path, below, reading)
        elif is_archive(path):
            yield from _walk_archive(path, below, reading)
        else:
            named = _walk_file(path, PurePosixPath(path.name), reading)
            reason = "is neither a picture nor a clip"
            yield from (Refusal(source, reason) if isinstance(o, Aside) else o for o in named)


def develop(items: Iterator[SourceItem], *, pixels: int = _AHEAD) -> Iterator[Seen]:
    """Decode pictures, several at once, and yield everything in order.

    Args:
        items: From `walk_sources`.
        pixels: Most pixels decoded ahead, unless a single picture has more.

    Yields:
        Pictures as `read_with_alpha` gives them: upright, in sRGB; clips and refusals as they come.
    """
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    waiting: deque[tuple[Future[Seen] | SourceClip | Refusal, int]] = deque()
    ahead = 0  # pixels
    with ThreadPoolExecutor(threads) as pool:
        try:
            for stop in items:
                size = _count_pixels(stop)
                while waiting and (len(waiting) > threads or ahead + size > pixels):
                    first, done = waiting.popleft()
                    ahead -= done
                    yield _await(first)
                one = pool.submit(_decode, stop) if isinstance(stop, Photo) else stop
                waiting.append((one, size))
                ahead += size
            while waiting:
                yield _await(waiting.popleft()[0])
        finally:
            pool.shutdown(cancel_futures=True)


def batch_up(seen: Iterable[Seen], *, pictures: int, pixels: int) -> Iterator[Batch]:
    """Group consecutive pictures into batches for networks.

    Args:
        seen: From `develop`.
        pictures: Most pictures in a batch.
        pixels: Most pixels in a batch, unless a single picture has more.

    Yields:
        Lists of at least one picture; clips and refusals in their place between them. A full batch
        is yielded at once, without waiting for the next picture.
    """
    batch: list[Developed] = []
    room = pixels
    for one in seen:
        size = one.colours.shape[0] * one.colours.shape[1] if isinstance(one, Developed) else 0
        if batch and (size > room or not isinstance(one, Developed)):
            yield batch
            batch, room = [], pixels
        if isinstance(one, Developed):
            batch.append(one)
            room -= size
        else:
            yield one
        if batch and (len(batch) == pictures or room <= 0):
            del one
            yield batch
            batch, room = [], pixels
    if batch:
        yield batch


def _count(path: Path, avoid: Collection[Path]) -> int:
    """Return how many files a source has."""
    if path.is_dir():
        return len(list_files(path, avoid=avoid))
    return count_members(path) if is_archive(path) else 1


def _walk_folder(folder: Path, below: PurePosixPath, reading: Reading) -> Iterator[SourceItem]:
    """Yield what lies in a folder."""
    for path in list_files(folder, avoid=reading.avoid):
        if isinstance(path, Refusal):
            yield path
            continue
        place = below / path.relative_to(folder).as_posix()
        for one in _walk_file(path, place, reading):
            if not isinstance(one, Aside):
                yield one


def _walk_file(path: Path, place: PurePosixPath, reading: Reading) -> Iterator[SourceItem | Aside]:
    """Yield one file."""
    if is_clip(path) and _is_file(path):
        yield SourceClip(to_printable(str(path)), _to_place(place), path)
        return
    for found in read_file(path, place.as_posix(), reading):
        if (one := _to_item(found, place)) is not None:
            yield one


def _walk_archive(path: Path, below: PurePosixPath, reading: Reading) -> Iterator[SourceItem]:
    """Yield what lies in an archive."""
    for found in read_archive(path, reading):
        name = PurePosixPath(_get_source(found).removeprefix(f"{path}!").replace("\\", "/"))
        one = _to_item(found, below / name)
        if one is not None and not isinstance(one, Aside):
            yield one


def _get_source(found: Found) -> str:
    """Return what messages call something; a note has no such name."""
    return getattr(found, "source", "")


def _to_item(found: Found, place: PurePosixPath) -> SourceItem | Aside | None:
    """Return what a source yields as this module calls it."""
    if isinstance(found, Item):
        return Photo(to_printable(found.source), _to_place(place), found.data)
    return found if isinstance(found, Refusal | Aside) else None


def _to_place(place: PurePosixPath) -> PurePosixPath:
    """Return a path that can be written down, whatever is in its name."""
    return PurePosixPath(to_printable(str(place)))


def _is_file(path: Path) -> bool:
    """Tell files from pipes, devices and links that lead nowhere."""
    try:
        return path.is_file()
    except OSError:
        return False


def _count_pixels(stop: SourceItem) -> int:
    """Return how many pixels there are to decode; of what is no picture, none."""
    if not isinstance(stop, Photo):
        return 0
    try:
        width, height, _ = read_image_header(stop.data)
    except FileError:
        return 0
    return width * height


def _decode(photo: Photo) -> Seen:
    """Decode one picture."""
    try:
        return Developed(photo, *read_with_alpha(photo.data, name=photo.source))
    except FileError as error:
        return Refusal(photo.source, strip_name(str(error), photo.source))


def _await(waiting: Future[Seen] | SourceClip | Refusal) -> Seen:
    """Wait until a picture is decoded."""
    return waiting.result() if isinstance(waiting, Future) else waiting
