"""Breed two sets of weights into one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.commands.models.export import BUNDLE, check_file
from facewright.jobs.options import Replacing
from facewright.types import Bundle, Card

if TYPE_CHECKING:
    from facewright.hub.store import Progress


@dataclass(frozen=True, kw_only=True)
class BreedOptions(Replacing):
    """Crossing of two generators, and destination."""

    out: Path
    """The bundle to write, such as bred.safetensors."""
    at: int | None = None
    """Layers of fewer pixels come from LOW, those of as many or more from HIGH: 4, 8, 16, ... up to
    the size of the pictures of HIGH, or to twice that of LOW. Without it, all layers are alike."""
    width: float = 0.0
    """Width of the transition, in doublings of the resolution: 0 is abrupt, 0.5 mixes the layers
    beside it, 2 nearly all."""
    amount: float = 1.0
    """Weight of HIGH, 0 to 1: 0 is LOW, 1 is HIGH, 0.5 the mean of all weights."""
    name: str | None = None
    """Name of the new weights; that of the file if not given."""


def breed_models(
    low: str, high: str, *, options: BreedOptions, progress: Progress | None = None
) -> Path:
    """Cross two generators of which one was fine-tuned from the other.

    Coarse layers, of few pixels, carry the shape of a face, fine ones its surface. So
    `models breed toons.safetensors faces-128 --at 32` has the proportions of toons and the skin of
    people, and `models breed faces-128 toons.safetensors --at 32` the other way round. Pictures are
    as large as those of HIGH. Labels mean what they mean to LOW.

    Args:
        low: The generator of the coarse layers: a name or a file.
        high: That of the fine layers.
        options: Crossing and destination.
        progress: Called with the progress of a download.

    Returns:
        The bundle.

    Raises:
        InputError: An option is invalid, or the bundle is there already.
        WeightsError: There are no such weights, or their architectures differ.

    Examples:
        facewright models breed toons.safetensors faces-128 --at 32 -o shape.safetensors
        facewright models breed faces-128 toons.safetensors --amount 0.5 -o half.safetensors
    """
    from facewright.gan.breed import Crossing, breed_generators
    from facewright.gan.weights import load_generator, load_labels, pack_generator, read_template
    from facewright.hub.bundle import save_bundle
    from facewright.pipelines.weights import open_weights

    _check(options)
    crossing = Crossing(options.at, options.width, options.amount)
    bundles = [open_weights(name, progress) for name in (low, high)]
    ones, others = (load_generator(bundle) for bundle in bundles)
    bred = breed_generators(ones, others, crossing)
    card = _describe(bundles[0], bundles[1], options)
    labels, template = load_labels(bundles[0]), read_template(bundles[0])
    half = all(_is_half(bundle) for bundle in bundles)
    save_bundle(
        options.out, pack_generator(bred, card, labels=labels, template=template), half=half
    )
    return options.out


def _check(options: BreedOptions) -> None:
    """Reject invalid options before anything is loaded."""
    if options.at is None and options.amount in (0, 1):
        raise InputError(
            "nothing says what comes from which of the two",
            hint="--at 16 takes layers from 16 pixels on from HIGH, --amount 0.5 mixes all layers",
        )
    if options.at is None and options.width:
        raise InputError("--width is that of a crossing", hint="say where it is: --at 16")
    check_file(options.out, (BUNDLE,), overwrite=options.overwrite)


def _describe(low: Bundle, high: Bundle, options: BreedOptions) -> Card:
    """Return the card of what is bred: both licences hold, and both data."""
    where = "all layers" if options.at is None else f"HIGH from {options.at} pixels on"
    soft = f", width {options.width:g}" if options.width else ""
    amount = f", amount {options.amount:g}" if options.amount != 1 else ""
    parents = " and ".join(f"{one.card.name} {one.card.sha256[:12]}" for one in (low, high))
    return Card(
        name=options.name or options.out.stem,
        kind=low.card.kind,
        licence=_join(low.card.licence, high.card.licence),
        trained_on=_join(low.card.trained_on, high.card.trained_on),
        source=f"facewright models breed of {parents}: {where}{soft}{amount}",
    )


def _join(one: str, other: str) -> str:
    """Return two statements as one, where they differ."""
    return one if one == other else f"{one}; and {other}"


def _is_half(bundle: Bundle) -> bool:
    """Return whether weights are kept in half precision."""
    import torch

    kept = {tensor.dtype for tensor in bundle.tensors.values()}
    return torch.float32 not in kept
