"""The page of the demo: what it shows, and the command behind each."""

from __future__ import annotations

import html
import shlex
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from string import Template
from typing import Any, TypeAlias

from facewright.jobs.commands.draw.generate import GenerateOptions
from facewright.jobs.commands.draw.interpolate import InterpolateOptions
from facewright.jobs.commands.draw.mix import MixOptions
from facewright.types import Card
from facewright.version import __version__

Drawn: TypeAlias = GenerateOptions | MixOptions | InterpolateOptions
"""The options of a command that draws people."""

_PAGE = Path(__file__).with_name("page.html")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One thing that the page shows."""

    title: str
    text: str
    command: str
    """Its name on the command line."""
    perform: Callable[..., list[Path]]
    options: Drawn
    described: str
    """For those who cannot see it."""


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


def format_command(command: str, options: Drawn, hidden: set[str]) -> str:
    """Write the command line that options stand for.

    Args:
        command: Its name.
        options: Those that have their default are left out.
        hidden: Options to leave out.

    Example:
        >>> options = GenerateOptions(seeds="0-3", truncation_psi=0.5, out=Path("a b.png"))
        >>> format_command("generate", options, set())
        "facewright generate --seeds 0-3 --truncation-psi 0.5 --out 'a b.png'"
    """
    words = ["facewright", command]
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
