"""Everything one can do to a picture or clip, from file to signed file."""

import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options, check_sheet
from facewright.latents.edit import parse_layers
from facewright.latents.sample import sample_people
from facewright.latents.scenes import draw_cast, draw_mixing_grid, draw_walk, find_group
from facewright.media.drawing.grid import header_grid
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    check_destination,
    publish_clip,
    publish_image,
)
from facewright.tasks.drawing import (
    DrawOptions,
    Easel,
    count_off,
    describe,
    open_easel,
    read_labels,
    read_seeds,
    read_vary,
    resolve,
)
from facewright.types import Clip, Image, Manifest

_SHEET, _CLIP = 128, 256  # pixels: faces on a sheet and in a clip are enlarged to at least that
_MOST_FRAMES = 36_000
_FILES = {".tif", ".tiff", ".gif", ".mp4", ".pdf", ".svg", ".avif"}  # meant as no folder


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateOptions(DrawOptions):
    """Which people to generate, and how to lay them out."""

    seeds: str
    """Whom to draw: numbers and ranges such as 0-15,42."""
    out: Path
    """A picture (.png, .jpg, .webp), of several people a contact sheet; or a folder, for one file
    per person."""
    sheet: bool = False
    """Draw a contact sheet, in a folder beside the files as sheet.png."""
    columns: int | None = None
    """People side by side on a sheet; otherwise about as many as there are rows."""
    captions: bool = False
    """Write its seed below each person on a sheet."""
    vary: str | None = None
    """Draw a sheet with one row per value of this label, such as age, and one column per seed; or,
    as age,gender, one column per value of the second label."""
    format: Literal["png", "jpg", "webp"] = "png"
    """How files in a folder are written."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixOptions(DrawOptions):
    """Whose styles to mix."""

    rows: str
    """Seeds of the people who keep their own styles in all other layers, such as 1-4."""
    columns: str
    """Seeds of the people who give the styles of --layers, such as 5-8."""
    out: Path
    """The picture to write: .png, .jpg or .webp."""
    layers: str = "4-"
    """Layers whose styles come from the columns: coarse, middle, fine, all, or such as 0-3,7; the
    default is middle and fine."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpolateOptions(DrawOptions):
    """Whom to pass on the way, and how fast."""

    seeds: str
    """Whom to pass, in this order: at least two seeds, such as 1,2,3."""
    out: Path
    """The clip to write: .mp4 or .gif."""
    seconds: float = 6
    """Length of the clip."""
    fps: int = 30
    """Frames per second, such as 24, 30 or 60."""
    space: Literal["z", "w"] = "w"
    """Go along the sphere of z (slerp), or in straight lines in w."""
    loop: bool = True
    """Return to the first person, so that the clip can repeat."""


def generate_faces(options: GenerateOptions, *, progress: Progress | None = None) -> list[Path]:
    """Generate people who do not exist.

    The same seeds, weights, options and type of device give the same files, bit for bit.

    Args:
        options: Whom, how, and where to.
        progress: Called with how many people are drawn, and of how many.

    Returns:
        The files that were written.

    Raises:
        InputError: An option is invalid, or a file is there already.
        WeightsError: There are no such weights.
    """
    check_options(options)
    seeds = read_seeds(options.seeds)
    files, sheet = _plan_files(options, seeds)
    seeds = seeds if sheet else tuple(dict.fromkeys(seeds))  # a file holds each person once
    easel = open_easel(options, progress)
    resolved = resolve(replace(options, sheet=False), easel)
    for_sheet = resolve(replace(options, sheet=True), easel, smallest=_SHEET)
    if options.vary is not None:
        return [_publish_varied(for_sheet, easel, seeds, progress)]

    if sheet:
        columns = options.columns or math.ceil(math.sqrt(len(seeds)))  # or more
        cells = (columns, math.ceil(len(seeds) / columns))
        check_sheet(sheet.suffix, cells, for_sheet.size or 0)
    on_sheet, waiting = [], dict(files)
    for seed, image in _draw_people(easel, seeds, progress):
        if path := waiting.pop(seed, None):
            manifest = describe("generate", _for_one(resolved), [seed], easel)
            picture = resize_image(image, resolved.size or 0)
            _publish(picture, path, resolved, manifest)
        if sheet:
            on_sheet.append(resize_image(image, for_sheet.size or 0))
    if not sheet:
        return list(files.values())
    captions = [f"seed {seed}" for seed in seeds] if options.captions else []
    laid_out = contact_sheet(on_sheet, columns=options.columns, labels=captions)
    manifest = describe("generate", for_sheet, seeds, easel)
    return [*files.values(), _publish(laid_out, sheet, for_sheet, manifest)]


