"""The layout of StyleGAN2 in NVIDIA's PyTorch projects: modules in a pickle, or tensors by name.

The names of the tensors are those of `gan.generator`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from facewright.errors import FacewrightError, WeightsError
from facewright.gan.generator import Architecture, Generator, GeneratorConfig
from facewright.gan.layers.basic import channels_at
from facewright.gan.ops.upfirdn import setup_filter
from facewright.interop.archives import Contents
from facewright.interop.missing import AVERAGE, complete_tensor
from facewright.interop.pickles.inert import Record
from facewright.interop.pickles.records import (
    DEEPEST,
    as_mapping,
    as_tensor,
    check_sharing,
    pick,
    tensors_of,
    unwrap_names,
)

FIRST = "synthesis.b4.const"
"""The name of a tensor that every such generator has."""

_PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"
_NETWORKS = ("G_ema", "g_ema", "G")
_BLOCK = re.compile(r"synthesis\.b(\d{1,4})\.conv1\.weight")
_CLAMP = "synthesis.b4.conv1.conv_clamp"
_FIXED = {
    "mapping.fc0.activation": "lrelu",
    "mapping.fc0.bias_gain": 0.01,  # multiplier of the learning rate
    "synthesis.b4.conv1.activation": "lrelu",
}
_SETTINGS = ("activation", "bias_gain", "conv_clamp")
_MOST_PARTS = 50_000


@dataclass(frozen=True, slots=True)
class Network:
    """A generator in a file."""

    tensors: dict[str, torch.Tensor]
    """Tensors by dotted names."""
    clamp: float | None = None
    """Limit of every activation."""


def find_generator(contents: Contents) -> Network | None:
    """Return the generator in a file, the averaged one of several.

    Args:
        contents: A pickle of StyleGAN2-ADA or of the StyleGAN3 repository, a state dictionary, or a
            mapping of tensors.

    Returns:
        The generator; None if there is none of this layout.

    Raises:
        WeightsError: It is a network of StyleGAN3, or has settings that are not supported.
    """
    mapping = as_mapping(contents.value) or {}
    network = pick(mapping, *_NETWORKS) or contents.value
    tensors, settings = _flatten(network, contents)
    if any(name.startswith("synthesis.L0_") for name in tensors):
        raise WeightsError(
            "the file holds a StyleGAN3 network, whose layers are others",
            hint="networks of StyleGAN2 from the same project can be read",
        )
    for prefix in ("", *(f"{name}." for name in _NETWORKS)):
        if f"{prefix}{FIRST}" in tensors:
            named = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            return Network(named, _read_settings(settings))
    return None


def fit_generator(
    tensors: Mapping[str, torch.Tensor], *, clamp: float | None = None
) -> tuple[GeneratorConfig, dict[str, torch.Tensor]]:
    """Derive the configuration of a generator from the shapes of its tensors, and check them.

    Args:
        tensors: With the names of `gan.generator`; noise and the average of w may be missing.
        clamp: Limit of every activation.

    Returns:
        The configuration, and exactly the tensors of such a generator, float32; the average of w
        only if it was given.

    Raises:
        WeightsError: Tensors are missing or have other shapes, or the low-pass filter is another
            one.
    """
    try:
        config = _derive_config(tensors, clamp)
        with torch.device("meta"):
            expected = Generator(config).state_dict()
    except (KeyError, IndexError, ValueError, TypeError, FacewrightError) as error:
        raise WeightsError(f"the generator of the file is built differently: {error}") from error
    _check_filters(tensors)
    if AVERAGE not in tensors:
        del expected[AVERAGE]
    found = {name: complete_tensor(name, tensors.get(name), expected[name]) for name in expected}
    return config, found


def _derive_config(tensors: Mapping[str, torch.Tensor], clamp: float | None) -> GeneratorConfig:
    """Return the configuration whose networks have tensors of these shapes."""
    blocks = {
        int(m[1]): tensors[m[0]].shape[0] for name in tensors if (m := _BLOCK.fullmatch(name))
    }
    resolution = max(blocks)
    w_dim = tensors["synthesis.b4.conv1.affine.weight"].shape[1]
    labels = tensors.get("mapping.embed.weight")
    c_dim = 0 if labels is None else labels.shape[1]
    architecture: Architecture = "skip" if "synthesis.b4.torgb.weight" in tensors else "orig"
    if f"synthesis.b{resolution}.skip.weight" in tensors:
        architecture = "resnet"
    base, most = _fit_channels(blocks)
    return GeneratorConfig(
        resolution=resolution,
        z_dim=tensors["mapping.fc0.weight"].shape[1] - (w_dim if c_dim else 0),
        c_dim=c_dim,
        w_dim=w_dim,
        mapping_layers=sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", name)) for name in tensors),
        architecture=architecture,
        channel_base=base,
        channel_max=most,
        conv_clamp=clamp,
    )


def _fit_channels(blocks: Mapping[int, int]) -> tuple[int, int]:
    """Return feature maps times resolution, and most feature maps, that give these numbers."""
    most = max(blocks.values())
    for base in sorted({count * resolution for resolution, count in blocks.items()}, reverse=True):
        if all(channels_at(r, base, most) == count for r, count in blocks.items()):
            return base, most
    raise ValueError("its feature maps do not halve from resolution to resolution")


def _check_filters(tensors: Mapping[str, torch.Tensor]) -> None:
    """Raise if a network resamples with another filter."""
    usual = setup_filter((1, 3, 3, 1))
    for name, tensor in tensors.items():
        if not (name.startswith("synthesis.") and name.endswith("resample_filter")):
            continue
        if tensor.shape != usual.shape or not torch.allclose(tensor.float(), usual, atol=1e-6):
            raise WeightsError("the generator of the file resamples with another filter")


def _read_settings(settings: Mapping[str, Any]) -> float | None:
    """Return the limit of activations, after checking the other settings of layers."""
    for name, usual in _FIXED.items():
        if settings.get(name, usual) != usual:
            raise WeightsError(f"the network was built with {name} other than {usual}")
    clamp = settings.get(_CLAMP)
    return float(clamp) if isinstance(clamp, (int, float)) else None


def _flatten(network: Any, contents: Contents) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return tensors and settings of a module with all modules in it, by dotted names."""
    if as_mapping(network) is not None:
        return tensors_of(network, contents.storages), {}
    found: dict[str, torch.Tensor] = {}
    settings: dict[str, Any] = {}
    waiting, seen = [("", network, 0)], 0
    while waiting:
        prefix, module, depth = waiting.pop()
        state = _state(module)
        inner = as_mapping(state.get("_modules")) or {}
        own = [as_mapping(state.get(group)) or {} for group in ("_parameters", "_buffers")]
        seen += 1 + sum(map(len, own))
        if depth > DEEPEST or seen + len(waiting) + len(inner) > _MOST_PARTS:
            raise WeightsError("the modules of the file contain each other")
        for name, value in (pair for group in own for pair in group.items()):
            tensor = as_tensor(value, contents.storages)
            if tensor is not None:
                found[f"{prefix}{name}"] = tensor
        settings |= {f"{prefix}{name}": state[name] for name in _SETTINGS if name in state}
        waiting += [(f"{prefix}{name}.", part, depth + 1) for name, part in inner.items()]
    check_sharing(found.values())
    return unwrap_names(found), unwrap_names(settings)


def _state(module: Any) -> Mapping[Any, Any]:
    """Return the attributes of a module; persistent classes store them beside their source."""
    if not isinstance(module, Record):
        return {}
    if module.made_by == _PERSISTENT and isinstance(module.arguments, tuple) and module.arguments:
        meta = as_mapping(module.arguments[0]) or {}
        return as_mapping(meta.get("state")) or {}
    return as_mapping(module.state) or {}
