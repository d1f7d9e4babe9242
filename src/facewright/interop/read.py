"""Recognise a checkpoint by its content, and convert it to bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from facewright.datasets.labels import LabelGroup
from facewright.errors import WeightsError
from facewright.files import find_placeholder
from facewright.gan.generator import GeneratorConfig
from facewright.gan.weights import LabelTable, build_generator, load_labels, pack_generator
from facewright.interop import hdf5
from facewright.interop.archives import Contents, read_contents
from facewright.interop.layouts import (
    cyclegan,
    psp,
    rosinality,
    stylegan1,
    stylegan2,
    tensorflow,
)
from facewright.interop.missing import AVERAGE, average_w
from facewright.interop.pickles.records import as_mapping, as_tensor, pick, tensors_of
from facewright.types import Bundle, Card, Json

LAYOUTS = {
    "stylegan2": "StyleGAN2 of PyTorch (StyleGAN2-ADA, or the StyleGAN3 repository)",
    "stylegan2-tensorflow": "StyleGAN2 of TensorFlow",
    "rosinality": "StyleGAN2 of rosinality's project",
    "psp": "pSp: an encoder with its StyleGAN2 generator",
    "stylegan1": "StyleGAN 1 of SiskonEmilia's project",
    "cyclegan": "a CycleGAN translator",
    "keras": "a Keras model",
}
"""Supported layouts: key → description."""

_HEAD = 64  # bytes that tell what came instead of a file
_NOISE_NOTE = "The file has no fixed noise: it was drawn at import."
_AVERAGE_NOTE = "The file has no average w: it was computed at import, from 10,000 random z."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The content of a file of another project."""

    layout: str
    """A key of `LAYOUTS`."""
    parts: Mapping[str, Bundle]
    """Bundles by kind: "generator", "encoder", ...; the main one first."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A network, before it has a card."""

    kind: str
    tensors: dict[str, torch.Tensor]
    config: GeneratorConfig | dict[str, Json]
    notes: list[str] = field(default_factory=list)
    labels: Json = None
    """The labels that it knows, if the file names them."""


_Parts: TypeAlias = list[_Part]


def read_checkpoint(path: Path, *, name: str | None = None, licence: str = "unknown") -> Checkpoint:
    """Read a checkpoint of another project. No code in it is run.

    Args:
        path: A file of any layout in `LAYOUTS`, whatever its name.
        name: Name of the weights; None is the name of the file.
        licence: Licence of the weights, which files do not contain.

    Returns:
        Its parts as bundles, whose cards name the file.

    Raises:
        WeightsError: The file cannot be read, is damaged or malicious, or of an unknown layout.
    """
    if path.exists() and not path.is_file():  # some never end
        raise WeightsError(f"{path} cannot be read: it is no regular file", hint="check the path")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read: {error.strerror or error}", hint="check the path"
        ) from error
    if instead := find_placeholder(data[:_HEAD]):
        raise WeightsError(f"{path} is {instead.name}, no weights", hint=instead.hint)
    try:
        layout, parts = _read(data)
        source = f"{path.name}, sha256 {hashlib.sha256(data).hexdigest()}, read as {layout}"
        bundles = {}
        for part in parts:
            called = (name or path.stem) + ("" if part is parts[0] else f"-{part.kind}")
            notes = " ".join(part.notes)
            card = Card(called, part.kind, licence=licence, source=source, notes=notes)
            bundles[part.kind] = _pack(part, card)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}", hint=error.hint) from error
    except (MemoryError, RecursionError) as error:
        raise WeightsError(f"{path} is too large or too deep to be read") from error
    return Checkpoint(layout, bundles)


def _read(data: bytes) -> tuple[str, _Parts]:
    """Return the layout of a file, and its parts."""
    if data.startswith(hdf5.MAGIC):
        return "keras", _read_keras(data)
    if data[8:9] == b"{":
        return "stylegan2", _read_safetensors(data)
    contents = read_contents(data)
    for layout, read in _READERS.items():
        if parts := read(contents):
            return layout, parts
    raise WeightsError(
        "no network that can be read was found in it",
        hint=f"what can be read: {'; '.join(LAYOUTS.values())}",
    )


def _pack(part: _Part, card: Card) -> Bundle:
    """Return a part as a bundle."""
    if isinstance(part.config, dict):
        return Bundle(card, part.config, part.tensors)
    config = part.config
    with torch.device("meta"):
        generator = build_generator(config)
    generator.load_state_dict(part.tensors, assign=True)
    labels = load_labels(Bundle(card, {"labels": part.labels}, {}))
    if config.c_dim and not labels.groups:
        groups = (LabelGroup("class", tuple(str(i) for i in range(config.c_dim))),)
        labels = LabelTable(groups, torch.eye(config.c_dim), torch.ones(config.c_dim))
    if labels.vectors.shape[1] != config.c_dim:
        raise WeightsError("the labels of the file do not fit its generator")
    return pack_generator(generator, card, labels=labels)


def _finish(config: GeneratorConfig, tensors: dict[str, torch.Tensor], *notes: str) -> _Part:
    """Return a generator that has an average of w."""
    told = list(notes)
    if AVERAGE not in tensors:
        tensors[AVERAGE] = average_w(config, tensors)
        told.append(_AVERAGE_NOTE)
    return _Part("generator", tensors, config, told)


