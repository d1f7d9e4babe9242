"""Make a dataset for training from a library of pictures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facewright.collect.preparing.choose import QualityLimits
from facewright.errors import FileError, InputError
from facewright.jobs.options import Detectors, Leniency, Runtime, Writing
from facewright.types import Json, Manifest, TemplateName
from facewright.version import __version__

if TYPE_CHECKING:
    from facewright.collect.prepare import DetectorSource, Prepared, PrepareSettings
    from facewright.collect.preparing.report import Tally
    from facewright.faces.detection.mesh_detector import FaceDetector
    from facewright.hub.store import Progress
    from facewright.pipelines.find import FindPipeline

_SHOWN = "examples of real people: of faces that are used and of those that are left out"


@dataclass(frozen=True, kw_only=True)
class PrepareOptions(Runtime, Leniency, Detectors, Writing, QualityLimits):
    """Form of the dataset, and limits of the faces in it; a limit of 0 is none."""

    out: Path
    """The dataset: a .zip. NAME-report.png and NAME-report.json are written beside it."""
    size: int = 128
    """Width and height of its pictures in pixels: a power of two."""
    template: TemplateName = "tight"
    """Alignment template of the faces."""
    format: Literal["png", "jpeg", "webp"] = "png"
    """File format of the pictures."""
    licence: str = ""
    """Licence of the pictures of a folder or zip; a library records it."""
    consent: str = ""
    """Consent of the people in a folder or zip: who agreed to what."""
    smile: bool = False
    """Add a label `smile` to each face, measured on its points: no, slight or broad."""
    workers: int | None = None
    """Number of processes; the number of cores if not given."""
    report: bool = True
    """Write the report."""
    dry_run: bool = False
    """Count the faces, and write nothing."""


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """The outcome of `prepare`."""

    library: Path
    files: tuple[Path, ...]
    """What was written: the dataset, then the report."""
    counts: Tally
    lenient: bool
    """Whether refused files count as success."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.counts.refused) and not self.lenient


def prepare_dataset(
    library: Path, *, options: PrepareOptions, progress: Progress | None = None
) -> PreparedDataset:
    """Align the faces of pictures to one size, for training.

    Each face that is too small, blurred, cut off, turned away, too dark or too bright, or has
    another one beside it is left out; the report says how many and shows examples. Run the same
    command again to go on after an interruption. Equal pictures and options give equal bytes.

    Args:
        library: A library that `collect` made; or a folder or zip of pictures, with --licence.
        options: What the dataset is like, and which faces go in.
        progress: Called with how many pictures are done, and of how many.

    Returns:
        What was written, and how many faces came out of how many pictures.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: The library does not exist or is damaged, no picture shows a face that is good
            enough, or the dataset cannot be written.
        WeightsError: There are no weights that find faces.

    Examples:
        facewright prepare library -o faces.zip
        facewright prepare photos --licence CC0-1.0 --size 256 --template ffhq -o faces.zip
    """
    from facewright.collect.prepare import DetectorSource
    from facewright.pipelines.find import FindPipeline

    settings = check_prepare(library, options)
    find = FindPipeline(options.finder, mesh=options.mesh, device=options.device)
    build = partial(_build_detector, options.device, options.finder, options.mesh)
    source = DetectorSource(build, describe_detectors(find))
    return prepare_with(source, library, options, settings, progress)


