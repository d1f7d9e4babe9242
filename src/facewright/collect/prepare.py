"""Turn raw pictures into an aligned dataset."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from facewright.collect.preparing.assemble import list_cropped, write_crops
from facewright.collect.preparing.candidates import Wanted
from facewright.collect.preparing.choose import QualityLimits
from facewright.collect.preparing.cut import Bench
from facewright.collect.preparing.originals import (
    Listing,
    Original,
    OriginalReader,
    list_originals,
)
from facewright.collect.preparing.report import Tally, count_results, draw_report, pick_examples
from facewright.collect.preparing.resume import (
    KeptResult,
    ResumeCache,
    forget_data,
    open_resume_cache,
)
from facewright.collect.preparing.workers import Batch, cut_batches
from facewright.errors import DatasetError, FileError, InputError
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.templates import TEMPLATES
from facewright.provenance.manifest import to_text
from facewright.types import Image, Manifest

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of pictures done, and of all."""

EXTENSIONS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
"""Formats of the pictures of a dataset, and their file extensions."""

_BATCH = 8  # Faces are found in so many pictures at once: always the same ones, so that the results
# are the same bits whatever was done before, and by however many processes.
_SMALLEST, _LARGEST = 16, 4096  # pixels

_Done: TypeAlias = list[tuple[Original, KeptResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSettings:
    """Settings of a dataset."""

    size: int = 128
    """Width and height of its pictures in pixels."""
    template: str = "tight"
    """Alignment: a key of `faces.templates.TEMPLATES`."""
    limits: QualityLimits = field(default_factory=QualityLimits)
    """Requirements on a face."""
    form: str = "png"
    """Format of the pictures: "png", "jpeg" or "webp"."""
    quality: int = 95
    """Quality of JPEG and WebP, 1 to 100."""
    licence: str = ""
    """Licence of the pictures of a folder or zip; a library records it itself."""
    consent: str = ""
    """Who of the people shown there agreed, and to what."""
    smile: bool = False
    """Whether each face gets a label `smile`: "no", "slight" or "broad", as measured."""

    def __post_init__(self) -> None:
        """Check the values."""
        for name, value, known in (
            ("template", self.template, TEMPLATES),
            ("format", self.form, EXTENSIONS),
        ):
            if value not in known:
                raise InputError(
                    f"there is no {name} `{value}`", hint=f"one of: {', '.join(known)}"
                )
        if not _SMALLEST <= self.size <= _LARGEST or self.size & (self.size - 1):
            raise InputError(
                f"a dataset cannot have pictures of {self.size} pixels",
                hint=f"a power of two from {_SMALLEST} to {_LARGEST}, such as 128",
            )
        if not 1 <= self.quality <= 100:
            raise InputError(f"the quality is 1 to 100, not {self.quality}")


@dataclass(frozen=True, slots=True)
class DetectorSource:
    """How each process makes its face detector."""

    build: Callable[[], FaceDetector]
    """Called once in each process, hence picklable."""
    manifest: Manifest
    """Manifest of each picture of the dataset: task, models, version, device."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Result of `prepare`."""

    tally: Tally
    picture: Image | None
    """Report with bars and examples, (height, width, 3); None for a run that only counts."""


def prepare(
    source: Path,
    out: Path | None,
    settings: PrepareSettings,
    face_detector: DetectorSource,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Cut the faces out of pictures and write them as a dataset.

    Equal pictures and settings give equal bytes, however many processes work. What is done is kept
    in a folder beside the dataset, `faces.zip.unfinished`, until all of it is: the same call goes
    on after an interruption at any point.

    Args:
        source: A library, or a folder or zip of pictures.
        out: Where the dataset goes, a .zip, replaced if it is there; None only counts and writes
            nothing.
        settings: Size, alignment, format and requirements.
        face_detector: How each process makes its face detector.
        workers: Number of processes; None means one per core that this process may use.
        progress: Called with the number of pictures done, and of all.

    Returns:
        Counts of faces written and left out, by reason, and a report.

    Raises:
        InputError: A licence or consent is given for a library, which records its own.
        DatasetError: There are no pictures, or none shows a face that is good enough.
        FileError: The source does not exist, or the dataset cannot be written.
        FacewrightError: A process died.
    """
    listing = list_originals(source, licence=settings.licence, consent=settings.consent)
    if not listing.originals:
        raise DatasetError(
            f"there are no pictures in {source}" + (", but removed ones" * bool(listing.removed)),
            hint="name a library that `facewright collect` made, or a folder or zip of pictures",
        )
    run = _Run(source, settings, face_detector, workers or count_cores(), progress)
    if out is None:
        done = _cut_all(listing, run, None)
        return Prepared(count_results(listing, done), None)
    with open_resume_cache(cache_of(out)) as cache:
        done = _cut_all(listing, run, cache)
        tally = count_results(listing, done)
        if not tally.faces:
            cache.delete()
            raise _find_nothing(source, tally)
        picture = draw_report(tally, pick_examples(done), cache.read)
        _write(out, done, cache, settings)
        cache.delete()
    return Prepared(tally, picture)


def cache_of(out: Path) -> Path:
    """Return the folder that keeps what an interrupted run has done.

    >>> cache_of(Path("faces.zip")).name
    'faces.zip.unfinished'
    """
    return out.with_name(f"{out.name}.unfinished")


def count_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run needs besides its pictures."""

    source: Path
    settings: PrepareSettings
    face_detector: DetectorSource
    workers: int
    progress: Progress | None


def _cut_all(listing: Listing, run: _Run, cache: ResumeCache | None) -> _Done:
    """Cut the faces out of all pictures, but for those that an interrupted run has done."""
    originals, total = listing.originals, len(listing.originals)
    batches = [originals[first : first + _BATCH] for first in range(0, total, _BATCH)]
    keys = [_make_key(batch, run) for batch in batches]
    known = {key: found for key in keys if cache and (found := cache.find(key)) is not None}
    todo = [number for number, key in enumerate(keys) if key not in known]
    build = partial(
        _build_bench, run.source, run.settings, run.face_detector, render=cache is not None
    )
    count = total - sum(len(batches[number]) for number in todo)
    stream = cut_batches([batches[number] for number in todo], build, workers=run.workers)
    with closing(stream):
        for number, results in zip(todo, stream, strict=True):
            key = keys[number]
            known[key] = cache.keep(key, results) if cache else forget_data(results)
            count += len(results)
            if run.progress:
                run.progress(count, total)
    return [
        pair
        for b, key in zip(batches, keys, strict=True)
        for pair in zip(b, known[key], strict=True)
    ]


def _make_key(batch: Batch, run: _Run) -> str:
    """Return a fingerprint of all that the results of a batch depend on."""
    known = [asdict(run.settings), to_text(run.face_detector.manifest), [o.key for o in batch]]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _build_bench(
    source: Path, settings: PrepareSettings, face_detector: DetectorSource, *, render: bool
) -> Bench:
    """Return what cutting takes, in whichever process."""
    return Bench(
        OriginalReader(source),
        face_detector.build(),
        Wanted(template=settings.template, size=settings.size, limits=settings.limits),
        replace(
            face_detector.manifest,
            parameters={"template": settings.template, "size": settings.size},
        ),
        EXTENSIONS[settings.form] if render else "",
        settings.quality,
        settings.smile,
    )


def _write(out: Path, done: _Done, cache: ResumeCache, settings: PrepareSettings) -> None:
    """Write the dataset."""
    limits = asdict(settings.limits)
    try:
        write_crops(
            out,
            list_cropped(done),
            cache.read,
            extension=EXTENSIONS[settings.form],
            about={"template": settings.template, "rules": limits},
        )
    except OSError as error:
        raise FileError(
            f"{out} cannot be written: {error.strerror or error}",
            hint="what is done is kept: the same command goes on",
        ) from error


def _find_nothing(source: Path, tally: Tally) -> DatasetError:
    """Return the error for pictures that make no dataset."""
    if not tally.pictures:
        first = tally.refused[0]
        return DatasetError(
            f"none of the {len(tally.refused)} pictures in {source} can be read",
            hint=f"the first is {first.source}, which {first.reason}",
        )
    reasons = ", ".join(f"{count} × {reason}" for reason, count in tally.rejected.items())
    return DatasetError(
        f"no picture in {source} shows a face that is good enough: {reasons}",
        hint="loosen a limit, such as --sharpness 0 or --enlarge 0; --dry-run counts",
    )
