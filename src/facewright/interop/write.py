"""Write generators for other projects: PyTorch files, plain safetensors, ONNX."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from facewright.errors import InputError, WeightsError
from facewright.files import replacing
from facewright.gan.generator import Generator
from facewright.gan.stylegan1.networks import ProgressiveGenerator
from facewright.gan.weights import NO_LABELS, LabelTable, labels_to_json
from facewright.interop.layouts.rosinality import to_rosinality
from facewright.interop.missing import AVERAGE
from facewright.interop.onnx import build_onnx


def write_generator(path: Path, generator: Generator, labels: LabelTable = NO_LABELS) -> None:
    """Write a generator in the format that the suffix of the file names.

    Args:
        path: `.pt` is a checkpoint of rosinality's project, `.safetensors` the tensors alone by
            the names of StyleGAN2-ADA, `.onnx` a model that needs no PyTorch. An existing file is
            replaced.
        generator: A StyleGAN2.
        labels: Its labels; `.safetensors` stores them as metadata.

    Raises:
        InputError: The suffix is unknown.
        WeightsError: The format cannot represent this generator, or the file cannot be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(
            f"no form of weights is called `{path.suffix}`", hint=f"one of: {', '.join(WRITERS)}"
        )
    if isinstance(generator, ProgressiveGenerator):
        raise WeightsError(
            "a StyleGAN 1 generator has no form that other projects share",
            hint="those of StyleGAN2 can be exported",
        )
    try:
        with replacing(path) as unfinished:
            write(unfinished, generator, labels)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be written: {error}") from error


def _write_rosinality(path: Path, generator: Generator, _: LabelTable) -> None:
    """Write a checkpoint of rosinality's project."""
    tensors = _tensors(generator)
    found = to_rosinality(generator.config, tensors)
    torch.save({"g_ema": found, "latent_avg": tensors[AVERAGE]}, path)


def _write_safetensors(path: Path, generator: Generator, labels: LabelTable) -> None:
    """Write the tensors, with the limit of activations and the labels as metadata."""
    clamp = generator.config.conv_clamp
    metadata = {"format": "pt"} | ({} if clamp is None else {"conv_clamp": str(clamp)})
    if labels.groups:
        metadata["labels"] = json.dumps(labels_to_json(labels))
    save_file(_tensors(generator), path, metadata=metadata)


def _write_onnx(path: Path, generator: Generator, _: LabelTable) -> None:
    """Write an ONNX model."""
    path.write_bytes(build_onnx(generator))


def _tensors(generator: Generator) -> dict[str, torch.Tensor]:
    """Return the tensors of a generator, on the CPU, each with storage of its own."""
    state = generator.state_dict().items()
    return {k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in state}


WRITERS: Mapping[str, Callable[[Path, Generator, LabelTable], None]] = {
    ".pt": _write_rosinality,
    ".safetensors": _write_safetensors,
    ".onnx": _write_onnx,
}
"""Suffix of a file → function that writes it."""
