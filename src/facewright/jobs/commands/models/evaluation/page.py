"""Write the report of a generator as a page: one file, which needs no network."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from facewright.errors import FileError
from facewright.files import HINT, replacing
from facewright.jobs.commands.models.evaluation.report import (
    FEWEST,
    Audit,
    Flaws,
    Group,
    draw_again,
)
from facewright.latents.scenes import FaceSampler
from facewright.media.drawing.sheets import SheetStyle, contact_sheet
from facewright.provenance.publish import render_image
from facewright.types import Image, Manifest
from facewright.version import __version__

PAGE = "index.html"
"""File name of the page."""

_TEMPLATE = Path(__file__).with_name("page.html")
_COLUMNS, _MOST_SHOWN = 8, 32
_QUALITY = 92
_LIKENESS = (
    "<b>likeness</b>, which learned from one picture of each person: it is no face recognition, "
    "and people who look alike to it are not one person"
)
_FEATURES = (
    "<b>face-features</b>, which learned to tell the age, gender and ethnicity that annotators "
    "saw: what does not matter for these, such as ears or grounds, counts little"
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws people for the page, as figures whose pictures carry a manifest."""

    sampler: FaceSampler
    manifest: Manifest
    """Manifest of all pictures on the page."""

    def again(self, seeds: Sequence[int], caption: str, *, columns: int = _COLUMNS) -> str:
        """Write a figure of people, by seed."""
        return self.show(draw_again(self.sampler, seeds), caption, columns=columns) if seeds else ""

    def show(
        self,
        images: Sequence[Image],
        caption: str,
        *,
        columns: int = _COLUMNS,
        rows: Sequence[str] = (),
    ) -> str:
        """Write a figure."""
        style = SheetStyle(gap=4, text_size=13)
        columns = min(columns, len(images))
        sheet = contact_sheet(images, columns=columns, row_labels=rows, style=style)
        data = base64.b64encode(render_image(sheet, ".jpg", self.manifest, quality=_QUALITY))
        said = html.escape(caption)
        return (
            f'<figure><img src="data:image/jpeg;base64,{data.decode("ascii")}" '
            f'width="{sheet.shape[1]}" alt="{said}"><figcaption>{said}</figcaption></figure>'
        )


def write_page(
    folder: Path,
    audit: Audit,
    values: Mapping[str, float],
    names: tuple[str, str],
    pictures: Pictures,
) -> Path:
    """Write the page.

    Args:
        folder: Folder of the page; made if missing.
        audit: The measurements.
        values: Further values, by name.
        names: Names of the weights and of the dataset.
        pictures: Draws the people on the page.

    Raises:
        FileError: It cannot be written.
    """
    weights, dataset = map(html.escape, names)
    psi = pictures.sampler.sampling.truncation_psi
    cut = (
        ""
        if audit.known_template
        else (
            " The weights do not say how faces are cut; they are taken to be cut as "
            f"<code>{audit.template}</code> does."
        )
    )
    lead = (
        f"{audit.count:,} made-up people at psi {psi:g}, as they come: nobody is drawn anew. "
        f"They are compared with {dataset}, which is taken for what they were learned from.{cut}"
    )
    parts: list[Callable[[Audit, Pictures], str]] = [_quality, _variety, _originality]
    sections = [part(audit, pictures) for part in parts]
    sections += [_group(group, pictures) for group in audit.groups] or [_no_groups()]
    sections += [_flaws(audit.flaws, pictures)] if audit.flaws else []
    sections.append(_section("Other numbers", _table([(n, f"{v:.4g}") for n, v in values.items()])))
    page = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        weights=weights, version=html.escape(__version__), lead=lead, sections="\n".join(sections)
    )
    path = folder / PAGE
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error
    return path


def _quality(audit: Audit, pictures: Pictures) -> str:
    """Write the distance of generated people to real ones."""
    found = audit.quality
    ratio = found.made / max(found.real, 1e-9)
    rows = [
        (
            "Fréchet distance to one half of the real people",
            f"{found.made:.4f}",
            f"{found.real:.4f}",
        ),
        ("how many times that of real people", f"{ratio:.2f}", "1"),
    ]
    return _section(
        "Quality",
        "<p>How far they are, as a whole, from real people. The other half of the real people "
        "is what can be reached.</p>",
        _table(rows, ("", "made up", "real")),
        pictures.show(
            list(audit.people[:_MOST_SHOWN]), "The people of the first seeds, not chosen."
        ),
        _limits(
            f"{found.count:,} pictures on each side, seen by {_FEATURES}. Few pictures make "
            "every distance larger, so that numbers of different counts do not compare. It says "
            "nothing of single pictures."
        ),
    )


def _variety(audit: Audit, pictures: Pictures) -> str:
    """Write how often two generated people look alike."""
    rows = [
        ("pairs that look alike", _share(audit.variety.share), _share(audit.real_variety.share))
    ]
    pairs = [seed for pair in audit.variety.pairs for seed in pair]
    return _section(
        "Variety",
        "<p>How often two of them look like one person. More than among real people means that "
        "faces repeat.</p>",
        _table(rows, ("", "made up", "real")),
        pictures.again(pairs, "The pairs that look most alike, side by side: both made up."),
        _limits(
            f"All pairs, by {_LIKENESS}. Two strangers of one age, gender and ethnicity count as "
            "alike once in a hundred. Pictures of one generator resemble each other in ways "
            "that are no likeness, and where the real set has several pictures of a person, its "
            "own share is higher."
        ),
    )