def mix_faces(options: MixOptions, *, progress: Progress | None = None) -> list[Path]:
    """Mix the styles of people: a grid as in the StyleGAN papers.

    Each cell is the person of its row with the styles of some layers taken from the person of its
    column: the coarse structure of the one, the details of the other.

    Args:
        options: Whose styles, which layers, and where to.
        progress: Called with how many people are drawn, and of how many.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, or the file is there already.
        WeightsError: There are no such weights.
    """
    check_options(options)
    rows, columns = read_seeds(options.rows, "--rows"), read_seeds(options.columns, "--columns")
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    easel = open_easel(options, progress)
    options = resolve(options, easel, smallest=_SHEET)
    layers = parse_layers(options.layers, easel.sampler.generator.num_ws)
    cells = (len(columns) + 1, len(rows) + 1)
    check_sheet(options.out.suffix, cells, options.size or 0)
    grid = draw_mixing_grid(easel.sampler, rows, columns, layers, progress=progress)
    sheet = header_grid(
        *([resize_image(image, options.size or 0) for image in part] for part in astuple(grid)),
        row_labels=[f"seed {seed}" for seed in rows],
        column_labels=[f"seed {seed}" for seed in columns],
    )
    manifest = describe("mix", options, (*rows, *columns), easel)
    return [_publish(sheet, options.out, options, manifest)]


def interpolate_faces(
    options: InterpolateOptions, *, progress: Progress | None = None
) -> list[Path]:
    """Walk from person to person: a clip.

    Args:
        options: Whom to pass, how fast, and where to.
        progress: Called with how many frames are drawn, and of how many.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, or the file is there already.
        WeightsError: There are no such weights.
    """
    check_options(options)
    seeds, frames = read_seeds(options.seeds), round(options.seconds * options.fps)
    if not 2 <= frames <= _MOST_FRAMES:
        raise InputError(
            f"{options.seconds:g} s at {options.fps} frames per second are {frames} frames",
            hint=f"a clip has 2 to {_MOST_FRAMES}",
        )
    check_destination(options.out, CLIPS, overwrite=options.overwrite)
    easel = open_easel(options, progress)
    options = resolve(options, easel, smallest=_CLIP)
    size = options.size or 0
    drawn = draw_walk(easel.sampler, seeds, frames, space=options.space, loop=options.loop)
    images = (resize_image(image, size) for image in count_off(drawn, frames, progress))
    clip = Clip((size, size), Fraction(options.fps), images, count=frames)
    manifest = describe("interpolate", options, seeds, easel)
    return [publish_clip(clip, options.out, manifest, overwrite=options.overwrite)]


def _plan_files(
    options: GenerateOptions, seeds: tuple[int, ...]
) -> tuple[dict[int, Path], Path | None]:
    """Return the file of each seed that gets one, and that of the sheet; none is there yet."""
    alone = _is_picture(options.out)
    as_sheet = options.sheet or options.vary is not None or (alone and len(seeds) > 1)
    if options.vary is not None:
        read_vary(options.vary, read_labels(options), len(seeds))
        if not alone:
            raise InputError("--vary draws one sheet", hint="name a picture, such as -o people.png")
    files = {} if alone else {s: options.out / f"seed{s:04d}.{options.format}" for s in seeds}
    if alone and not as_sheet:
        files = {seeds[0]: options.out}
    sheet = (options.out if alone else options.out / "sheet.png") if as_sheet else None
    for path in (*files.values(), *([sheet] if sheet else [])):
        check_destination(path, PICTURES, overwrite=options.overwrite)
    return files, sheet


def _is_picture(out: Path) -> bool:
    """Tell a picture from a folder, by its name."""
    suffix = out.suffix.lower()
    if suffix in PICTURES:
        return True
    if suffix in _FILES and not out.is_dir():
        check_destination(out, PICTURES)
    return False


def _for_one(options: GenerateOptions) -> GenerateOptions:
    """Return what the options mean for the picture of one person."""
    return replace(options, columns=None, captions=False)


def _draw_people(
    easel: Easel, seeds: tuple[int, ...], progress: Progress | None
) -> Iterator[tuple[int, Image]]:
    """Draw one person per seed."""
    sampler = easel.sampler
    people = sample_people(
        sampler.generator,
        seeds,
        labels=sampler.labels,
        chosen=sampler.chosen,
        sampling=sampler.sampling,
        batch=sampler.batch,
    )
    return ((person.seed, person.image) for person in count_off(people, len(seeds), progress))


def _publish_varied(
    options: GenerateOptions, easel: Easel, seeds: tuple[int, ...], progress: Progress | None
) -> Path:
    """Write a sheet of people by the value of one or two labels."""
    names = read_vary(options.vary or "", easel.sampler.chosen, len(seeds))
    groups = [find_group(easel.sampler.labels, name) for name in names]
    down = [{groups[0].name: value} for value in groups[0].values]
    across = [{groups[1].name: v} for v in groups[1].values] if len(groups) == 2 else [{}]
    cast = [(seed, {**row, **column}) for row in down for column in across for seed in seeds]
    headers = groups[1].values if len(groups) == 2 else [f"seed {seed}" for seed in seeds]
    check_sheet(options.out.suffix, (len(headers), len(down)), options.size or 0)
    drawn = count_off(draw_cast(easel.sampler, cast), len(cast), progress)
    sheet = contact_sheet(
        [resize_image(image, options.size or 0) for image in drawn],
        columns=len(headers),
        row_labels=groups[0].values,
        column_labels=headers,
    )
    manifest = describe("generate", options, seeds, easel, varied=True)
    return _publish(sheet, options.out, options, manifest)


def _publish(
    image: Image, path: Path, options: GenerateOptions | MixOptions, manifest: Manifest
) -> Path:
    """Write a picture as the options want it."""
    return publish_image(
        image, path, manifest, quality=options.quality, overwrite=options.overwrite
    )
