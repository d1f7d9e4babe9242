"""Mix the styles of people: a grid as in the StyleGAN papers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.jobs.options import Enlarging, Output, PeopleOptions

if TYPE_CHECKING:
    from facewright.hub.store import Progress


@dataclass(frozen=True, kw_only=True)
class MixOptions(PeopleOptions, Enlarging, Output):
    """People, layers, and destination."""

    rows: str
    """Seeds of the people who keep their own styles in all other layers, such as 1-4."""
    columns: str
    """Seeds of the people who give the styles of --layers, such as 5-8."""
    out: Path
    """The picture to write: .png, .jpg, .webp or .bmp."""
    layers: str = "4-"
    """Layers whose styles come from the columns: coarse, middle, fine, all, or such as 0-3,7; the
    default is middle and fine."""


def mix_faces(options: MixOptions, *, progress: Progress | None = None) -> list[Path]:
    """Mix the styles of people: a grid as in the StyleGAN papers.

    Each cell is the person of its row with the styles of some layers taken from the person of its
    column: the coarse structure of the one, the details of the other.

    Args:
        options: Whose styles, which layers, and where to.
        progress: Called with the number of people drawn, and of all.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, or the file is there already.
        WeightsError: There are no such weights.

    Examples:
        facewright mix --rows 1-4 --columns 5-8 -o mix.png
        facewright mix --rows 1 --columns 5-8 --layers fine -o colours.png
    """
    from facewright.jobs.checks import check_options, check_sheet
    from facewright.jobs.outputs import publish
    from facewright.pipelines.draw.generate import SHEET, MixPipeline
    from facewright.pipelines.inputs import read_seeds
    from facewright.provenance.publish import PICTURES, check_destination

    check_options(options)
    rows, columns = read_seeds(options.rows, "rows"), read_seeds(options.columns, "columns")
    sampling = options.sampling()
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    mix = MixPipeline(
        options.weights,
        refiner=options.pick_refiner(),
        device=options.device,
        dtype=options.precision,
        progress=progress,
    )
    size = mix.pick_size(options.size, SHEET)
    check_sheet(options.out.suffix, (len(columns) + 1, len(rows) + 1), size)
    grid = mix(
        rows, columns, layers=options.layers, size=size, sampling=sampling, progress=progress
    )
    return [publish(grid, options.out, options)]
