"""Import a checkpoint of another project, without running code in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.commands.models.export import BUNDLE, check_file
from facewright.jobs.options import Replacing
from facewright.types import Bundle, Card

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.interop.read import Checkpoint


@dataclass(frozen=True, kw_only=True)
class ImportOptions(Replacing):
    """Destination of imported weights, and entries of their card."""

    out: Path
    """The bundle to write, such as faces.safetensors."""
    part: str | None = None
    """Which network of a file with several, such as encoder; the main one if not given."""
    name: str | None = None
    """Name of the weights; that of the new file if not given."""
    licence: str | None = None
    """Licence of the weights, which files do not contain, such as CC-BY-4.0; unknown if not
    given."""
    trained_on: str | None = None
    """The data that they were trained on; unknown if not given."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was found in a file, and what was written."""

    path: Path
    """The bundle."""
    layout: str
    """Layout of the file, in words."""
    found: tuple[str, ...]
    """Everything in the file that can be imported."""
    card: Card
    """Card of the bundle."""


def import_model(
    file: str, options: ImportOptions, *, progress: Progress | None = None
) -> Imported:
    """Read a checkpoint of another project, and write it as a bundle.

    No code in the file is run. The guide on importing lists the formats that can be read.

    Args:
        file: A file, or a name that `facewright models list` shows.
        options: Destination, and entries of the card.
        progress: Called with the progress of a download.

    Returns:
        What was found and written.

    Raises:
        InputError: The bundle exists already, or the file has no such part.
        WeightsError: The file is damaged, malicious, or holds nothing that can be read.

    Examples:
        facewright models import stylegan2-ffhq.pkl --licence CC-BY-NC-4.0 -o ffhq.safetensors
        facewright models import psp.pt --part encoder --name psp -o encoder.safetensors
    """
    from facewright.hub.bundle import save_bundle
    from facewright.hub.cards import known_cards
    from facewright.interop.read import LAYOUTS, read_checkpoint
    from facewright.pipelines.weights import fetch_weights

    check_file(options.out, (BUNDLE,), overwrite=options.overwrite)
    entry = known_cards().get(file)
    path = fetch_weights(file, progress)
    checkpoint = _adopt(read_checkpoint(path, name=options.name or options.out.stem))
    bundle = _pick_part(checkpoint, options.part)
    card = bundle.card
    if entry:
        card = replace(card, licence=entry.card.licence, trained_on=entry.card.trained_on)
        card = replace(card, source=f"{entry.card.source}; {card.source}")
    card = replace(
        card,
        licence=options.licence or card.licence,
        trained_on=options.trained_on or card.trained_on,
    )
    written = save_bundle(options.out, replace(bundle, card=card))
    return Imported(options.out, LAYOUTS[checkpoint.layout], tuple(checkpoint.parts), written)


def _adopt(checkpoint: Checkpoint) -> Checkpoint:
    """Turn the networks of a checkpoint that packages other than `gan` know into theirs."""
    from facewright.expressions.classifier import read_keras

    parts: dict[str, Bundle] = {}
    for name, bundle in checkpoint.parts.items():
        named = read_keras(bundle)
        parts |= {name: bundle} if named is None else {named.card.kind: named}
    return replace(checkpoint, parts=parts)


def _pick_part(checkpoint: Checkpoint, part: str | None) -> Bundle:
    """Return the part of a checkpoint that was asked for."""
    parts = checkpoint.parts
    if part is not None and part not in parts:
        raise InputError(
            f"the file has no part called `{part}`", hint=f"it has: {', '.join(parts)}"
        )
    return parts[part] if part else next(iter(parts.values()))
