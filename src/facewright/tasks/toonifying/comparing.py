"""Lay the snapshots of a run side by side, to choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options, check_sheet
from facewright.latents.scenes import draw_cast
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.tasks.drawing import DrawOptions, Easel, describe, open_easel, read_seeds, resolve
from facewright.training.names import snapshot_kimg
from facewright.types import Image

_SIZE = 96  # pixels, if nothing else is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions(DrawOptions):
    """Whom every snapshot draws, and how."""

    seeds: str = "0-7"
    """One person per column, such as 0-7 or 1,5,42."""
    every: int = 1
    """Take only every second snapshot with 2, every third with 3, and so on; and the last."""


def compare_snapshots(
    run: Path, *, options: CompareOptions, progress: Progress | None = None
) -> Path:
    """Draw the same people with every snapshot of a run: one row each, the oldest first.

    Where a run began with --resume, --weights puts what it began with above.

    Args:
        run: The folder of a run of `facewright train generator`, or any folder of bundles.
        options: Whom, and how.
        progress: Called with how many rows are drawn, and of how many.

    Returns:
        The sheet.

    Raises:
        InputError: An option is invalid, the folder holds no snapshots, the sheet would be too
            large, or the file is there already.
        WeightsError: A snapshot is damaged.
    """
    check_options(options)
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    seeds, found = read_seeds(options.seeds), _list_snapshots(run, options.every)
    begun = [] if options.weights is None else [(options.weights, "begun with")]
    rows = begun + [(str(path), _name_row(path)) for path in found]
    last = open_easel(replace(options, weights=rows[-1][0]))
    size = options.size or max(_SIZE, last.sampler.generator.config.resolution)
    check_sheet(options.out.suffix, (len(seeds), len(rows)), size)
    drawn: list[Image] = []
    models: dict[str, str] = {}
    easels = (open_easel(replace(options, weights=weights)) for weights, _ in rows)
    for number, easel in enumerate(easels, 1):
        drawn += _draw_row(easel, seeds)
        models |= easel.models
        if progress:
            progress(number, len(rows))
    size = options.size or max(size, *(len(image) for image in drawn))
    sheet = contact_sheet(
        [resize_image(image, size) for image in drawn],
        columns=len(seeds),
        row_labels=[label for _, label in rows],
        column_labels=[f"seed {seed}" for seed in seeds],
    )
    manifest = describe("models compare", resolve(replace(options, size=size), last), seeds, last)
    publish_image(sheet, options.out, replace(manifest, models=models), overwrite=options.overwrite)
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


def _draw_row(easel: Easel, seeds: Sequence[int]) -> list[Image]:
    """Draw everybody with one generator."""
    cast = [(seed, dict[str, str]()) for seed in seeds]
    return list(draw_cast(easel.sampler, cast))
