"""Turn one face into another, or draw the mean of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import FileError, InputError
from facewright.jobs.options import Consent, Generating, Output, Refining, record_options
from facewright.types import Manifest

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.pipelines.photos.morph import MorphPipeline
    from facewright.pipelines.result import ClipResult, Result
    from facewright.types import Image

_STEPS, _SHEET_STEPS = 60, 6


@dataclass(frozen=True, kw_only=True)
class MorphOptions(Generating, Refining, Consent, Output):
    """Kind of the morph, and destination."""

    out: Path
    """The clip (.mp4, .gif) or sheet (.png, .jpg, .webp, .bmp) to write; with --average a
    picture."""
    steps: int | None = None
    """Number of pictures from one face to the other, including both; if not given 60 in a clip and
    6 on a sheet."""
    average: bool = False
    """Draw the mean of all faces."""
    through_latents: bool = False
    """Draw the generator's own way between the two: their latents are sought, and what lies between
    is a face of its own. A clip shows that way, a sheet the warp of the same faces below it."""
    fps: int = 30
    """Frames per second of a clip."""
    loop: bool = False
    """Return to the first face, so that the clip can repeat."""
    columns: int | None = None
    """Number of columns of a sheet; about as many as rows if not given."""
    size: int = 512
    """Width and height of the mean face, and of faces with --through-latents, in pixels."""
    faces: str = "largest"
    """Which face to use if a picture shows several: largest, left, right or a number."""


def morph_pictures(
    pictures: list[str], *, options: MorphOptions, progress: Progress | None = None
) -> list[Path]:
    """Turn one face into another: a clip or a sheet; or draw the mean of several.

    Shape and colour are blended on the mesh, and the border of the frame goes along; or a generator
    draws the way through its latents.

    Args:
        pictures: A and B; with --average any number.
        options: Kind of the morph, and destination.
        progress: Called with the number of pictures drawn, and of all.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, a file exists already, or a picture shows no face.
        FileError: A picture is missing or damaged.
        WeightsError: The weights of the face detector are missing.

    Examples:
        facewright morph one.jpg two.jpg --consent "both agreed" -o morph.mp4
        facewright morph one.jpg two.jpg three.jpg --average --consent "all agreed" -o mean.png
    """
    from facewright.pipelines.photos.morph import MorphPipeline

    consent = check_morph(pictures, options)
    pipeline = MorphPipeline(generator=options.weights, device=options.device, progress=progress)
    return [morph_with(pipeline, pictures, options, consent, progress)]


def morph_with(
    pipeline: MorphPipeline,
    pictures: list[str],
    options: MorphOptions,
    consent: str,
    progress: Progress | None = None,
) -> Path:
    """Morph as `morph_pictures` does, with a pipeline that is loaded already.

    Args:
        pipeline: The pipeline that detects and blends faces.
        pictures: A and B; for a mean any number.
        options: Kind of the morph, and destination.
        consent: From `check_morph`.
        progress: Called with the number of pictures drawn, and of all.

    Returns:
        The file that was written.
    """
    faces, out = options.faces, options.out
    if options.average:
        mean = pipeline.average(pictures, size=options.size, faces=faces, consent=consent)
        return _save(mean, options, consent)
    if options.through_latents:
        return _save_way(pipeline, pictures, options, consent, progress)
    if not _is_clip(out):
        steps, columns = options.steps or _SHEET_STEPS, options.columns
        sheet = pipeline(pictures, steps=steps, columns=columns, faces=faces, consent=consent)
        return _save(sheet, options, consent)
    made = pipeline.frames(
        pictures,
        steps=options.steps or _STEPS,
        fps=options.fps,
        loop=options.loop,
        faces=faces,
        consent=consent,
    )
    if progress:
        made = _count_frames(made, progress)
    made = replace(made, manifest=_describe(made.manifest, options, consent))
    return made.save(out, overwrite=options.overwrite)


def check_morph(pictures: Sequence[str], options: MorphOptions) -> str:
    """Raise for invalid options before anything is loaded.

    Returns:
        The consent to record.

    Raises:
        InputError: An option is invalid, a file exists already, or consent is missing.
        FileError: A picture is missing.
    """
    from facewright.faces.choose import check_choice
    from facewright.jobs.checks import check_options
    from facewright.pipelines.consent import resolve_consent

    check_options(options)
    check_choice(options.faces)
    _check_sources(pictures, options.out)
    _check_result(pictures, options)
    return resolve_consent("morph", options.consent, pictures)


def _check_sources(pictures: Sequence[str], out: Path) -> None:
    """Raise if a picture is missing, or if the result would take its place."""
    for name in pictures:
        if not Path(name).is_file():
            raise FileError(f"there is no picture {name}", hint="check the name")
        if out.exists() and out.samefile(name):
            raise InputError(f"{out} is one of the sources", hint="name another file")


def _check_result(pictures: Sequence[str], options: MorphOptions) -> None:
    """Raise unless the number of faces and the destination fit what is to be made."""
    from facewright.provenance.publish import CLIPS, PICTURES, check_destination

    out, overwrite = options.out, options.overwrite
    if options.average:
        if len(pictures) < 2:
            raise InputError("a mean takes two faces or more", hint="name more pictures")
        _check_mean(options)
        check_destination(out, PICTURES, overwrite=overwrite)
        return
    if len(pictures) != 2:
        raise InputError(
            f"a morph goes from one face to another, not through {len(pictures)}",
            hint="facewright morph A B -o OUT; --average draws the mean of several",
        )
    if out.suffix.lower() not in {*CLIPS, *PICTURES}:
        raise InputError(
            f"{out} has no extension that can be written here",
            hint=f"a clip: {', '.join(CLIPS)}; or a sheet: {', '.join(PICTURES)}",
        )
    check_destination(out, CLIPS if _is_clip(out) else PICTURES, overwrite=overwrite)


def _check_mean(options: MorphOptions) -> None:
    """Raise if a mean, which is one picture, is asked for in steps."""
    for name, wanted in (
        ("--steps", options.steps is not None),
        ("--loop", options.loop),
        ("--columns", options.columns is not None),
        ("--through-latents", options.through_latents),
    ):
        if wanted:
            raise InputError(
                f"{name} is for a morph; --average draws one picture", hint=f"leave out {name}"
            )


def _is_clip(out: Path) -> bool:
    """Return whether a clip is to be written."""
    from facewright.provenance.publish import CLIPS

    return out.suffix.lower() in CLIPS


def _save_way(
    pipeline: MorphPipeline,
    pictures: list[str],
    options: MorphOptions,
    consent: str,
    progress: Progress | None,
) -> Path:
    """Draw the way through latents, and write it."""
    from fractions import Fraction

    from facewright.media.drawing.sheets import contact_sheet
    from facewright.pipelines.result import ClipResult, Result
    from facewright.types import Clip

    moves, size = _is_clip(options.out), options.size
    way = pipeline.through_latents(
        pictures,
        steps=options.steps or (_STEPS if moves else _SHEET_STEPS),
        size=size,
        refine=options.refine,
        loop=options.loop,
        faces=options.faces,
        consent=consent,
        progress=progress,
    )
    manifest = _describe(way.manifest, options, consent)
    if moves:
        clip = Clip((size, size), Fraction(options.fps), iter(way.drawn), count=len(way.drawn))
        return ClipResult(clip, manifest).save(options.out, overwrite=options.overwrite)
    shown = [*way.drawn, *way.warped]
    rows = ["latents", "warp"][: len(shown) // len(way.drawn)]
    sheet = contact_sheet(shown, columns=len(way.drawn), row_labels=rows)
    return _save(Result(sheet, manifest), options, consent)


def _save(result: Result, options: MorphOptions, consent: str) -> Path:
    """Write a picture as the options want it."""
    made = replace(result, manifest=_describe(result.manifest, options, consent))
    return made.save(options.out, quality=options.quality, overwrite=options.overwrite)


def _describe(manifest: Manifest, options: MorphOptions, consent: str) -> Manifest:
    """Record all options, and the consent that was asked for."""
    said = {**record_options(options), **manifest.parameters}
    return replace(manifest, parameters=said, consent=consent)


def _count_frames(made: ClipResult, progress: Progress) -> ClipResult:
    """Tell how many frames are made as they come out."""

    def frames() -> Iterator[Image]:
        for number, image in enumerate(made.clip.frames, 1):
            yield image
            progress(number, made.clip.count or number)

    return replace(made, clip=replace(made.clip, frames=frames()))
