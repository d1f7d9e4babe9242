"""Bring weights in from other projects, and take them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from facewright.errors import InputError
from facewright.expressions.classifier import read_keras
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import save_bundle
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress, find_weights
from facewright.interop.read import LAYOUTS, Checkpoint, read_checkpoint
from facewright.interop.write import WRITERS, write_generator
from facewright.pipelines.weights import cache_folder, open_weights
from facewright.types import Bundle, Card

_BUNDLE = ".safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Where imported weights go, and what their card says."""

    out: Path
    """The bundle to write, such as faces.safetensors."""
    part: str | None = None
    """Which network of a file with several, such as encoder; otherwise its main one."""
    name: str | None = None
    """What the weights are called; otherwise as the new file."""
    licence: str | None = None
    """Their licence, which files do not say, such as CC-BY-4.0; otherwise unknown."""
    trained_on: str | None = None
    """The data that they were trained on; otherwise unknown."""
    overwrite: bool = False
    """Replace a file that is there already."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was found in a file, and what was written."""

    path: Path
    """The bundle."""
    layout: str
    """How the file was written, in words."""
    found: tuple[str, ...]
    """Everything in the file that can be imported."""
    card: Card
    """Of the bundle."""


def import_model(
    file: str, options: ImportOptions, *, progress: Progress | None = None
) -> Imported:
    """Read a checkpoint of another project, and write it as a bundle.

    Nothing in the file is run: `docs/guides/import.md` lists what can be read.

    Args:
        file: A file, or a name that `facewright models list` shows.
        options: Where to, and what the card says.
        progress: Called with how far a download is.

    Returns:
        What was found and written.

    Raises:
        InputError: The bundle is there already, or the file has no such part.
        WeightsError: The file is damaged, hostile, or holds nothing that can be read.
    """
    _check_out(options.out, (_BUNDLE,), overwrite=options.overwrite)
    entry = known_cards().get(file)
    path = find_weights(file, cache=cache_folder(), progress=progress)
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


def export_model(weights: str, *, out: Path, overwrite: bool = False) -> Path:
    """Write a generator for other projects.

    Args:
        weights: A name that `facewright models list` shows, or a bundle.
        out: .pt is read by rosinality's project and those built on it, .safetensors holds the
            tensors alone by the names of StyleGAN2-ADA, .onnx needs no PyTorch: z goes in,
            pictures come out, psi and noise may be given. What labels mean is kept in .safetensors.
        overwrite: Replace a file that is there already.

    Returns:
        The file that was written.

    Raises:
        InputError: The file is there already, or its ending is none of these.
        WeightsError: There are no such weights, or the form cannot hold them.
    """
    _check_out(out, tuple(WRITERS), overwrite=overwrite)
    bundle = open_weights(weights)
    write_generator(out, load_generator(bundle), load_labels(bundle))
    return out


def _check_out(out: Path, suffixes: tuple[str, ...], *, overwrite: bool) -> None:
    """Raise if a file cannot be written under a name."""
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{out} does not end in {' or '.join(suffixes)}", hint="name it so")
    if out.is_dir():
        raise InputError(f"{out} is a folder", hint=f"name a file in it, such as x{suffixes[0]}")
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there already", hint="pass --overwrite to replace it")


def _adopt(checkpoint: Checkpoint) -> Checkpoint:
    """Turn the networks of a checkpoint that rooms other than `gan` know into theirs."""
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
