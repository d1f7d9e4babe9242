"""Make people, a mixing grid and a clip, and a page that shows them."""

from __future__ import annotations

import html
import shlex
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from string import Template
from typing import Any

from facewright.errors import FileError
from facewright.files import replacing
from facewright.gan.weights import LabelTable, load_labels
from facewright.hub.store import Progress
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.pipelines.weights import open_weights, pick_weights
from facewright.types import Card, Precision
from facewright.version import __version__

_PAGE = Path(__file__).with_name("demo.html")
_MOST_VALUES = 10  # of a label that a sheet shows


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One thing that the page shows."""

    title: str
    text: str
    command: str
    """The task, as on the command line."""
    perform: Callable[..., list[Path]]
    options: GenerateOptions | MixOptions | InterpolateOptions
    described: str
    """For those who cannot see it."""


def make_demo(
    *,
    out: Path = Path("demo"),
    weights: str | None = None,
    precision: Precision = "auto",
    device: str = "auto",
    progress: Progress | None = None,
) -> Path:
    """Make people, a mixing grid and a clip, and a page that shows them.

    Args:
        out: The folder. What an earlier demo left there is replaced; other files stay.
        weights: The generator: a name that `facewright models list` shows, or a file.
        precision: Number format of the convolutions.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        progress: Called with how far each part is.

    Returns:
        The page, index.html.

    Raises:
        WeightsError: There are no such weights.
        FileError: The folder cannot be written.
    """
    name = pick_weights(weights)
    bundle = open_weights(name, progress)
    common = {"weights": name, "precision": precision, "device": device, "overwrite": True}
    exhibits = plan_exhibits(out, load_labels(bundle), common)
    for exhibit in exhibits:
        exhibit.perform(exhibit.options, progress=progress)
    hidden = {"overwrite"} | (set() if weights else {"weights"})
    page = render_page(exhibits, bundle.card, hidden)
    path = out / "index.html"
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


def format_command(
    task: str, options: GenerateOptions | MixOptions | InterpolateOptions, hidden: set[str]
) -> str:
    """Write the command line that options stand for.

    Args:
        task: The name of the command.
        options: Those that have their default are left out.
        hidden: Options to leave out.

    Example:
        >>> options = GenerateOptions(seeds="0-3", truncation_psi=0.5, out=Path("a b.png"))
        >>> format_command("generate", options, set())
        "facewright generate --seeds 0-3 --truncation-psi 0.5 --out 'a b.png'"
    """
    words = ["facewright", task]
    ordered = sorted(fields(options), key=lambda field: (field.name == "out", _has_default(field)))
    for field in ordered:
        value = getattr(options, field.name)
        if field.name in hidden or (_has_default(field) and value == field.default):
            continue
        dashed = f"--{field.name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(dashed if value else dashed.replace("--", "--no-", 1))
        else:
            several = value if isinstance(value, tuple) else (value,)
            words += [word for one in several for word in (dashed, shlex.quote(str(one)))]
    return " ".join(words)


def render_page(exhibits: list[Exhibit], card: Card, hidden: set[str]) -> str:
    """Write the page that shows the exhibits.

    Args:
        exhibits: In order; their files lie beside the page.
        card: Of the weights.
        hidden: Options that the commands on the page leave out.

    Returns:
        HTML that needs no other file but theirs.
    """
    figures = "\n".join(_render_exhibit(exhibit, hidden) for exhibit in exhibits)
    facts = {
        "Weights": card.name,
        "Trained on": card.trained_on,
        "Licence of the weights": card.licence,
        "sha256": card.sha256,
        "Facewright": __version__,
    }
    rows = "\n".join(
        f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items()
    )
    template = Template(_PAGE.read_text(encoding="utf-8"))
    return template.substitute(exhibits=figures, facts=rows)


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


def _render_exhibit(exhibit: Exhibit, hidden: set[str]) -> str:
    """Write one exhibit as HTML."""
    name = exhibit.options.out.name
    alt = html.escape(exhibit.described, quote=True)
    picture = f'<a href="{name}"><img src="{name}" alt="{alt}"></a>'
    if exhibit.options.out.suffix == ".mp4":
        playing = "autoplay muted loop playsinline controls"
        picture = f'<video src="{name}" aria-label="{alt}" {playing}></video>'
    weights = Path(exhibit.options.weights or "").name or None  # the page may be published
    beside = replace(exhibit.options, out=Path(name), weights=weights)
    command = html.escape(format_command(exhibit.command, beside, hidden))
    return (
        f"<section>\n<h2>{html.escape(exhibit.title)}</h2>\n<p>{html.escape(exhibit.text)}</p>\n"
        f"<figure>{picture}\n<figcaption><code>{command}</code></figcaption></figure>\n</section>"
    )


def _has_default(field: Any) -> bool:
    """Tell whether an option may be left out."""
    return field.default is not MISSING
