"""Give a face the styles of another in some layers."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from facewright.device import seeded
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options, check_sheet
from facewright.jobs.outputs import is_done
from facewright.latents.edit import RANGES, draw_layers, format_layers, parse_layers
from facewright.latents.scenes import draw_each, draw_injections
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import ENCODED
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.tasks.drawing import Easel, open_easel, resolve
from facewright.tasks.steering.darkroom import Darkroom, set_up_darkroom
from facewright.tasks.steering.sitters import (
    Sitter,
    SitterOptions,
    check_sitters,
    describe_sitters,
    open_sitter,
    tune_easel,
)
from facewright.types import Image

_SHEET = 128  # pixels: faces on a sheet are enlarged to at least that
_COLUMNS = 6
_RANDOM = re.compile(r"random(?::(\d{1,3}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestyleOptions(SitterOptions):
    """Which styles come in, how much of them, and where to."""

    out: Path
    """The picture to write: .png, .jpg or .webp; with --count a sheet, or a folder with one file
    for each draw."""
    layers: str = "all"
    """Layers whose styles come in: all, coarse, middle, fine, numbers such as 0-6,9, random for one
    layer, or random:3 for three."""
    strength: float = 1.0
    """How much of the style comes in: 0 nothing, 1 all of it."""
    sheet: bool = False
    """Draw the comparison: both faces, each range, each single layer, and a random one."""
    count: int | None = None
    """With --layers random: how many draws, each of other layers."""
    draw_seed: int = 0
    """Where the draws of random layers start; it is written into the result."""
    columns: int | None = None
    """Faces side by side on a sheet."""
    format: Literal["png", "jpg", "webp"] = "png"
    """How files in a folder are written."""


@dataclass(frozen=True, slots=True)
class _Studio:
    """Everything that is open while a face is restyled."""

    easel: Easel
    sitters: dict[str, Sitter]
    choices: list[tuple[int, ...]]
    """The layers of each picture."""


def restyle_face(
    face: str, style: str, *, options: RestyleOptions, progress: Progress | None = None
) -> list[Path]:
    """Give a face the styles of another: injection into w+, layer by layer.

    Coarse layers bring pose and shape, middle ones light, hair and skin, fine ones hues; the guide
    has what was measured for each.

    Args:
        face: Who keeps the rest: a seed such as 42, a .latents file, or a photo.
        style: Whose styles come in: likewise.
        options: Which layers, how much, and where to.
        progress: Called with how many faces are drawn, and of how many.

    Returns:
        The files that were written.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or
            latents belong to another generator.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.
    """
    consent = check_restyle(face, style, options)
    easel = tune_easel(open_easel(options, progress, starters=ENCODED), face)
    darkroom = set_up_darkroom(
        options.weights, options.device, steps=options.refine, pick=options.pick, progress=progress
    )
    named = {"face": face, "style": style}
    return restyle_with(easel, darkroom, named, replace(options, consent=consent), progress)


def restyle_with(
    easel: Easel,
    darkroom: Darkroom,
    named: Mapping[str, str],
    options: RestyleOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `restyle_face` does with networks that are open already.

    Args:
        easel: What draws.
        darkroom: What turns photos into latents.
        named: "face" and "style" → a seed, a file of latents or a photo.
        options: With the consent to record.
        progress: Called with how many faces are drawn, and of how many.
    """
    sitters = {role: open_sitter(easel, darkroom, text, progress) for role, text in named.items()}
    choices = _choose(options, easel.sampler.generator.num_ws)
    studio = _Studio(easel, sitters, choices)
    if options.sheet:
        return [_publish_comparison(studio, options, progress)]
    if options.count and not _is_folder(options):
        return [_publish_draws(studio, options, progress)]
    return _publish_each(studio, options, progress)


def check_restyle(face: str, style: str, options: RestyleOptions) -> str:
    """Reject invalid options before anything is loaded.

    Args:
        face: Who keeps the rest.
        style: Whose styles come in.
        options: Which layers, how much, and where to.

    Returns:
        The consent to record.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A file is missing.
    """
    check_options(options)
    if options.count and (options.sheet or not _RANDOM.fullmatch(options.layers)):
        raise InputError(
            "--count is how often random layers are drawn",
            hint="pass --layers random, and leave out --sheet",
        )
    if not _is_folder(options):
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
    return check_sitters("restyle", {"FACE": face, "STYLE": style}, options)


def _choose(options: RestyleOptions, layers: int) -> list[tuple[int, ...]]:
    """Return the layers of each picture that is not on a comparison."""
    drawn = _RANDOM.fullmatch(options.layers.strip().lower())
    if drawn is None:
        return [parse_layers(options.layers, layers)]
    size = int(drawn[1] or 1)
    return draw_layers(layers, size, options.count or 1, seeded(options.draw_seed))


def _is_folder(options: RestyleOptions) -> bool:
    """Tell whether the draws go to a folder, by its name."""
    return options.count is not None and not options.out.suffix


