"""Open the networks that turn a photo into latents, and say which they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from facewright.device import configure_cuda, pick_device, pick_dtype
from facewright.errors import InputError
from facewright.faces.similarity.features import KIND as FEATURES
from facewright.faces.similarity.features import FaceFeatures, load_face_features
from facewright.faces.similarity.identity import KIND as LIKENESS
from facewright.faces.similarity.identity import Likeness, load_likeness
from facewright.faces.templates import TEMPLATES
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, read_template
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.latents.encoder.psp import KIND as ENCODER
from facewright.latents.encoder.psp import Encoder, load_encoder
from facewright.latents.encoder.quick import quicken
from facewright.pipelines.weights import CARTOONED, open_weights, pick_weights
from facewright.tasks.lookout import pick_kind
from facewright.types import Bundle

TEMPLATE = "tight"
"""How faces are cut for a generator that does not say how its own were: as `prepare` cuts them."""

NONE = "none"
"""What to name instead of an encoder to begin with the average face."""


@dataclass(frozen=True, slots=True)
class Inverter:
    """Networks that turn a face into latents, and what a manifest says about them."""

    generator: Generator
    name: str
    """Of the generator."""
    sha256: str
    """Of the generator's file."""
    template: str
    """How faces are cut that the generator draws."""
    encoder: Encoder | None
    """Where a search begins; None is the average face."""
    begins: str
    """The name of the encoder, or `NONE`."""
    features: FaceFeatures
    likeness: Likeness
    models: dict[str, str]
    """Name of each set of weights → sha256."""
    device: torch.device


def open_inverter(
    weights: str | None = None,
    *,
    encoder: str | None = None,
    template: str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Inverter:
    """Load a generator, and what finds its latents.

    Args:
        weights: The generator: a name of the catalog or a file; None is the starter.
        encoder: A name or a file; "none" begins with the average face; None takes the encoder of
            the catalog that belongs to the generator, or the average face if there is none.
        template: How faces are cut that the generator draws; None is what its weights say, or
            `TEMPLATE`.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        progress: Called with how far a download of weights is.

    Returns:
        Everything ready to invert faces.

    Raises:
        InputError: There is no such device or template, or the encoder belongs to another
            generator.
        WeightsError: There are no such weights, or they are of another kind.
    """
    place = pick_device(device)
    bundle = open_weights(pick_weights(weights, starters=CARTOONED), progress)
    cut = template or read_template(bundle) or TEMPLATE
    if cut not in TEMPLATES:
        raise InputError(f"no template is called `{cut}`", hint=f"one of: {', '.join(TEMPLATES)}")
    configure_cuda(place, repeatable=True)
    begins = _open_encoder(bundle, encoder, progress)
    features, likeness = (
        open_weights(pick_kind(kind, known_cards()), progress) for kind in (FEATURES, LIKENESS)
    )
    used = [bundle, features, likeness, *([begins] if begins else [])]
    return Inverter(
        load_generator(bundle, place),
        bundle.card.name,
        bundle.card.sha256,
        cut,
        quicken(load_encoder(begins, place), pick_dtype(place)) if begins else None,
        begins.card.name if begins else NONE,
        load_face_features(features, place),
        load_likeness(likeness),
        {one.card.name: one.card.sha256 for one in used},
        place,
    )


def _open_encoder(bundle: Bundle, named: str | None, progress: Progress | None) -> Bundle | None:
    """Return the encoder that is named, or the one that ships for a generator, if there is one."""
    if named == NONE:
        return None
    if named is not None:
        encoder = open_weights(named, progress)
        if (owner := _find_owner(encoder)) not in ("", bundle.card.sha256):
            raise InputError(
                f"the encoder `{named}` belongs to another generator ({owner[:12]})",
                hint="name the one that was trained for this generator, or --encoder none",
            )
        return encoder
    for name, entry in known_cards().items():
        if entry.card.kind == ENCODER and entry.file:
            encoder = open_weights(name, progress)
            if _find_owner(encoder) == bundle.card.sha256:
                return encoder
    return None


def _find_owner(encoder: Bundle) -> str:
    """Return the sha256 of the generator that an encoder was trained for; empty if unknown."""
    told = encoder.config.get("generator")
    return str(told.get("sha256", "")) if isinstance(told, dict) else ""
