"""pSp and derived encoders: an encoder, a generator and an average w in one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from facewright.interop.archives import Contents
from facewright.interop.layouts.rosinality import FIRST
from facewright.interop.pickles.records import as_mapping, as_tensor, plain, tensors_of
from facewright.types import Json

_ENCODER, _DECODER = "encoder.", "decoder."


def find_parts(
    contents: Contents,
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]] | None:
    """Return the tensors of encoder and generator, by their names there; None for other files.

    The average of w is added to both: as "latent_avg" to the encoder, which adds it to its output,
    and, averaged over the layers, to the generator.
    """
    mapping = as_mapping(contents.value) or {}
    tensors = tensors_of(mapping.get("state_dict"), contents.storages)
    encoder, decoder = _part(tensors, _ENCODER), _part(tensors, _DECODER)
    if FIRST not in decoder:
        return None
    average = as_tensor(mapping.get("latent_avg"), contents.storages)
    if average is not None:
        encoder["latent_avg"] = average.float().contiguous()
        decoder["latent_avg"] = average.float().reshape(-1, average.shape[-1]).mean(dim=0)
    return encoder, decoder


def read_options(value: Any) -> dict[str, Json]:
    """Return the training options in the file, as far as JSON can represent them."""
    mapping = as_mapping(value) or {}
    options = plain(mapping.get("opts"))
    return options if isinstance(options, dict) else {}


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names have a prefix, without the prefix."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
