"""Destinations of results: one file, or a folder with a file for each source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from facewright.collect.sources.walk import is_clip
from facewright.errors import FacewrightError, InputError
from facewright.files import fit_name, is_archive
from facewright.hub.store import Progress
from facewright.jobs import options as shared
from facewright.jobs.records import RECORDS
from facewright.media.camera import PREFIX as CAMERA
from facewright.pipelines.result import ClipResult, Result
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    STOPPED_AFTER,
    check_destination,
    publish_clip,
    publish_image,
    read_manifest,
)
from facewright.types import Image, Manifest

MEANT_AS_FILE = frozenset({".tif", ".tiff", ".avif", ".pdf", ".svg", ".csv", ".txt"})
"""Extensions that cannot be written, and that a folder is not meant to have."""

_RECORD = "faces.jsonl"


@dataclass(slots=True)
class Folder:
    """A folder in which every file gets a name of its own."""

    path: Path
    _taken: set[str] = field(default_factory=set)

    def name_file(self, place: PurePosixPath, known: Collection[str], default: str) -> Path:
        """Return where the result of a file goes; no two of a run go to the same place.

        Args:
            place: The path of the file inside of its source.
            known: Endings that are kept.
            default: The ending instead of others.

        Returns:
            A path in the folder: that of the file, numbered where it is taken, and shortened where
            it is too long.
        """
        suffix = place.suffix if place.suffix.lower() in known else default
        number, chosen = 1, _fit(place.with_suffix(suffix))
        while str(chosen).casefold() in self._taken:  # some systems know no capitals
            number += 1
            chosen = _fit(place.with_name(f"{place.stem}-{number}{suffix}"))
        self._taken.add(str(chosen).casefold())
        return self.path / chosen


@dataclass(frozen=True, slots=True)
class Output:
    """Destinations of pictures, clips and records; None for those that are not written."""

    folder: Folder | None = None
    file: Path | None = None
    record: Path | None = None

    def name_picture(self, place: PurePosixPath) -> Path | None:
        """Return where a picture goes."""
        return self.folder.name_file(place, PICTURES, ".png") if self.folder else self.file

    def name_clip(self, place: PurePosixPath) -> Path | None:
        """Return where a clip goes."""
        return self.folder.name_file(place, CLIPS, ".mp4") if self.folder else self.file


def is_done(path: Path, manifest: Manifest) -> bool:
    """Return whether a file is the result that a run would write: of equal sources and options.

    An interrupted run leaves such files; the same command skips them.
    """
    try:
        return path.is_file() and read_manifest(path) == manifest
    except (FacewrightError, OSError):
        return False


def is_cut_short(path: Path, manifest: Manifest) -> bool:
    """Return whether a clip is the beginning of what a run would write, ended early.

    The same command may replace it by the whole.
    """
    try:
        found = read_manifest(path)
    except FacewrightError:
        return False
    said = {name: value for name, value in found.parameters.items() if name != STOPPED_AFTER}
    return STOPPED_AFTER in found.parameters and replace(found, parameters=said) == manifest


def plan_output(
    out: Path | None,
    sources: Sequence[str],
    *,
    draws: bool,
    overwrite: bool,
    record: str | None = _RECORD,
) -> Output:
    """Plan the destinations of a run by their names, before anything is read.

    Args:
        out: A picture for a picture, a clip for a clip, a .json or .jsonl for what was found, or
            a folder for all of it.
        sources: What goes in.
        draws: Whether pictures are drawn at all.
        overwrite: Whether files that are there may be replaced.
        record: What the file of what was found is called in a folder; None if there is none.

    Returns:
        Where to.

    Raises:
        InputError: The name does not fit the sources, is there already, or is one of them.
    """
    suffix = out.suffix.lower() if out and not out.is_dir() else ""
    if out is None:
        return Output()
    if suffix in RECORDS and record is None:
        raise InputError(f"{out} is no picture and no clip", hint="name a .png, or a folder")
    if suffix in RECORDS:
        check_absent(out, overwrite=overwrite)
        return Output(record=out)
    if suffix in PICTURES or suffix in CLIPS:
        _check_single(out, sources, draws=draws)
        check_destination(out, PICTURES if suffix in PICTURES else CLIPS, overwrite=overwrite)
        return Output(file=out)
    if suffix in MEANT_AS_FILE:
        known = ", ".join((*PICTURES, *CLIPS, *(RECORDS if record else ())))
        raise InputError(
            f"{out} has no extension that can be written here",
            hint=f"one of: {known}; or a folder",
        )
    if draws:
        check_folder(out, sources)
    if record:
        check_absent(out / record, overwrite=overwrite)
    return Output(Folder(out) if draws else None, record=out / record if record else None)


def publish(result: Result, path: Path, options: shared.Output) -> Path:
    """Write a picture that a pipeline made; its manifest records all options of the command.

    Args:
        result: The picture; what its manifest says counts where the options left something open.
        path: The file to write.
        options: Of the command.

    Returns:
        The path.

    Raises:
        InputError: The file is there already, or its format cannot hold the picture.
        FileError: The file cannot be written.
    """
    manifest = record(result.manifest, options)
    return publish_image(
        result.image,
        path,
        manifest,
        alpha=result.alpha,
        quality=options.quality,
        overwrite=options.overwrite,
    )


def publish_frames(
    made: ClipResult, path: Path, options: shared.Destination, progress: Progress | None = None
) -> Path:
    """Write a clip that a pipeline makes, likewise.

    Args:
        made: The clip.
        path: The file to write.
        options: Of the command.
        progress: Called with the frames done, and in all.
    """

    def count() -> Iterator[Image]:
        for done, image in enumerate(made.clip.frames, 1):
            yield image
            if progress:
                progress(done, made.clip.count or 0)

    clip = replace(made.clip, frames=count())
    return publish_clip(clip, path, record(made.manifest, options), overwrite=options.overwrite)


def record(manifest: Manifest, options: object) -> Manifest:
    """Add the options of a command to the manifest of what its pipeline made."""
    said = {**shared.record_options(options), **manifest.parameters}
    return replace(manifest, parameters=said)


def plan_results(out: Path, sources: Sequence[str], *, overwrite: bool) -> Output:
    """Decide where pictures and clips go, for tasks that write nothing else.

    Args:
        out: A picture for a picture, a clip for a clip, or a folder for all of it.
        sources: What goes in.
        overwrite: Whether files that are there may be replaced.

    Returns:
        Where to.

    Raises:
        InputError: The name does not fit the sources, is there already, or is one of them.
    """
    return plan_output(out, sources, draws=True, overwrite=overwrite, record=None)


def check_folder(out: Path, sources: Sequence[str]) -> None:
    """Raise if a folder for results is a file, or the one that a source lies in.

    Args:
        out: The folder, which may be missing.
        sources: What goes in.

    Raises:
        InputError: It is.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file", hint="name a folder")
    for source in map(Path, sources):
        folder = source if source.is_dir() else source.parent
        own = out / source.name if len(sources) > 1 and source.is_dir() else out
        if own.resolve() == folder.resolve():
            raise InputError(f"{out} is where {source} lies", hint="name another folder")


