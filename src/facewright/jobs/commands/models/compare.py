"""Draw the snapshots of a training run side by side, to choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.options import Output, PeopleOptions
from facewright.training.names import snapshot_kimg

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.pipelines.draw.generate import GeneratePipeline
    from facewright.types import Image

_SIZE = 96  # pixels, if nothing else is asked for


@dataclass(frozen=True, kw_only=True)
class CompareOptions(PeopleOptions, Output):
    """People that every snapshot draws, and destination."""

    out: Path
    """The sheet to write: .png, .jpg, .webp or .bmp."""
    weights: str | None = None
    """Weights for a row at the top, such as those that the run started from: a name or a file."""
    seeds: str = "0-7"
    """One person per column, such as 0-7 or 1,5,42."""
    every: int = 1
    """Use every n-th snapshot, and the last one."""


def compare_snapshots(
    run: Path, *, options: CompareOptions, progress: Progress | None = None
) -> Path:
    """Draw the same people with every snapshot of a training run, a row each, the oldest first.

    For a run that began with --resume, --weights adds a row above for the weights it began with.

    Args:
        run: The folder of a run of `facewright train generator`, or any folder of bundles.
        options: People and destination.
        progress: Called with the number of rows drawn, and of all.

    Returns:
        The sheet.

    Raises:
        InputError: An option is invalid, the folder holds no snapshots, the sheet would be too
            large, or the file is there already.
        WeightsError: A snapshot is damaged.

    Examples:
        facewright models compare runs/faces -o snapshots.png
        facewright models compare runs/toons --weights faces-128 --every 5 -o snapshots.png
    """
    from facewright.jobs.checks import check_options, check_sheet
    from facewright.jobs.outputs import record
    from facewright.media.drawing.sheets import contact_sheet
    from facewright.media.stills.resize import resize_image
    from facewright.pipelines.draw.generate import GeneratePipeline
    from facewright.pipelines.inputs import read_seeds
    from facewright.pipelines.result import Ingredients
    from facewright.provenance.publish import PICTURES, check_destination, publish_image

    check_options(options)
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    seeds, found = read_seeds(options.seeds), _list_snapshots(run, options.every)
    begun = [] if options.weights is None else [(options.weights, "begun with")]
    rows = begun + [(str(path), _name_row(path)) for path in found]

    def open_row(weights: str) -> GeneratePipeline:
        return GeneratePipeline(weights, device=options.device, dtype=options.precision)

    last = open_row(rows[-1][0])
    size = options.size or max(_SIZE, last.resolution)
    check_sheet(options.out.suffix, (len(seeds), len(rows)), size)
    drawn: list[Image] = []
    models: dict[str, str] = {}
    for number, (weights, _) in enumerate(rows, 1):
        pipeline = open_row(weights)
        drawn += _draw_row(pipeline, options, seeds)
        models |= pipeline.models
        if progress:
            progress(number, len(rows))
    size = options.size or max(size, *(len(image) for image in drawn))
    sheet = contact_sheet(
        [resize_image(image, size) for image in drawn],
        columns=len(seeds),
        row_labels=[label for _, label in rows],
        column_labels=[f"seed {seed}" for seed in seeds],
    )
    about = last.describe(
        last.sampler(options.sampling()), {"size": size}, Ingredients(seeds=seeds)
    )
    manifest = replace(record(about, options), task="models compare", models=models)
    publish_image(
        sheet, options.out, manifest, quality=options.quality, overwrite=options.overwrite
    )
    return options.out


def _list_snapshots(run: Path, every: int) -> list[Path]:
    """Return the bundles of a folder, the oldest first."""
    if every < 1:
        raise InputError(
            f"--every takes a number from 1 on, not {every}", hint="2 takes every second snapshot"
        )
    if not run.is_dir():
        raise InputError(f"{run} is no folder", hint="name the folder of a run: --outdir of train")
    aged = ((snapshot_kimg(path), path) for path in run.glob("snapshot-*.safetensors"))
    found = [path for _, path in sorted(pair for pair in aged if pair[0] is not None)]
    if not found:
        kept = (p for p in run.glob("*.safetensors") if not p.name.startswith("checkpoint-"))
        found = sorted(kept)
    if not found:
        raise InputError(
            f"{run} holds no snapshots", hint="train generator writes them every --snap ticks"
        )
    last = len(found) - 1
    return [path for number, path in enumerate(found) if number % every == 0 or number == last]


def _name_row(path: Path) -> str:
    """Return what stands beside a row: how many kimg, or the name of the file."""
    kimg = snapshot_kimg(path)
    return path.stem if kimg is None else f"{kimg:,g} kimg"


def _draw_row(
    pipeline: GeneratePipeline, options: CompareOptions, seeds: Sequence[int]
) -> list[Image]:
    """Draw everybody with one generator."""
    from facewright.latents.scenes import draw_varied

    sampler = pipeline.sampler(options.sampling())
    return list(draw_varied(sampler, [(seed, dict[str, str]()) for seed in seeds]))
