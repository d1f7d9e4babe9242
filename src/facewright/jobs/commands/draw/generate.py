"""Generate people who do not exist: one by one, on a sheet, or by the values of a label."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facewright.errors import InputError
from facewright.jobs.options import Enlarging, Output, PeopleOptions

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.latents.scenes import FaceSampler
    from facewright.pipelines.draw.generate import GeneratePipeline
    from facewright.types import Image, Json

_FILES = {".tif", ".tiff", ".gif", ".mp4", ".pdf", ".svg", ".avif"}  # meant as no folder


@dataclass(frozen=True, kw_only=True)
class GenerateOptions(PeopleOptions, Enlarging, Output):
    """People to generate, and layout of the results."""

    seeds: str
    """Seeds of the people: numbers and ranges such as 0-15,42."""
    out: Path
    """A picture (.png, .jpg, .webp, .bmp), of several people a contact sheet; or a folder, for one
    file per person."""
    sheet: bool = False
    """Draw a contact sheet; in a folder it is written beside the files as sheet.png."""
    columns: int | None = None
    """Number of columns of a sheet; about as many as rows if not given."""
    captions: bool = False
    """Write its seed below each person on a sheet."""
    vary: str | None = None
    """Draw a sheet with one row per value of this label, such as age, and one column per seed; or,
    as age,gender, one column per value of the second label."""
    format: Literal["png", "jpg", "webp"] = "png"
    """File format in a folder."""


def generate_faces(options: GenerateOptions, *, progress: Progress | None = None) -> list[Path]:
    """Generate people who do not exist.

    The same seeds, weights, options and type of device give the same files, bit for bit.

    Args:
        options: People, sampling, and destination.
        progress: Called with the number of people drawn, and of all.

    Returns:
        The files that were written.

    Raises:
        InputError: An option is invalid, or a file is there already.
        WeightsError: There are no such weights.

    Examples:
        facewright generate --seeds 0-15 -o people.png
        facewright generate --seeds 0-99 --age 30-39 -o people
    """
    from facewright.jobs.checks import check_options, check_sheet
    from facewright.jobs.outputs import publish
    from facewright.media.drawing.sheets import contact_sheet
    from facewright.pipelines.draw.generate import SHEET, GeneratePipeline
    from facewright.pipelines.inputs import read_seeds
    from facewright.pipelines.result import Ingredients, Result

    check_options(options)
    seeds, sampling = read_seeds(options.seeds), options.sampling()
    files, sheet = _plan_files(options, seeds)
    generate = GeneratePipeline(
        options.weights,
        refiner=options.pick_refiner(),
        device=options.device,
        dtype=options.precision,
        progress=progress,
    )
    sampler = generate.sampler(sampling)
    size = generate.pick_size(options.size, SHEET)  # on a sheet
    if options.vary is not None:
        image = _draw_varied(generate, sampler, options, seeds, progress)
        said: dict[str, Json] = {"vary": options.vary, "size": size}
        manifest = generate.describe(sampler, said, Ingredients(seeds=seeds))
        return [publish(Result(image, manifest), options.out, options)]

    seeds = seeds if sheet else tuple(dict.fromkeys(seeds))  # a file holds each person once
    columns = options.columns or math.ceil(math.sqrt(len(seeds)))  # or more
    if sheet:
        check_sheet(sheet.suffix, (columns, math.ceil(len(seeds) / columns)), size)
    alone = replace(options, sheet=False, columns=None, captions=False)
    tiles, waiting = [], dict(files)
    people = generate.stream(sampler, seeds, size=options.size)
    for done, (seed, person) in enumerate(zip(seeds, people, strict=True), 1):
        if path := waiting.pop(seed, None):
            publish(person, path, alone)
        if sheet:
            tiles.append(person.image if options.size else generate.enlarge(person.image, size))
        if progress:
            progress(done, len(seeds))
    if not sheet:
        return list(files.values())
    captions = [f"seed {seed}" for seed in seeds] if options.captions else []
    image = contact_sheet(tiles, columns=options.columns, labels=captions)
    manifest = generate.describe(sampler, {"size": size}, Ingredients(seeds=seeds))
    on_sheet = replace(options, sheet=True)
    return [*files.values(), publish(Result(image, manifest), sheet, on_sheet)]


def _plan_files(
    options: GenerateOptions, seeds: tuple[int, ...]
) -> tuple[dict[int, Path], Path | None]:
    """Return the file of each seed that gets one, and that of the sheet; none is there yet."""
    from facewright.provenance.publish import PICTURES, check_destination

    out, suffix = options.out, options.out.suffix.lower()
    alone = suffix in PICTURES or (suffix in _FILES and not out.is_dir())  # refused below
    as_sheet = options.sheet or options.vary is not None or (alone and len(seeds) > 1)
    if options.vary is not None:
        read_vary(options.vary, options.choose_labels(), len(seeds))
        if not alone:
            raise InputError("--vary draws one sheet", hint="name a picture, such as -o people.png")
    files = {} if alone else {s: out / f"seed{s:04d}.{options.format}" for s in seeds}
    if alone and not as_sheet:
        files = {seeds[0]: out}
    sheet = (out if alone else out / "sheet.png") if as_sheet else None
    for path in (*files.values(), *([sheet] if sheet else [])):
        check_destination(path, PICTURES, overwrite=options.overwrite)
    return files, sheet


def read_vary(text: str, chosen: Collection[str], people: int) -> tuple[str, ...]:
    """Read which labels a sheet varies.

    Args:
        text: One or two names, such as "age,gender".
        chosen: Labels that the options choose.
        people: How many seeds there are.

    Returns:
        The names: rows, then columns.

    Raises:
        InputError: A label is named twice or chosen too, or there are too many labels or seeds.
    """
    names = tuple(name.strip() for name in text.split(","))
    if len(names) > 2 or (len(names) == 2 and people != 1):
        raise InputError(
            f"--vary {text} does not fit {people} seeds",
            hint="one label and any seeds, or two labels and one seed",
        )
    if len(set(names)) < len(names):
        raise InputError(f"--vary {text} names a label twice", hint="such as --vary age,gender")
    if both := [name for name in names if name in chosen]:
        raise InputError(
            f"the label `{both[0]}` is both chosen and varied",
            hint=f"leave out --vary {both[0]} or the choice",
        )
    return names


def _draw_varied(
    generate: GeneratePipeline,
    sampler: FaceSampler,
    options: GenerateOptions,
    seeds: Sequence[int],
    progress: Progress | None,
) -> Image:
    """Draw a sheet of people by the values of one or two labels."""
    from facewright.jobs.checks import check_sheet
    from facewright.latents.scenes import draw_varied, find_group
    from facewright.media.drawing.sheets import contact_sheet
    from facewright.pipelines.draw.generate import SHEET

    size = generate.pick_size(options.size, SHEET)
    names = read_vary(options.vary or "", sampler.chosen, len(seeds))
    rows, *others = (find_group(sampler.labels, name) for name in names)
    across = [{group.name: value} for group in others for value in group.values] or [{}]
    people = [
        (seed, {rows.name: value, **column})
        for value in rows.values
        for column in across
        for seed in seeds
    ]
    headers = others[0].values if others else [f"seed {seed}" for seed in seeds]
    check_sheet(options.out.suffix, (len(headers), len(rows.values)), size)
    tiles = []
    for image in draw_varied(sampler, people):
        tiles.append(generate.enlarge(image, size))
        if progress:
            progress(len(tiles), len(people))
    return contact_sheet(tiles, columns=len(headers), row_labels=rows.values, column_labels=headers)