def _fit(place: PurePosixPath) -> PurePosixPath:
    """Return a path whose names every system takes."""
    return PurePosixPath(*map(fit_name, place.parts))


def _check_single(out: Path, sources: Sequence[str], *, draws: bool) -> None:
    """Raise unless there is one source, and it is of the kind of the destination."""
    if not draws:
        raise InputError(f"nothing is drawn for {out}", hint="leave out --draw none, or name .json")
    source = Path(sources[0])
    moves = sources[0].startswith(CAMERA) or is_clip(source)
    wanted = out.suffix.lower() in CLIPS
    if len(sources) > 1 or source.is_dir() or is_archive(source):
        raise InputError(f"{out} holds one picture or clip", hint="name a folder: -o found")
    if moves != wanted:
        kinds = ("a picture", "a clip")
        raise InputError(
            f"{source} is {kinds[moves]}, {out} would be {kinds[wanted]}",
            hint=f"{', '.join(CLIPS if moves else PICTURES)} can be written",
        )
    if out.exists() and source.exists() and out.samefile(source):
        raise InputError(f"{out} is the source itself", hint="name another file")


def check_absent(path: Path, *, overwrite: bool) -> None:
    """Raise if a file is there already."""
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint="name a file")
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} is there already", hint="pass --overwrite to replace it, or another name"
        )
