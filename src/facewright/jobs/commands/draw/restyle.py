"""Give a face the styles of another in some layers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from facewright.errors import InputError
from facewright.jobs.commands.draw.faces import ChangeOptions, check_faces

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.latents.scenes import FaceSampler
    from facewright.pipelines.draw.edit import RestylePipeline
    from facewright.pipelines.draw.latents import LatentSource
    from facewright.types import Image, Json, Manifest

Layers: TypeAlias = "Sequence[int] | Mapping[int, float]"

_COLUMNS = 6
_RANDOM = re.compile(r"random(?::(\d{1,3}))?")


@dataclass(frozen=True, kw_only=True)
class RestyleOptions(ChangeOptions):
    """Layers and weight of the styles, and destination."""

    out: Path
    """The picture to write: .png, .jpg, .webp or .bmp; with --count a sheet, or a folder with one
    file for each draw."""
    layers: str = "all"
    """Layers whose styles are replaced: all, coarse, middle, fine, numbers such as 0-6,9, each with
    a weight of its own such as coarse:0.2,8-11; none; random for one layer, or random:3 for
    three."""
    strength: float = 1.0
    """Weight of the styles, 0 to 1: 0 changes nothing, 1 replaces them; times that of a layer."""
    sheet: bool = False
    """Draw the comparison: both faces, each range, each single layer, and a random one."""
    count: int | None = None
    """Number of random choices of layers, with --layers random."""
    draw_seed: int = 0
    """Seed of the random choices of layers; it is recorded in the result."""
    columns: int | None = None
    """Number of columns of a sheet."""
    format: Literal["png", "jpg", "webp"] = "png"
    """File format in a folder."""


def restyle_face(
    face: str, style: str, *, options: RestyleOptions, progress: Progress | None = None
) -> list[Path]:
    """Replace styles of a face by those of another: injection into w+, layer by layer.

    What a layer carries differs between generators; the guide has measurements for faces-128.

    Args:
        face: Who keeps the rest: a seed such as 42 or 42:age=30-39,gender=Female, a .latents file,
            or a photo.
        style: Whose styles come in: likewise.
        options: Which layers, how much, and where to.
        progress: Called with the number of faces drawn, and of all.

    Returns:
        The files that were written.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or
            latents belong to another generator.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.

    Examples:
        facewright restyle 42 7 --layers middle -o restyled.png
        facewright restyle 42:gender=Female 7:gender=Male --layers coarse:0.3,fine -o mixed.png
        facewright restyle portrait.jpg 7 --sheet --consent self -o layers.png
    """
    from facewright.jobs.checks import check_options
    from facewright.pipelines.draw.edit import RestylePipeline
    from facewright.provenance.publish import PICTURES, check_destination

    check_options(options)
    if options.count and (options.sheet or not _RANDOM.fullmatch(options.layers)):
        raise InputError(
            "--count is how often random layers are drawn",
            hint="pass --layers random, and leave out --sheet",
        )
    if not _is_folder(options):
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
    check_faces("restyle", {"FACE": face, "STYLE": style}, options)
    restyle = RestylePipeline(
        options.weights,
        refiner=options.pick_refiner(),
        device=options.device,
        dtype=options.precision,
        progress=progress,
    )
    return restyle_with(restyle, (face, style), options, progress)


def restyle_with(
    restyle: RestylePipeline,
    named: tuple[str, str],
    options: RestyleOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `restyle_face` does with networks that are open already.

    Args:
        restyle: The pipeline.
        named: The face and the style: seeds, files of latents or photos.
        options: Which layers, how much, and where to.
        progress: Called with the number of faces drawn, and of all.
    """
    sampler = restyle.sampler(options.sampling())
    pair = restyle.read_pair(
        *named,
        sampler,
        refine=options.refine,
        faces=options.faces,
        consent=options.consent,
        progress=progress,
    )
    faces = _Pair(restyle, sampler, pair, options, progress)
    layers = _choose(options, restyle.generator.num_ws)
    if options.sheet:
        return [faces.publish_comparison(layers)]
    if options.count and not _is_folder(options):
        return [faces.publish_sheet([(_name(one), one) for one in layers])]
    return faces.publish_each(layers)


def _choose(options: RestyleOptions, count: int) -> list[Layers]:
    """Return the layers of each picture that is not on a comparison."""
    from facewright.device import seeded
    from facewright.latents.edit import draw_layers, parse_weights

    drawn = _RANDOM.fullmatch(options.layers.strip().lower())
    if drawn is None:
        return [parse_weights(options.layers, count)]
    size = int(drawn[1] or 1)
    return [*draw_layers(count, size, options.count or 1, seeded(options.draw_seed))]


def _is_folder(options: RestyleOptions) -> bool:
    """Return whether the draws go to a folder, by its name."""
    return options.count is not None and not options.out.suffix