def _read_stylegan2(contents: Contents) -> _Parts:
    """Read generators of StyleGAN2-ADA, and state dictionaries with the same names."""
    network = stylegan2.find_generator(contents)
    if network is None:
        return []
    return [_finish(*stylegan2.fit_generator(network.tensors, clamp=network.clamp))]


def _read_tensorflow(contents: Contents) -> _Parts:
    """Read pickles of TensorFlow networks."""
    network = tensorflow.find_network(contents.value)
    if network is None:
        return []
    tensors, clamp = tensorflow.from_tensorflow(network)
    return [_finish(*stylegan2.fit_generator(tensors, clamp=clamp))]


def _read_rosinality(contents: Contents) -> _Parts:
    """Read rosinality's checkpoints, and its state dictionaries alone."""
    mapping = as_mapping(contents.value) or {}
    inner = pick(mapping, "g_ema", "params_ema", "g", "state_dict")
    tensors = tensors_of(inner if as_mapping(inner) else mapping, contents.storages)
    if rosinality.FIRST not in tensors:
        return []
    return [_read_decoder(tensors, as_tensor(mapping.get("latent_avg"), contents.storages))]


def _read_decoder(tensors: dict[str, torch.Tensor], average: torch.Tensor | None) -> _Part:
    """Return a generator with rosinality's names."""
    ours = rosinality.from_rosinality(tensors)
    if average is not None and average.numel():
        ours[AVERAGE] = average.reshape(-1, average.shape[-1]).float().mean(dim=0)
    drawn = any(name.startswith("noises.") for name in tensors)
    return _finish(*stylegan2.fit_generator(ours), *([] if drawn else [_NOISE_NOTE]))


def _read_psp(contents: Contents) -> _Parts:
    """Read encoders with their generators."""
    found = psp.find_parts(contents)
    if found is None:
        return []
    encoder, decoder = found
    parts = [_read_decoder(decoder, decoder.pop("latent_avg", None))]
    if encoder:
        tensors = {name: tensor.contiguous() for name, tensor in encoder.items()}
        config: dict[str, Json] = {"layout": "psp", "options": psp.read_options(contents.value)}
        parts.append(_Part("encoder", tensors, {"encoder": config}))
    return parts


def _read_stylegan1(contents: Contents) -> _Parts:
    """Read checkpoints of StyleGAN 1, and its state dictionaries alone."""
    mapping = as_mapping(contents.value) or {}
    inner = pick(mapping, "generator", "g_running")
    tensors = tensors_of(inner if as_mapping(inner) else mapping, contents.storages)
    if stylegan1.FIRST not in tensors:
        return []
    progress = mapping.get("parameters")
    level, fade = None, 1.0
    if isinstance(progress, tuple) and len(progress) == 5 and isinstance(progress[0], int):
        level = progress[0]
        fade = (
            min(max(float(progress[4]), 0.0), 1.0) if isinstance(progress[4], (int, float)) else 1.0
        )
    return [_finish(*stylegan1.from_siskon(tensors, level=level, fade=fade), _NOISE_NOTE)]


def _read_cyclegan(contents: Contents) -> _Parts:
    """Read translators."""
    given = tensors_of(contents.value, contents.storages)
    if not cyclegan.is_translator(given):
        return []
    tensors = cyclegan.clean_translator(given)
    return [_Part("translator", tensors, {"translator": cyclegan.describe_translator(tensors)})]


def _read_keras(data: bytes) -> _Parts:
    """Read the arrays of a Keras model."""
    tensors, described = hdf5.read_keras(data)
    return [_Part("keras", tensors, {"keras": described})]


def _read_safetensors(data: bytes) -> _Parts:
    """Read tensors by name, as `export` writes them."""
    size = int.from_bytes(data[:8], "little")
    try:
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        tensors = load(data)
    except (SafetensorError, ValueError, AttributeError, RecursionError) as error:
        raise WeightsError("it is damaged, or no file of weights") from error
    if "facewright" in metadata:
        raise WeightsError("it is a bundle of Facewright already", hint="use it with --weights")
    found = stylegan2.find_generator(Contents(tensors, _no_storages))
    if found is None:
        raise WeightsError("its tensors are not those of a StyleGAN2 generator")
    try:
        clamp = float(metadata["conv_clamp"]) if "conv_clamp" in metadata else None
        labels = json.loads(metadata.get("labels", "null"))
    except (TypeError, ValueError, RecursionError) as error:
        raise WeightsError("its metadata is damaged") from error
    return [replace(_finish(*stylegan2.fit_generator(found.tensors, clamp=clamp)), labels=labels)]


def _no_storages(_: object) -> torch.Tensor:
    """Refuse references: safetensors has none."""
    raise WeightsError("the file refers to something that is no tensor")


_READERS: Mapping[str, Callable[[Contents], _Parts]] = {
    "stylegan2": _read_stylegan2,
    "stylegan2-tensorflow": _read_tensorflow,
    "psp": _read_psp,
    "rosinality": _read_rosinality,
    "stylegan1": _read_stylegan1,
    "cyclegan": _read_cyclegan,
}
