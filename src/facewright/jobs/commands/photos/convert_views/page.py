"""Show before and after on a page: one file, which needs no other and no network."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from facewright.errors import FileError
from facewright.files import replacing
from facewright.media.stills.resize import fit_image
from facewright.provenance.publish import render_image
from facewright.types import Image, Manifest
from facewright.version import __version__

_TEMPLATE = Path(__file__).with_name("page.html")
_SIDE = 1280  # pixels of a picture on the page, at most
_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Leaf:
    """A picture on the page, by strength."""

    name: str
    images: Sequence[Image]
    """Pictures by strength; the first is the original."""
    strengths: Sequence[float]
    manifest: Manifest
    """Manifest of the last picture."""


def write_page(leaves: Sequence[str], path: Path, way: str) -> None:
    """Write a page with a slider between before and after for each picture.

    Args:
        leaves: The pictures, from `render_leaf`.
        path: The file to write.
        way: Name of the translator.

    Raises:
        FileError: The page cannot be written.
    """
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    page = template.substitute(
        way=html.escape(way), figures="\n".join(leaves), version=html.escape(__version__)
    )
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def render_leaf(leaf: Leaf) -> str:
    """Write one picture as HTML; in every strength it carries a manifest, which says that."""
    name = html.escape(leaf.name)
    before, *after = (
        _embed(image, leaf.manifest, strength)
        for image, strength in zip(leaf.images, leaf.strengths, strict=True)
    )
    height, width = leaf.images[0].shape[:2]
    layers = f'<img class="before" src="{before}" alt="{name} before">\n'
    layers += "\n".join(
        f'<img class="after" src="{picture}" alt="{name} at strength {strength:.3g}"'
        f"{'' if strength == leaf.strengths[-1] else ' hidden'}>"
        for picture, strength in zip(after, leaf.strengths[1:], strict=True)
    )
    return (
        f'<section>\n<h2>{name}</h2>\n<div class="view" style="--wide:{width}px;'
        f'aspect-ratio:{width}/{height}">\n{layers}\n<span class="line"></span>\n'
        f'<input class="split" type="range" min="0" max="100" value="50" step="0.1" '
        f'aria-label="{name}, before and after">\n</div>\n{_render_steps(leaf.strengths)}</section>'
    )


def _render_steps(strengths: Sequence[float]) -> str:
    """Write the slider that chooses a strength, where there are several."""
    if len(strengths) < 3:
        return ""
    most = len(strengths) - 2
    names = ",".join(f"{strength:.3g}" for strength in strengths[1:])
    return (
        '<label class="steps">Strength <output>'
        f'{strengths[-1]:.3g}</output><input type="range" min="0" max="{most}" value="{most}" '
        f'data-strengths="{names}"></label>\n'
    )


def _embed(image: Image, manifest: Manifest, strength: float) -> str:
    """Return a picture as an address that holds all of it."""
    said = replace(manifest, parameters={**manifest.parameters, "strength": strength})
    data = render_image(fit_image(image, _SIDE), ".jpg", said, quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')}"