class _Pair:
    """Both faces, ready to be drawn with the styles of any layers."""

    def __init__(
        self,
        restyle: RestylePipeline,
        sampler: FaceSampler,
        pair: tuple[LatentSource, LatentSource],
        options: RestyleOptions,
        progress: Progress | None,
    ) -> None:
        self.restyle, self.sampler, self.pair = restyle, sampler, pair
        self.options, self.progress = options, progress
        self.tuned = restyle.tune(sampler, pair[0].tuning)

    def publish_each(self, choices: Sequence[Layers]) -> list[Path]:
        """Write one picture for every choice of layers; an interrupted folder goes on."""
        from facewright.jobs.outputs import is_done, publish, record
        from facewright.latents.edit import format_layers
        from facewright.pipelines.result import Result
        from facewright.provenance.publish import PICTURES, check_destination

        options, paths = self.options, [self.options.out]
        if _is_folder(options):
            names = (f"draw{n:03d}.{options.format}" for n in range(1, len(choices) + 1))
            paths = [options.out / name for name in names]
        one, size = replace(options, count=None), self.restyle.pick_size(options.size)
        waiting = []
        for path, layers in zip(paths, choices, strict=True):
            manifest = self.describe(size, layers=format_layers(layers))
            if options.overwrite or not is_done(path, record(manifest, one)):
                check_destination(path, PICTURES, overwrite=options.overwrite)
                waiting.append((path, layers, manifest))
        known, many = len(paths) - len(waiting), self.sampler.batch
        for group in (waiting[first : first + many] for first in range(0, len(waiting), many)):
            images = self.draw([layers for _, layers, _ in group])
            for image, (path, _, manifest) in zip(images, group, strict=True):
                publish(Result(self.restyle.enlarge(image, size), manifest), path, one)
            known += len(group)
            if self.progress:
                self.progress(known, len(paths))
        return paths

    def publish_comparison(self, choices: Sequence[Layers]) -> Path:
        """Write the sheet of both faces, of ranges, of single layers and of a random one."""
        from facewright.device import seeded
        from facewright.latents.edit import RANGES, draw_layers, parse_layers

        count, options = self.restyle.generator.num_ws, self.options
        names = [*(name for name, (start, _) in RANGES.items() if start < count), "all"]
        cells: list[tuple[str, Layers]] = [(name, parse_layers(name, count)) for name in names]
        cells += [(_name([layer]), (layer,)) for layer in range(count)]
        (drawn,) = draw_layers(count, 1, 1, seeded(options.draw_seed))
        cells.append((f"random: {drawn[0]}", drawn))
        if options.layers not in {*names, "random"}:
            cells += [(_name(layers), layers) for layers in choices]
        self.options = replace(options, columns=options.columns or min(_COLUMNS, len(cells)))
        return self.publish_sheet(cells)

    def publish_sheet(self, cells: Sequence[tuple[str, Layers]]) -> Path:
        """Write a sheet: both faces, then one for every choice of layers."""
        from facewright.jobs.checks import check_sheet
        from facewright.jobs.outputs import publish
        from facewright.media.drawing.sheets import contact_sheet
        from facewright.pipelines.draw.generate import SHEET
        from facewright.pipelines.result import Result

        options, size = self.options, self.restyle.pick_size(self.options.size, SHEET)
        many = len(cells) + 2 * len(self.pair)  # each with a photo
        columns = options.columns or math.ceil(math.sqrt(many))  # or more
        check_sheet(options.out.suffix, (columns, math.ceil(many / columns)), size)
        heads = self.draw_heads()
        images = [image for _, image in heads]
        images += self.draw([layers for _, layers in cells], self.progress)
        sheet = contact_sheet(
            [self.restyle.enlarge(image, size) for image in images],
            columns=options.columns,
            labels=[title for title, _ in (*heads, *cells)],
        )
        return publish(Result(sheet, self.describe(size)), options.out, options)

    def draw_heads(self) -> list[tuple[str, Image]]:
        """Draw both faces as they are, each after what was cut out of its photo, if it has one."""
        from facewright.latents.scenes import draw_each

        heads = []
        for role, source in zip(("face", "style"), self.pair, strict=True):
            if source.crop is not None:
                heads.append((f"{role}: photo", source.crop.image))
            (image,) = draw_each(self.tuned, source.ws)
            heads.append((f"{role}: {Path(source.name).stem}", image))
        return heads

    def draw(self, choices: Sequence[Layers], progress: Progress | None = None) -> list[Image]:
        """Draw the face with the styles of some layers, for every choice."""
        from facewright.latents.scenes import draw_injections

        (face, style), strength = (one.ws for one in self.pair), self.options.strength
        return draw_injections(
            self.tuned, face, style, choices, strength=strength, progress=progress
        )

    def describe(self, size: int, **layers: Json) -> Manifest:
        """Record how a picture comes about."""
        face, style = self.pair
        said: dict[str, Json] = {"face": face.name, "style": style.name, "size": size, **layers}
        return self.restyle.describe(self.sampler, said, face.used | style.used)


def _name(layers: Layers) -> str:
    """Return a caption for some layers."""
    from facewright.latents.edit import format_layers

    return f"layer{'s' if len(layers) > 1 else ''} {format_layers(layers)}"
