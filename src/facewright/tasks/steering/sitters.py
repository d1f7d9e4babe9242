"""Open the latents of a face: of a seed, of a file of latents, or of a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from facewright.errors import FileError, InputError
from facewright.hub.bundle import file_sha256, load_bundle
from facewright.hub.store import Progress
from facewright.latents.files import LATENTS, StoredLatents, load_latents
from facewright.latents.scenes import find_styles
from facewright.latents.tuning import apply_tuning
from facewright.media.formats import find_kind
from facewright.pipelines.consent import GENERATED, resolve_consent
from facewright.tasks.drawing import DrawOptions, Easel, describe, read_seeds
from facewright.tasks.steering.darkroom import Darkroom
from facewright.types import REFINE_STEPS, Image, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class SitterOptions(DrawOptions):
    """What every task shares that changes a given face."""

    refine: int = REFINE_STEPS
    """Of photos: how often to correct the latents that the encoder finds; 0 leaves them."""
    pick: str | None = None
    """Which face is taken of a photo that shows several: largest, left, right or a number."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""


@dataclass(frozen=True, slots=True)
class Sitter:
    """A face as a generator knows it, and what a manifest says about it."""

    name: str
    """The seed, or the name of the file without its folder."""
    styles: torch.Tensor
    """(1, num_ws, w_dim)."""
    seeds: tuple[int, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    """Name of each file → sha256."""
    models: dict[str, str] = field(default_factory=dict)
    """Of the networks that found the latents, name → sha256."""
    photo: Image | None = None
    """What was cut out of a photo, (resolution, resolution, 3)."""


def is_seed(text: str) -> bool:
    """Tell a seed from the name of a file: it is nothing but digits."""
    return text.isascii() and text.isdigit()


def is_photo(text: str) -> bool:
    """Tell a photo from a seed and from latents."""
    return not is_seed(text) and Path(text).suffix.lower() != LATENTS


def check_sitters(task: str, sitters: Mapping[str, str], options: SitterOptions) -> str:
    """Reject invalid options before anything is loaded.

    Args:
        task: The name of the task, as on the command line.
        sitters: What an error calls it, such as "FACE" → a seed, a file of latents or a photo.
        options: How photos are read, and the consent.

    Returns:
        The consent to record.

    Raises:
        InputError: One is none of these, or there is no consent.
        FileError: There is no such file.
    """
    for role, text in sitters.items():
        _check(text, role)
    files = {text: _read_consent(text) for text in sitters.values() if not is_seed(text)}
    asked = [text for text, told in files.items() if not told]
    consent = resolve_consent(task, options.consent, asked)
    agreed = [told for told in files.values() if told not in {"", GENERATED}]
    return consent if options.consent else "; ".join(dict.fromkeys(agreed)) or consent


def open_sitter(
    easel: Easel, darkroom: Darkroom, text: str, progress: Progress | None = None
) -> Sitter:
    """Find the latents of a face.

    Args:
        easel: Whose latents; it truncates seeds, and draws those labels that are chosen.
        darkroom: Turns photos into latents.
        text: As `check_sitters` takes it.
        progress: Called with how far the search for the latents of a photo is.

    Raises:
        FileError: A file is missing or damaged.
        InputError: Latents belong to another generator, or are not those of one face; or a photo
            shows no face.
    """
    if is_seed(text):
        return Sitter(text, find_styles(easel.sampler, [int(text)]), seeds=(int(text),))
    path = Path(text)
    sources = {path.name: file_sha256(path)}
    if not is_photo(text):
        return Sitter(path.name, _place(easel, load_latents(path), text), sources=sources)
    found, models = darkroom.develop(path, progress)
    styles = _place(easel, found.stored, text)
    return Sitter(path.name, styles, (), sources, models, found.crop.image)


def tune_easel(easel: Easel, text: str) -> Easel:
    """Bend the generator as the latents of a face want it, if they do.

    Args:
        easel: Its generator has drawn nothing yet; it is changed.
        text: The face, as `check_sitters` takes it.

    Returns:
        The easel, whose models name what it was bent with.

    Raises:
        FileError: The latents are damaged.
        InputError: They belong to another generator.
        WeightsError: What they want is missing, or is another file now.
    """
    if is_seed(text) or is_photo(text):
        return easel
    stored, name = load_latents(Path(text)), str(easel.resolved["weights"])
    stored.check_generator(name, easel.models[name])
    if stored.tuning is None:
        return easel
    tuning = load_bundle(Path(text).parent / stored.tuning.file, sha256=stored.tuning.sha256)
    apply_tuning(easel.sampler.generator, tuning, sha256=easel.models[name])
    return replace(easel, models={**easel.models, stored.tuning.file: stored.tuning.sha256})


def describe_sitters(
    task: str, options: SitterOptions, easel: Easel, sitters: Mapping[str, Sitter]
) -> Manifest:
    """Say how a picture of changed people comes about.

    Args:
        task: The name of the task, as on the command line.
        options: Settled ones, with the consent to record.
        easel: What draws it.
        sitters: Role, such as "face" → who.
    """
    manifest = describe(task, options, [s for one in sitters.values() for s in one.seeds], easel)
    said: dict[str, Any] = {k: v for k, v in manifest.parameters.items() if k != "consent"}
    models, sources = dict(manifest.models), dict[str, str]()
    for role, sitter in sitters.items():
        said[role] = sitter.name
        models |= sitter.models
        sources |= {f"{role}/{name}": sha256 for name, sha256 in sitter.sources.items()}
    consent = options.consent or ""
    return replace(manifest, parameters=said, models=models, sources=sources, consent=consent)


def _check(text: str, role: str) -> None:
    """Raise unless a face is a seed, or a file that can be one."""
    if is_seed(text):
        read_seeds(text, role)
        return
    path = Path(text)
    hint = f"{role} is a seed such as 42, a {LATENTS} file, or a photo"
    if not path.is_file():
        raise FileError(f"there is no {text}", hint=hint)
    if path.suffix.lower() != LATENTS and find_kind(path) != "picture":
        raise InputError(f"{text} shows no face", hint=hint)


def _read_consent(text: str) -> str:
    """Return the consent that latents of this installation carry; empty for all other files."""
    if is_photo(text):
        return ""
    stored = load_latents(Path(text))
    return stored.consent if stored.sealed else ""


def _place(easel: Easel, stored: StoredLatents, text: str) -> torch.Tensor:
    """Return latents of one face in w+, on the device, if they are those of the generator."""
    name, generator = str(easel.resolved["weights"]), easel.sampler.generator
    stored.check_generator(name, easel.models[name])
    count, space = len(stored.latents.values), stored.latents.space
    if count != 1 or space == "z":
        raise InputError(
            f"{text} holds {count} latents in {space}",
            hint="it takes those of one face, in w or w+",
        )
    return stored.latents.spread(generator.num_ws).values.to(easel.device)