def _originality(audit: Audit, pictures: Pictures) -> str:
    """Write whether generated people are copies of people in the training data."""
    found = audit.nearness
    strangers = (
        f"real people of {html.escape(audit.held_out)}, whom the generator has not seen"
        if audit.held_out
        else "people of the set itself, each beside the others"
    )
    rows = [
        ("nearer to somebody than 99 % of strangers are", _share(found.near_share), "1 %"),
        ("chance to be nearer than a stranger", f"{found.score:.2f}", "0.50"),
        *(
            (f"likeness to the nearest, {name}", f"{made:.3f}", f"{real:.3f}")
            for name, (made, real) in found.quantiles.items()
        ),
    ]
    return _section(
        "Originality",
        "<p>How near each of them comes to the person of the set who resembles them most, "
        f"against {strangers}. A generator that copies has people who are nearer.</p>",
        _table(rows, ("", "made up", "strangers")),
        pictures.again(
            audit.nearest, "Those who come nearest to somebody of the set, the nearest first."
        ),
        _limits(
            f"The cosine of {_LIKENESS}. It sees brows, eyes, nose, mouth and chin: a copied "
            "ground or hair is not found, nor is a copy that was turned. Where the set has "
            "several pictures of a person, strangers out of the set itself are too near, and "
            "the number flatters."
        ),
    )


def _group(group: Group, pictures: Pictures) -> str:
    """Write the quality of people with each value of a label."""
    rows = [
        (one.value, "too few" if one.distance is None else f"{one.distance:.4f}", f"{one.real:,}")
        for one in group.values
    ]
    ratio = "" if group.ratio is None else f" The worst is {group.ratio:.2f} times the best."
    images = [image for one in group.values for image in one.examples]
    columns = len(group.values[0].examples)
    return _section(
        f"By {html.escape(group.name)}",
        f"<p>How far people with each value are from real people with it.{ratio}</p>",
        _table(rows, ("", "Fréchet distance", "real pictures")),
        pictures.show(
            images,
            "The first of each, not chosen.",
            columns=columns,
            rows=[one.value for one in group.values],
        ),
        _limits(
            f"{group.count:,} pictures on each side of each value, and none where there are "
            f"fewer than {FEWEST} real ones; seen by {_FEATURES}. Values of one label compare "
            "with each other alone: fewer pictures make distances larger. Labels are what "
            "annotators saw, not what people are; a group whose real pictures are more alike "
            "has smaller distances for that reason, too."
        ),
    )


def _no_groups() -> str:
    """Say that there are no groups."""
    return _section(
        "By group",
        "<p>Not measured: the generator and the set have no label in common with enough "
        "pictures. Whether it is worse for some people is not known.</p>",
    )


def _flaws(found: Flaws, pictures: Pictures) -> str:
    """Write which people the scorer of the weights predicts to be flawed."""
    rows = [
        (f"{name}: {value}", _share(share))
        for name, shares in found.low.items()
        for value, share in shares.items()
    ]
    known = [share for shares in found.low.values() for share in shares.values()]
    spread = f" They go from {_share(min(known))} to {_share(max(known))}." if known else ""
    return _section(
        "Flaws",
        "<p>The weights guess from w who would look flawed. By default they draw "
        f"{_share(found.rejected)} of all people anew ({_share(found.asked)} of each combination "
        "of labels are meant). Below is how many of each group are among the fifth of all "
        f"people with the lowest scores.{spread}</p>",
        _table(rows, ("", "among the lowest fifth")) if rows else "",
        pictures.again(found.worst, "The lowest scores."),
        pictures.again(found.best, "The highest scores."),
        _limits(
            "By the scorer of the weights, which learned to guess a score of pictures from w, "
            "and finds only some of what is flawed. The card of the weights says how well it "
            "does. A group with more low scores may look worse, or be scored worse."
        ),
    )


def _section(title: str, *parts: str) -> str:
    """Write a section."""
    return f"<section>\n<h2>{title}</h2>\n" + "\n".join(filter(None, parts)) + "\n</section>"


def _limits(text: str) -> str:
    """Write the method of a measurement, and its limits."""
    return f'<p class="limits">Measured by: {text}</p>'


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Write a table of numbers."""
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    lines = "\n".join(
        f"<tr><td>{html.escape(name)}</td>"
        + "".join(f'<td class="number">{html.escape(cell)}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return f'<div class="wide"><table>{f"<tr>{top}</tr>" if head else ""}\n{lines}\n</table></div>'


def _share(share: float) -> str:
    """Return a share in percent with two digits that count.

    >>> _share(0.0123), _share(0.5), _share(0)
    ('1.2 %', '50 %', '0 %')
    """
    return f"{100 * share:.2g} %"
