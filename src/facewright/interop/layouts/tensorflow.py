"""The layout of StyleGAN2 in NVIDIA's TensorFlow projects: source code and named arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import WeightsError
from facewright.interop.pickles.inert import Record
from facewright.interop.pickles.records import as_array, as_mapping

_NETWORK = "tflib.network.Network"
_OLDEST = 4  # version of the form of a network
_FLIPPED = ("Conv0_up/weight", "Skip/weight")  # TensorFlow enlarges with turned kernels
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}
_PARTS = {
    "weight": "weight",
    "bias": "bias",
    "noise_strength": "noise_strength",
    "mod_weight": "affine.weight",
    "mod_bias": "affine.bias",
}
_FIXED = {
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "mapping_lrmul": 0.01,
    "num_channels": 3,
    "fused_modconv": True,
    "normalize_latents": True,
}
_MOST_NETWORKS = 20
_MOST_BYTES = 1 << 30  # the largest has 121 MB
_LAYER = re.compile(r"synthesis/(\d+)x\1/(\w+)/(\w+)")


def find_network(value: Any) -> Record | None:
    """Return the generator of a pickle, the averaged one of several; or None."""
    networks = list(value) if isinstance(value, (tuple, list)) else [value]
    if not 1 <= len(networks) <= 3 or not all(_is_network(network) for network in networks):
        return None
    return networks[-1]


def from_tensorflow(network: Record) -> tuple[dict[str, torch.Tensor], float | None]:
    """Convert the tensors of a generator to the names and shapes of this project.

    Args:
        network: From `find_network`.

    Returns:
        The tensors, and the limit of its activations.

    Raises:
        WeightsError: It is of StyleGAN 1, too old, or has settings that are not supported.
    """
    state = as_mapping(network.state) or {}
    version = state.get("version")
    if not isinstance(version, int) or version < _OLDEST:
        raise WeightsError(
            "the networks of the file are of a form that is too old",
            hint="load and save them with a newer version of the project that wrote them",
        )
    options = as_mapping(state.get("static_kwargs")) or {}
    for name, usual in _FIXED.items():
        if options.get(name, usual) not in (usual, None):
            raise WeightsError(
                f"the generator of the file was built with {name} other than {usual}"
            )
    if options.get("resample_kernel") not in (None, [1, 3, 3, 1], (1, 3, 3, 1)):
        raise WeightsError("the generator of the file resamples with another filter")
    arrays = _collect(network)
    if any("/StyleMod/" in name for name in arrays):
        raise WeightsError(
            "the file holds a StyleGAN 1 network of TensorFlow",
            hint="of TensorFlow, networks of StyleGAN2 can be read",
        )
    last = max((int(m[1]) for name in arrays if (m := _LAYER.fullmatch(name))), default=0)
    found = {}
    for name, array in arrays.items():
        if ours := _rename(name, last):
            numbers = np.array(_reshape(name, array), dtype=np.float32, order="C")
            found[ours] = torch.from_numpy(numbers)
    clamp = options.get("conv_clamp")
    return found, float(clamp) if isinstance(clamp, (int, float)) else None


def _rename(name: str, last: int) -> str:
    """Return the name of an array in this project; empty for one that is not needed."""
    for pattern, rename in _NAMES:
        if match := pattern.fullmatch(name):
            return rename(match, last)
    return ""


def _name_noise(match: re.Match[str], _: int) -> str:
    """Return the name of the noise of a layer, counted from 4×4 pixels, in this project."""
    resolution = 4 << (int(match[1]) + 1) // 2
    return f"synthesis.b{resolution}.{'conv0' if int(match[1]) % 2 else 'conv1'}.noise_const"


def _name_part(match: re.Match[str], _: int) -> str:
    """Return the name of a part of a layer in this project; empty for one that is not needed."""
    resolution, layer, part = match.groups()
    known = layer in _LAYERS and part in _PARTS
    return f"synthesis.b{resolution}.{_LAYERS[layer]}.{_PARTS[part]}" if known else ""


_NAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], str]], ...] = (
    (re.compile("dlatent_avg"), lambda *_: "mapping.w_avg"),
    (re.compile(r"mapping/Dense(\d+)/(weight|bias)"), lambda m, _: f"mapping.fc{m[1]}.{m[2]}"),
    (re.compile(r"mapping/LabelEmbed/(weight|bias)"), lambda m, _: f"mapping.embed.{m[1]}"),
    (re.compile(r"synthesis/noise(\d{1,2})"), _name_noise),
    (re.compile(r"synthesis/4x4/Const/const"), lambda *_: "synthesis.b4.const"),
    (
        re.compile(r"synthesis/ToRGB_lod0/(\w+)"),
        lambda m, last: f"synthesis.b{last}.torgb.{_PARTS.get(m[1], m[1])}",
    ),
    (_LAYER, _name_part),
)


def _reshape(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with the axes of this project, and constants that TensorFlow adds later."""
    if name.endswith("/mod_bias"):
        return array + 1
    if name.endswith(_FLIPPED) and array.ndim == 4:
        array = array[::-1, ::-1]
    if name.endswith("weight"):
        return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
    if "/noise" in name and array.ndim == 4:
        return array[0, 0]
    return array[0] if name.endswith("/const") else array


def _collect(network: Record) -> dict[str, NDArray[Any]]:
    """Return all arrays of a network and the networks in it, by path."""
    found: dict[str, NDArray[Any]] = {}
    waiting: list[tuple[str, Any]] = [("", network)]
    for prefix, part in waiting:  # which grows
        state = (as_mapping(part.state) if isinstance(part, Record) else None) or {}
        found |= {f"{prefix}{name}": array for name, array in _read_variables(state)}
        inner = as_mapping(state.get("components")) or {}
        waiting += [(f"{prefix}{name}/", entry) for name, entry in inner.items()]
        if len(waiting) > _MOST_NETWORKS:
            raise WeightsError("the networks of the file contain each other")
    if sum(array.nbytes for array in found.values()) > _MOST_BYTES:
        raise WeightsError("the arrays of the file are larger than those of any such network")
    return found


def _read_variables(state: Mapping[Any, Any]) -> list[tuple[str, NDArray[Any]]]:
    """Return the named arrays of a network."""
    listed = state.get("variables")
    pairs = listed if isinstance(listed, list) else []
    named = [pair for pair in pairs if isinstance(pair, (tuple, list)) and len(pair) == 2]
    arrays = [(name, as_array(array)) for name, array in named if isinstance(name, str)]
    return [(name, array) for name, array in arrays if array is not None]


def _is_network(value: Any) -> bool:
    """Return whether a value is a network of these projects."""
    return isinstance(value, Record) and value.made_by.endswith(_NETWORK)
