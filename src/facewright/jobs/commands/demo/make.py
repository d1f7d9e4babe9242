"""Make people, a mixing grid and a clip, and a page that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.errors import FileError
from facewright.jobs.commands.demo.page import Exhibit, render_page
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.jobs.options import Runtime
from facewright.types import Precision

if TYPE_CHECKING:
    from facewright.gan.weights import LabelTable
    from facewright.hub.store import Progress

_MOST_VALUES = 10  # of a label that a sheet shows


@dataclass(frozen=True, kw_only=True)
class DemoOptions(Runtime):
    """With which generator, and where to."""

    out: Path = Path("demo")
    """The folder. What an earlier demo left there is replaced; other files stay."""
    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""
    precision: Precision = "auto"
    """Number format of the convolutions."""


def make_demo(*, options: DemoOptions | None = None, progress: Progress | None = None) -> Path:
    """Make people, a mixing grid and a clip, and a page that shows them.

    Args:
        options: With which generator, and where to; None is the default of each.
        progress: Called with how far each part is.

    Returns:
        The page, index.html.

    Raises:
        WeightsError: There are no such weights.
        FileError: The folder cannot be written.

    Examples:
        facewright demo
        facewright demo --weights faces-64 -o tour
    """
    from facewright.files import replacing
    from facewright.gan.weights import load_labels
    from facewright.pipelines.weights import open_weights, pick_weights

    options = options or DemoOptions()
    name = pick_weights(options.weights)
    bundle = open_weights(name, progress)
    common = {
        "weights": name,
        "precision": options.precision,
        "device": options.device,
        "overwrite": True,
    }
    exhibits = plan_exhibits(options.out, load_labels(bundle), common)
    for exhibit in exhibits:
        exhibit.perform(exhibit.options, progress=progress)
    hidden = {"overwrite"} | (set() if options.weights else {"weights"})
    page = render_page(exhibits, bundle.card, hidden)
    path = options.out / "index.html"
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def plan_exhibits(out: Path, labels: LabelTable, common: Mapping[str, Any]) -> list[Exhibit]:
    """Return what a demo shows.

    Args:
        out: The folder.
        labels: What the labels of the generator mean; with labels, one exhibit varies them.
        common: Options of all exhibits.
    """
    people = Exhibit(
        "People who do not exist",
        "Each seed names a person. The same seed gives the same face, to the last bit.",
        "generate",
        generate_faces,
        GenerateOptions(seeds="0-39", columns=8, out=out / "people.png", **common),
        "A contact sheet of forty generated faces",
    )
    mixed = Exhibit(
        "Structure of one, details of another",
        "Each cell keeps the coarse structure of the person on the left, and takes middle and fine "
        "styles from the person above.",
        "mix",
        mix_faces,
        MixOptions(rows="1-4", columns="5-10", out=out / "mix.png", **common),
        "A grid of faces: four rows mixed with six columns",
    )
    walk = Exhibit(
        "From person to person",
        "A walk through the space of faces that returns to where it began.",
        "interpolate",
        interpolate_faces,
        InterpolateOptions(seeds="3,8,21,34", seconds=6, size=384, out=out / "clip.mp4", **common),
        "A clip of one face turning into the next",
    )
    return [people, *_plan_labels(out, labels, common), mixed, walk]


def _plan_labels(out: Path, labels: LabelTable, common: Mapping[str, Any]) -> list[Exhibit]:
    """Return an exhibit of people by the two labels that have most values, if there are labels."""
    shown = [group for group in labels.groups if 2 <= len(group.values) <= _MOST_VALUES]
    shown = sorted(shown, key=lambda group: -len(group.values))[:2]
    names = [group.name for group in labels.groups if group in shown]
    if not names:
        return []
    seeds = "7" if len(names) == 2 else "0-7"
    described = " and ".join(names)
    fixed = tuple(
        f"{group.name}={group.values[0]}" for group in labels.groups if group not in shown
    )
    exhibit = Exhibit(
        f"People by {described}",
        "Labels choose who is drawn; the seed stays the same."
        if len(names) == 2
        else "Labels choose who is drawn: one row per value, one column per seed.",
        "generate",
        generate_faces,
        GenerateOptions(
            seeds=seeds, vary=",".join(names), label=fixed, out=out / "labels.png", **common
        ),
        f"A sheet of faces by {described}",
    )
    return [exhibit]
