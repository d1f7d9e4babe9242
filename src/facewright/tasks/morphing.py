"""Turn one face into another, or draw the mean of several."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import torch

from facewright.device import name_device
from facewright.errors import FileError, InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.media.drawing.sheets import contact_sheet
from facewright.pipelines.consent import GENERATED, resolve_consent, shows_nobody
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    check_destination,
    publish_clip,
    publish_image,
)
from facewright.swap.mesh.raster import Floats
from facewright.swap.morph import average_faces, morph_faces, plan_morph
from facewright.tasks.drawing import count_off
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.portraits import Portrait, read_portraits
from facewright.types import Clip, Image, Manifest
from facewright.version import __version__

_NOT_RECORDED = {"consent", "device", "out", "overwrite"}
_STEPS, _SHEET_STEPS = 60, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MorphOptions:
    """What to make of the faces, and where to."""

    out: Path
    """The clip (.mp4, .gif) or sheet (.png, .jpg, .webp) to write; with --average a picture."""
    steps: int | None = None
    """How many pictures there are from one face to the other, both among them; otherwise 60 in a
    clip and 6 on a sheet."""
    average: bool = False
    """Draw the mean of all faces."""
    fps: int = 30
    """Frames per second of a clip."""
    loop: bool = False
    """Return to the first face, so that the clip can repeat."""
    columns: int | None = None
    """Pictures side by side on a sheet; otherwise about as many as there are rows."""
    size: int = 512
    """Width and height of the mean face in pixels."""
    pick: str | None = None
    """Which face is taken of pictures that show several: largest, left, right or a number."""
    consent: str | None = None
    """Who agreed to what, where real people are shown; it is written into the result."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace a file that is there already."""


def morph_pictures(
    pictures: list[str], *, options: MorphOptions, progress: Progress | None = None
) -> list[Path]:
    """Turn one face into another: a clip or a sheet; or draw the mean of several.

    Shape and colour are blended on the mesh, and the border of the frame goes along.

    Args:
        pictures: A and B; with --average any number.
        options: What to make of them, and where to.
        progress: Called with how many pictures are drawn, and of how many.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, a file is there already, or a picture shows no face.
        FileError: A picture is missing or damaged.
        WeightsError: There are no networks that find faces.
    """
    check_morph(pictures, options)
    return morph_with(open_lookout(options.device, progress), pictures, options, progress)


def check_morph(pictures: Sequence[str], options: MorphOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A picture is missing.
    """
    check_options(options)
    _check_sources(pictures, options.out)
    _check_result(pictures, options)
    resolve_consent("morph", options.consent, pictures)


def _check_result(pictures: Sequence[str], options: MorphOptions) -> None:
    """Raise unless the number of faces and the destination fit what is to be made."""
    if options.average:
        if len(pictures) < 2:
            raise InputError("a mean takes two faces or more", hint="name more pictures")
        _check_mean(options)
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
        return
    if len(pictures) != 2:
        raise InputError(
            f"a morph goes from one face to another, not through {len(pictures)}",
            hint="facewright morph A B -o OUT; --average draws the mean of several",
        )
    if options.out.suffix.lower() in CLIPS:
        check_destination(options.out, CLIPS, overwrite=options.overwrite)
    elif options.out.suffix.lower() in PICTURES:
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
    else:
        raise InputError(
            f"{options.out} has no extension that can be written here",
            hint=f"a clip: {', '.join(CLIPS)}; or a sheet: {', '.join(PICTURES)}",
        )


def _check_mean(options: MorphOptions) -> None:
    """Raise if a mean, which is one picture, is asked for in steps."""
    for name, wanted in (
        ("--steps", options.steps is not None),
        ("--loop", options.loop),
        ("--columns", options.columns is not None),
    ):
        if wanted:
            raise InputError(
                f"{name} is for a morph; --average draws one picture", hint=f"leave out {name}"
            )


def _check_sources(pictures: Sequence[str], out: Path) -> None:
    """Raise if a picture is missing, or if the result would take its place."""
    for name in pictures:
        if not Path(name).is_file():
            raise FileError(f"there is no picture {name}", hint="check the name")
        if out.exists() and out.samefile(name):
            raise InputError(f"{out} is one of the sources", hint="name another file")


def morph_with(
    lookout: Lookout,
    pictures: Sequence[str],
    options: MorphOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `morph_pictures` does with networks that are open already.

    Args:
        lookout: What finds faces.
        pictures: A and B; for a mean any number.
        options: What to make of them, and where to.
        progress: Called with how many pictures are drawn, and of how many.

    Returns:
        The file that was written.
    """
    faces: list[Portrait] = []
    sources: dict[str, str] = {}
    for number, name in enumerate(pictures, 1):
        found = read_portraits(lookout, name, options.pick)
        faces += found.portraits
        sources |= {f"{number}/{file}": sha256 for file, sha256 in found.sources.items()}
    clip = options.out.suffix.lower() in CLIPS
    options = replace(options, steps=options.steps or (_STEPS if clip else _SHEET_STEPS))
    manifest = _describe(lookout, pictures, options, sources)
    if options.average:
        mean = average_faces(_pair(faces), size=options.size)
        return [_publish(mean, options, manifest)]
    drawn = _draw(faces, options, progress, loop=clip and options.loop)
    if clip:
        height, width = faces[0].image.shape[:2]
        moving = Clip((width, height), Fraction(options.fps), drawn)
        return [publish_clip(moving, options.out, manifest, overwrite=options.overwrite)]
    return [_publish(contact_sheet(list(drawn), columns=options.columns), options, manifest)]


def _draw(
    faces: Sequence[Portrait], options: MorphOptions, progress: Progress | None, *, loop: bool
) -> Iterator[Image]:
    """Draw every step, and back again for a loop, both ends once."""
    steps = options.steps or _STEPS
    there = [step / (steps - 1) for step in range(steps)]
    amounts = there + (there[-2:0:-1] if loop else [])
    morph = plan_morph(*_pair(faces))
    return count_off((morph_faces(morph, a) for a in amounts), len(amounts), progress)


def _pair(faces: Sequence[Portrait]) -> list[tuple[Image, Floats]]:
    """Return pictures with their meshes."""
    return [(one.image, one.face.points) for one in faces]


def _publish(image: Image, options: MorphOptions, manifest: Manifest) -> Path:
    """Write a picture as the options want it."""
    quality, overwrite = options.quality, options.overwrite
    return publish_image(image, options.out, manifest, quality=quality, overwrite=overwrite)


def _describe(
    lookout: Lookout, pictures: Sequence[str], options: MorphOptions, sources: dict[str, str]
) -> Manifest:
    """Say how the result comes about."""
    nobody = all(shows_nobody(name) for name in pictures)
    said = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    return Manifest(
        task="morph",
        parameters={**said, "pictures": [Path(name).name for name in pictures]},
        models=lookout.models,
        sources=sources,
        consent=(options.consent or "").strip() or (GENERATED if nobody else ""),
        version=__version__,
        torch=torch.__version__,
        device=name_device(lookout.device),
    )
