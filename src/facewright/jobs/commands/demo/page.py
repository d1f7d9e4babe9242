"""Write the results of a demo: a page, and one large picture."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import torch

from facewright.jobs.commands.demo.exhibits import Exhibit
from facewright.media.decode import read_image
from facewright.media.drawing.strips import draw_strips
from facewright.media.stills.resize import fit_image
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.result import Ingredients, build_manifest
from facewright.provenance.publish import CLIPS, publish_image, read_manifest, render_image
from facewright.types import Card, Json
from facewright.version import __version__

_PAGE = Path(__file__).with_name("page.html")
_SIDE, _QUALITY = 1280, 88  # pixels of a picture on the page at most; of its JPEG


@dataclass(frozen=True, slots=True)
class Shown:
    """An exhibit that was made, or could not be."""

    exhibit: Exhibit
    command: str
    """The command line that makes it."""
    files: tuple[Path, ...]
    """Pictures, or one clip; none if nothing could be made."""
    reason: str = ""
    """Why nothing could be made; empty otherwise."""


def render_page(shown: list[Shown], card: Card) -> str:
    """Write the page that shows the exhibits.

    Args:
        shown: The exhibits in order.
        card: Card of the generator.

    Returns:
        HTML that holds the pictures and clips, and needs nothing else.
    """
    facts = {
        "Generator": card.name,
        "Trained on": card.trained_on,
        "Licence of the weights": card.licence,
        "sha256": card.sha256,
        "Facewright": __version__,
    }
    rows = "\n".join(
        f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items()
    )
    template = Template(_PAGE.read_text(encoding="utf-8"))
    return template.substitute(exhibits="\n".join(map(_render_exhibit, shown)), facts=rows)


def write_overview(shown: Sequence[Shown], path: Path, device: torch.device) -> None:
    """Draw the pictures of a demo on one sheet, each with its title.

    Args:
        shown: The exhibits; clips and those that could not be made are left out.
        path: The file to write; an existing one is replaced.
        device: The device that made them, for the manifest.

    Raises:
        FileError: The file cannot be written.
    """
    still = [one for one in shown if one.files and one.files[0].suffix not in CLIPS]
    found = [read_manifest(file) for one in still for file in one.files]
    used = Ingredients(
        models={name: sha for one in found for name, sha in one.models.items()},
        seeds=tuple(dict.fromkeys(seed for one in found for seed in one.seeds)),
        consent=GENERATED,
    )
    said: dict[str, Json] = {"shows": [one.exhibit.name for one in still]}
    strips = [(one.exhibit.title, [read_image(file) for file in one.files]) for one in still]
    manifest = build_manifest("demo", said, used, device)
    publish_image(draw_strips(strips), path, manifest, quality=_QUALITY, overwrite=True)


def _render_exhibit(one: Shown) -> str:
    """Write one exhibit as HTML."""
    alt = html.escape(one.exhibit.described, quote=True)
    pictures = "\n".join(_embed(path, alt) for path in one.files)
    if not one.files:
        pictures = f'<p class="missing">Not made: {html.escape(one.reason or "no face")}</p>'
    return (
        f"<section>\n<h2>{html.escape(one.exhibit.title)}</h2>\n"
        f"<p>{html.escape(one.exhibit.text)}</p>\n"
        f'<figure><div class="row">{pictures}</div>\n'
        f"<figcaption><code>{html.escape(one.command)}</code></figcaption></figure>\n</section>"
    )


def _embed(path: Path, alt: str) -> str:
    """Return a picture, with its manifest, or a clip as an element that holds all of it."""
    if path.suffix in CLIPS:
        data, kind = path.read_bytes(), "video/mp4"
    else:
        image = fit_image(read_image(path), _SIDE)
        data, kind = (
            render_image(image, ".jpg", read_manifest(path), quality=_QUALITY),
            "image/jpeg",
        )
    source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    if path.suffix in CLIPS:
        playing = "autoplay muted loop playsinline controls"
        return f'<video src="{source}" aria-label="{alt}" {playing}></video>'
    return f'<img src="{source}" alt="{alt}">'