def check_prepare(library: Path, options: PrepareOptions) -> PrepareSettings:
    """Reject invalid options before anything is loaded.

    Returns:
        What the dataset is to be like.

    Raises:
        InputError: An option is invalid, or a file is there already or the source itself.
        FileError: There is no library.
    """
    from facewright.collect.prepare import PrepareSettings

    limits = QualityLimits(
        **{field.name: getattr(options, field.name) for field in fields(QualityLimits)}
    )
    settings = PrepareSettings(
        size=options.size,
        template=options.template,
        limits=limits,
        form=options.format,
        quality=options.quality,
        licence=options.licence,
        consent=options.consent,
        smile=options.smile,
    )
    if options.workers is not None and options.workers < 1:
        raise InputError(f"`workers` is 1 or more, not {options.workers}")
    if not library.exists():
        raise FileError(f"there is no {library}", hint="a library that `facewright collect` made")
    if options.out.suffix != ".zip":
        raise InputError(f"a dataset is written as a .zip, not {options.out.name}")
    for path in () if options.dry_run else (options.out, *name_reports(options)):
        if path.exists() and path.samefile(library):
            raise InputError(f"{path} is the source itself", hint="name another file with -o")
        if path.exists() and not (options.overwrite and path.is_file()):
            hint = "overwrite=True replaces it; or take another name"
            raise InputError(f"{path} is there already", hint=hint)
    return settings


def prepare_with(
    detector: DetectorSource,
    library: Path,
    options: PrepareOptions,
    settings: PrepareSettings,
    progress: Progress | None = None,
) -> PreparedDataset:
    """Do what `prepare_dataset` does with a detector of one's own.

    Args:
        detector: Where each process gets what finds faces.
        library: Where the pictures are.
        options: The options given.
        settings: From `check_prepare`.
        progress: Called with how many pictures are done, and of how many.

    Returns:
        What was written, and how many faces came out of how many pictures.
    """
    from facewright.collect.prepare import prepare

    prepared = prepare(
        library,
        None if options.dry_run else options.out,
        settings,
        detector,
        workers=options.workers,
        progress=progress,
    )
    files: tuple[Path, ...] = () if options.dry_run else (options.out,)
    if prepared.picture is not None:
        files += _write_reports(prepared, detector.manifest, options, settings)
    return PreparedDataset(library, files, prepared.tally, options.lenient)


def describe_detectors(find: FindPipeline) -> Manifest:
    """Return what a dataset says about what found its faces."""
    import torch

    from facewright.device import name_device

    return Manifest(
        "prepare",
        {},
        models=find.models,
        version=__version__,
        torch=torch.__version__,
        device=name_device(find.device),
    )


def name_reports(options: PrepareOptions) -> tuple[Path, ...]:
    """Return where the report goes: a picture and its numbers as JSON.

    >>> picture, numbers = name_reports(PrepareOptions(out=Path("faces.zip")))
    >>> picture.name, numbers.name
    ('faces-report.png', 'faces-report.json')
    """
    if not options.report:
        return ()
    from facewright.collect.preparing.originals import REPORT

    stem = options.out.stem
    return tuple(options.out.with_name(f"{stem}{ending}") for ending in REPORT)


def _build_detector(device: str, detector: str | None, mesh: str | None) -> FaceDetector:
    """Load what finds faces, in whichever process."""
    from facewright.pipelines.find import FindPipeline

    return FindPipeline(detector, mesh=mesh, device=device).finder


def _write_reports(
    prepared: Prepared, manifest: Manifest, options: PrepareOptions, settings: PrepareSettings
) -> tuple[Path, ...]:
    """Write the report, unless it is not wanted."""
    from facewright.files import replacing
    from facewright.provenance.publish import publish_image

    if not options.report or prepared.picture is None:
        return ()
    tally = prepared.tally
    counts: dict[str, Json] = json.loads(json.dumps(asdict(tally)))
    said: dict[str, Json] = {"settings": json.loads(json.dumps(asdict(settings))), **counts}
    picture, numbers = name_reports(options)
    about = replace(
        manifest,
        parameters={"shows": _SHOWN, **said},
        consent="; ".join(consent for consent in tally.consents if consent),
    )
    publish_image(prepared.picture, picture, about, overwrite=options.overwrite)
    try:
        with replacing(numbers) as unfinished:
            unfinished.write_text(json.dumps(said, indent=1) + "\n", encoding="ascii")
    except OSError as error:
        raise FileError(f"{numbers} cannot be written: {error.strerror or error}") from error
    return picture, numbers
