"""Translators of the CycleGAN project, in its current and its old layout."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from facewright.types import Json

_OLD = ("running_mean", "running_var", "num_batches_tracked")
_BLOCK = re.compile(r"model\.(\d{1,3})\.conv_block\.(\d)\.weight")


def is_translator(tensors: Mapping[str, torch.Tensor]) -> bool:
    """Return whether tensors are those of a ResNet translator."""
    first = tensors.get("model.1.weight")
    blocks = any(_BLOCK.fullmatch(name) for name in tensors)
    return first is not None and first.ndim == 4 and first.shape[-2:] == (7, 7) and blocks


def clean_translator(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors of a translator, under the names of the current layout.

    In the old layout, instance normalisation has running averages that inference does not use; they
    are dropped. Batch normalisation, which has weights, keeps its averages.
    """
    found = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        if part in _OLD and f"{layer}.weight" not in tensors:
            continue
        found[name] = tensor.float().contiguous() if tensor.is_floating_point() else tensor.clone()
    return found


def describe_translator(tensors: Mapping[str, torch.Tensor]) -> dict[str, Json]:
    """Return the configuration of a translator, from the shapes of its tensors.

    Args:
        tensors: From `clean_translator`.

    Returns:
        Channels in and out, feature maps of the first layer, number of residual blocks, and which
        normalisation and dropout there is.
    """
    blocks: dict[str, list[str]] = {}
    for match in (m for name in tensors if (m := _BLOCK.fullmatch(name))):
        blocks.setdefault(match[1], []).append(match[2])
    first = tensors["model.1.weight"]
    batch = any(name.endswith("running_mean") for name in tensors)
    last = max(int(m[1]) for name in tensors if (m := re.fullmatch(r"model\.(\d+)\.weight", name)))
    second = max(max(places) for places in blocks.values())
    return {
        "architecture": "resnet",
        "inputs": first.shape[1],
        "outputs": tensors[f"model.{last}.weight"].shape[0],
        "filters": first.shape[0],
        "blocks": len(blocks),
        "norm": "batch" if batch else "instance",
        "dropout": second == "6",
    }
