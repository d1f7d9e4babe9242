"""The layout of StyleGAN 1 in SiskonEmilia's PyTorch project."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.stylegan1.networks import ProgressiveConfig, ProgressiveGenerator
from facewright.interop.missing import AVERAGE, complete_tensor

FIRST = "convs.0.constant"
"""The name of a tensor that every such generator has."""

_ROOT = math.sqrt(2)  # theirs scale weights by √(2 / inputs), ours by √(1 / inputs)


def from_siskon(
    tensors: Mapping[str, torch.Tensor], *, level: int | None = None, fade: float = 1.0
) -> tuple[ProgressiveConfig, dict[str, torch.Tensor]]:
    """Return the configuration of such a generator, and its tensors by the names of this project.

    It has no stored noise and no average w: both are left out here.

    Args:
        tensors: By their names there.
        level: Number of doublings so far, from 4 pixels; None is that of the whole network. Layers
            that were not trained yet are left out.
        fade: Blend of the last resolution, 0 to 1.

    Raises:
        WeightsError: Tensors are missing or have other shapes.
    """
    convs = [int(m[1]) for name in tensors if (m := re.match(r"convs\.(\d)\.style1\.", name))]
    top = max(convs, default=0)
    level = top if level is None else max(0, min(level, top))
    try:
        config = _derive_config(tensors, level, fade)
        found = {"synthesis.b4.const": tensors[FIRST][0]}
        for i in range(config.mapping_layers):
            found |= _linear(tensors, f"fcs.mapping.{2 * i + 1}", f"mapping.fc{i}", bias=1 / _ROOT)
        for i in range(level + 1):
            found |= _convert_block(tensors, i)
    except (KeyError, IndexError, InputError) as error:
        raise WeightsError(
            f"the StyleGAN 1 generator of the file is built differently: {error}"
        ) from error
    return config, _check(config, found)


def _derive_config(
    tensors: Mapping[str, torch.Tensor], level: int, fade: float
) -> ProgressiveConfig:
    """Return the configuration whose networks have tensors of these shapes."""
    w_dim, z_dim = tensors["fcs.mapping.1.linear.weight_orig"].shape
    mapping = sum(name.startswith("fcs.") and name.endswith("weight_orig") for name in tensors)
    channels = [tensors[f"to_rgbs.{i}.conv.weight_orig"].shape[1] for i in range(level + 1)]
    return ProgressiveConfig(
        resolution=4 << level,
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=mapping,
        channels=tuple(channels),
        fade=fade,
    )


def _convert_block(tensors: Mapping[str, torch.Tensor], i: int) -> dict[str, torch.Tensor]:
    """Return the tensors of one resolution."""
    theirs, ours = f"convs.{i}", f"synthesis.b{4 << i}"
    convs = {"conv": "layer1"} if i == 0 else {"conv1": "layer0", "conv2": "layer1"}
    found = _linear(tensors, f"to_rgbs.{i}", f"{ours}.torgb", part="conv")
    for their_name, our_name in convs.items():
        found |= _linear(tensors, f"{theirs}.{their_name}", f"{ours}.{our_name}.conv", part="conv")
    for n in range(2):
        style = f"{theirs}.style{n + 1}.transform"
        found |= _linear(tensors, style, f"{ours}.layer{n}.affine")
        strength = tensors[f"{theirs}.noise{n + 1}.weight_orig"].reshape(-1)
        found[f"{ours}.layer{n}.noise_strength"] = strength * math.sqrt(2 / len(strength))
    return found


def _linear(
    tensors: Mapping[str, torch.Tensor],
    theirs: str,
    ours: str,
    *,
    part: str = "linear",
    bias: float = 1,
) -> dict[str, torch.Tensor]:
    """Return weight and bias of a layer, scaled as in this project."""
    weight = tensors[f"{theirs}.{part}.weight_orig"]
    scale = 1.0 if ours.startswith("mapping.") else _ROOT
    return {
        f"{ours}.weight": weight * scale,
        f"{ours}.bias": tensors[f"{theirs}.{part}.bias"] * bias,
    }


def _check(config: ProgressiveConfig, found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return exactly the tensors that a generator has, apart from the average of w."""
    with torch.device("meta"):
        expected: dict[str, Any] = ProgressiveGenerator(config).state_dict()
    del expected[AVERAGE]
    return {name: complete_tensor(name, found.get(name), expected[name]) for name in expected}
