"""Write latents beside the differences of the generator that draws them, and read both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from facewright.device import pick_device
from facewright.errors import FileError, InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable, load_generator, load_labels, read_template
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.latents.files import StoredLatents, Tuning, load_latents, save_latents
from facewright.latents.tuning import KIND, apply_tuning, pack_tuning
from facewright.pipelines.weights import ENCODED, open_weights, pick_weights
from facewright.tasks.inverting.inverter import TEMPLATE, Inverter
from facewright.tasks.inverting.photo import InvertedPhoto
from facewright.types import Card

TUNING = ".tuning.safetensors"
"""How the file of a tuning is called, after the name of a face."""


@dataclass(frozen=True, slots=True)
class OpenLatents:
    """Latents of a file, and the generator that draws them, tuned if they want that."""

    stored: StoredLatents
    generator: Generator
    labels: LabelTable
    template: str
    """How faces are cut that the generator draws."""
    models: dict[str, str]
    """Name of each set of weights → sha256."""
    device: torch.device


def name_tuning(latents: Path) -> Path:
    """Return where the differences of a generator go: beside the latents that want them."""
    return latents.with_name(latents.stem + TUNING)


def save_inverted(
    path: Path, inverter: Inverter, found: InvertedPhoto, *, consent: str
) -> list[Path]:
    """Write the latents of a face, and before them the differences of its generator, if any.

    Args:
        path: Of the latents, `NAME.latents`; files that are there are replaced.
        inverter: What found them.
        found: The latents.
        consent: Who agreed to what.

    Returns:
        The files.

    Raises:
        FileError: One cannot be written.
    """
    stored, files = replace(found.stored, consent=consent), [path]
    if found.tuned is not None:
        beside = name_tuning(path)
        base = {"name": inverter.name, "sha256": inverter.sha256}
        card = Card(path.stem, KIND, licence="that of the generator", trained_on="one photo")
        bundle = pack_tuning(inverter.generator, found.tuned, card, base=base)
        try:
            written = save_bundle(beside, bundle, half=True)
        except WeightsError as error:
            raise FileError(str(error), hint=error.hint) from error
        stored = replace(stored, tuning=Tuning(beside.name, written.sha256))
        files.insert(0, beside)
    save_latents(path, stored)
    return files


def open_latents(
    path: Path,
    weights: str | None = None,
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> OpenLatents:
    """Read latents, and load the generator that draws them.

    Args:
        path: A file that `facewright invert` wrote.
        weights: The generator: a name of the catalog or a file; None is the one that the latents
            name, if it is in the catalog, or the starter.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        progress: Called with how far a download of weights is.

    Returns:
        Everything ready to draw.

    Raises:
        FileError: The latents are missing or damaged.
        InputError: They belong to another generator, or there is no such device.
        WeightsError: There is no such generator, or what changes it is missing or another.
    """
    stored, place = load_latents(path), pick_device(device)
    own = stored.latents.generator
    bundle = open_weights(
        weights or (own if own in known_cards() else pick_weights(None, starters=ENCODED)), progress
    )
    stored.check_generator(bundle.card.name, bundle.card.sha256)
    generator = load_generator(bundle)
    wanted = (generator.num_ws, generator.config.w_dim)
    if stored.latents.space != "w+" or stored.latents.values.shape[1:] != wanted:
        raise InputError(f"{path} does not fit `{bundle.card.name}`, though it says so")
    models = {bundle.card.name: bundle.card.sha256}
    if stored.tuning is not None:
        tuning = load_bundle(path.parent / stored.tuning.file, sha256=stored.tuning.sha256)
        apply_tuning(generator, tuning, sha256=bundle.card.sha256)
        models[stored.tuning.file] = stored.tuning.sha256
    cut = read_template(bundle) or TEMPLATE
    return OpenLatents(stored, generator.to(place), load_labels(bundle), cut, models, place)