def _publish_each(
    studio: _Studio, options: RestyleOptions, progress: Progress | None
) -> list[Path]:
    """Write one picture for every choice of layers; an interrupted folder goes on."""
    paths = [options.out]
    if _is_folder(options):
        names = [f"draw{n:03d}.{options.format}" for n in range(1, len(studio.choices) + 1)]
        paths = [options.out / name for name in names]
    resolved = resolve(replace(options, count=None), studio.easel)
    draws = [
        (path, layers, replace(resolved, layers=format_layers(layers)))
        for path, layers in zip(paths, studio.choices, strict=True)
    ]
    if not options.overwrite:
        draws = [draw for draw in draws if not _is_done(studio, draw[0], draw[2])]
    for path, _, _ in draws:
        check_destination(path, PICTURES, overwrite=options.overwrite)
    known, many = len(paths) - len(draws), studio.easel.sampler.batch
    for group in (draws[first : first + many] for first in range(0, len(draws), many)):
        images = _draw(studio, options, [layers for _, layers, _ in group])
        for image, (path, _, one) in zip(images, group, strict=True):
            _publish(studio, one, path, resize_image(image, resolved.size or 0))
        known += len(group)
        if progress:
            progress(known, len(paths))
    return paths


def _publish_draws(studio: _Studio, options: RestyleOptions, progress: Progress | None) -> Path:
    """Write a sheet of random draws."""
    cells = [(_name(layers), layers) for layers in studio.choices]
    return _publish_sheet(studio, options, cells, progress)


def _publish_comparison(
    studio: _Studio, options: RestyleOptions, progress: Progress | None
) -> Path:
    """Write the sheet of both faces, of ranges, of single layers and of a random one."""
    count = studio.easel.sampler.generator.num_ws
    names = [*(name for name, (start, _) in RANGES.items() if start < count), "all"]
    cells = [(name, parse_layers(name, count)) for name in names]
    cells += [(_name([layer]), (layer,)) for layer in range(count)]
    (drawn,) = draw_layers(count, 1, 1, seeded(options.draw_seed))
    cells.append((f"random: {drawn[0]}", drawn))
    if options.layers not in {*names, "random"}:
        cells += [(_name(layers), layers) for layers in studio.choices]
    options = replace(options, columns=options.columns or min(_COLUMNS, len(cells)))
    return _publish_sheet(studio, options, cells, progress)


def _publish_sheet(
    studio: _Studio,
    options: RestyleOptions,
    cells: Sequence[tuple[str, tuple[int, ...]]],
    progress: Progress | None,
) -> Path:
    """Write a sheet: both faces, then one for every choice of layers."""
    options = resolve(options, studio.easel, smallest=_SHEET)
    size, many = options.size or 0, len(cells) + 2 * len(studio.sitters)  # each with a photo
    columns = options.columns or math.ceil(math.sqrt(many))  # or more
    check_sheet(options.out.suffix, (columns, math.ceil(many / columns)), size)
    heads = _draw_heads(studio)
    images = [image for _, image in heads]
    images += _draw(studio, options, [layers for _, layers in cells], progress)
    sheet = contact_sheet(
        [resize_image(image, size) for image in images],
        columns=options.columns,
        labels=[title for title, _ in (*heads, *cells)],
    )
    return _publish(studio, options, options.out, sheet)


def _draw(
    studio: _Studio,
    options: RestyleOptions,
    choices: Sequence[Sequence[int]],
    progress: Progress | None = None,
) -> list[Image]:
    """Draw the face with the styles of some layers, for every choice."""
    face, style = (sitter.styles for sitter in studio.sitters.values())
    sampler = studio.easel.sampler
    return draw_injections(
        sampler, face, style, choices, strength=options.strength, progress=progress
    )


def _draw_heads(studio: _Studio) -> list[tuple[str, Image]]:
    """Draw both faces as they are, each after its photo if it has one."""
    heads = []
    for role, sitter in studio.sitters.items():
        if sitter.photo is not None:
            heads.append((f"{role}: photo", sitter.photo))
        (image,) = draw_each(studio.easel.sampler, sitter.styles)
        heads.append((f"{role}: {Path(sitter.name).stem}", image))
    return heads


def _is_done(studio: _Studio, path: Path, options: RestyleOptions) -> bool:
    """Tell whether a picture of a folder is there, drawn in the same way."""
    return is_done(path, describe_sitters("restyle", options, studio.easel, studio.sitters))


def _publish(studio: _Studio, options: RestyleOptions, path: Path, image: Image) -> Path:
    """Write a picture as the options want it."""
    manifest = describe_sitters("restyle", options, studio.easel, studio.sitters)
    quality, overwrite = options.quality, options.overwrite
    return publish_image(image, path, manifest, quality=quality, overwrite=overwrite)


def _name(layers: Sequence[int]) -> str:
    """Return a caption for some layers."""
    return f"layer{'s' if len(layers) > 1 else ''} {format_layers(layers)}"
