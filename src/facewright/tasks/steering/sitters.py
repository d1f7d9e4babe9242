"""Open the latents of a face: of a seed, or of a file of latents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from facewright.encode.latents import load_latents
from facewright.errors import FileError, InputError
from facewright.gan.scenes import find_styles
from facewright.hub.bundle import file_sha256
from facewright.tasks.drawing import DrawOptions, Easel, describe, read_seeds
from facewright.types import Manifest

LATENTS = ".latents"
"""The extension of a file of latents."""

_NOT_RECORDED = {"consent"}  # it has its own place in a manifest


@dataclass(frozen=True, slots=True)
class Sitter:
    """A face as a generator knows it, and what a manifest says about it."""

    name: str
    """The seed, or the name of the file without its folder."""
    styles: torch.Tensor
    """(1, layers, w_dim)."""
    seeds: tuple[int, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    """Name of each file → sha256."""


def is_seed(text: str) -> bool:
    """Tell a seed from the name of a file: it is nothing but digits."""
    return text.isascii() and text.isdigit()


def check_sitter(text: str, role: str) -> None:
    """Raise what makes no sense, before anything is loaded.

    Args:
        text: A seed, or a file of latents.
        role: What an error calls it, such as "FACE".

    Raises:
        InputError: It is neither.
        FileError: There is no such file.
    """
    if is_seed(text):
        read_seeds(text, role)
        return
    path = Path(text)
    if not path.is_file():
        raise FileError(
            f"there is no {text}", hint=f"{role} is a seed, such as 42, or a {LATENTS} file"
        )
    if path.suffix.lower() != LATENTS:
        raise InputError(f"{text} holds no latents", hint=f"{role} is a seed or a {LATENTS} file")


def open_sitter(easel: Easel, text: str) -> Sitter:
    """Find the latents of a face.

    Args:
        easel: Whose latents; it truncates seeds, and draws those labels that are chosen.
        text: As `check_sitter` takes it.

    Raises:
        FileError: A file is missing or damaged.
        InputError: Its latents belong to another generator, or are not those of one face.
    """
    if is_seed(text):
        return Sitter(text, find_styles(easel.artist, [int(text)]), seeds=(int(text),))
    path = Path(text)
    stored = load_latents(path)
    name, generator = str(easel.resolved["weights"]), easel.artist.generator
    stored.check_generator(name, easel.models[name])
    count, space = len(stored.latents.values), stored.latents.space
    if count != 1 or space == "z":
        raise InputError(
            f"{text} holds {count} latents in {space}",
            hint="it takes those of one face, in w or w+",
        )
    styles = stored.latents.spread(generator.layers).values.to(easel.device)
    return Sitter(path.name, styles, sources={path.name: file_sha256(path)})


def list_files(*texts: str) -> list[str]:
    """Return those that are files: they may show somebody real."""
    return [text for text in texts if not is_seed(text)]


def describe_sitters(
    task: str, options: DrawOptions, easel: Easel, sitters: Mapping[str, Sitter], consent: str
) -> Manifest:
    """Say how a picture of changed people comes about.

    Args:
        task: The name of the task, as on the command line.
        options: Settled ones.
        easel: What draws it.
        sitters: Role, such as "face" → who.
        consent: What there is to record of it.
    """
    seeds = [seed for sitter in sitters.values() for seed in sitter.seeds]
    manifest = describe(task, options, seeds, easel)
    said = {key: v for key, v in manifest.parameters.items() if key not in _NOT_RECORDED}
    sources = {
        f"{role}/{name}": sha256
        for role, sitter in sitters.items()
        for name, sha256 in sitter.sources.items()
    }
    return replace(
        manifest,
        parameters=said | {role: sitter.name for role, sitter in sitters.items()},
        sources=sources,
        consent=consent,
    )
