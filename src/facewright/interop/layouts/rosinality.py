"""The layout of StyleGAN2 in rosinality's PyTorch project and derived ones; read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import torch

from facewright.errors import WeightsError
from facewright.gan.generator import GeneratorConfig
from facewright.gan.layers.basic import TAPS, resolutions_up_to
from facewright.gan.ops.upfirdn import setup_filter

FIRST = "input.input"
"""The name of a tensor that every such generator has."""

_ROUTE = (1, -1, 1, 1)  # shape of the bias of a picture


def from_rosinality(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convert the tensors of such a generator to the names and shapes of this project.

    Args:
        tensors: By their names there. Noise may be missing, as in early files, and is then zero.

    Raises:
        WeightsError: Tensors are missing, or the low-pass filter is another one.
    """
    for name, tensor in tensors.items():
        if name.endswith(("blur.kernel", "upsample.kernel")):
            _check_filter(name, tensor)
    convs = [int(m[1]) for name in tensors if (m := re.fullmatch(r"convs\.(\d{1,2})\..*", name))]
    layers = [
        int(m[1]) for name in tensors if (m := re.fullmatch(r"style\.(\d{1,2})\.weight", name))
    ]
    resolution = 4 << (max(convs, default=-1) + 1) // 2
    try:
        found = {"synthesis.b4.const": tensors[FIRST][0]}
        for theirs, ours in _names(resolution, len(layers)):
            if theirs in tensors:
                found[ours] = _squeeze(ours, tensors[theirs])
    except (IndexError, RuntimeError) as error:
        raise WeightsError(f"the tensors of the file have other shapes: {error}") from error
    return found


def to_rosinality(
    config: GeneratorConfig, tensors: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Convert the tensors of a generator to the names and shapes of that project.

    Args:
        config: The configuration of the generator.
        tensors: The tensors of the generator.

    Raises:
        WeightsError: That project has no such generators: with labels, or without summed RGB.
    """
    differs = config.c_dim or config.linear_rgb or config.architecture != "skip"
    if differs or config.z_dim != config.w_dim:
        raise WeightsError(
            "rosinality's generators have no labels, sum RGB, add no picture that is linear in w, "
            "and have w of the size of z",
            hint="export a .safetensors file instead",
        )
    kernel = setup_filter(TAPS) * 4
    found = {FIRST: tensors["synthesis.b4.const"][None]}
    for theirs, ours in _names(config.resolution, config.mapping_layers):
        found[theirs] = _unsqueeze(theirs, tensors[ours])
    for i in range(len(resolutions_up_to(config.resolution)) - 1):
        found[f"convs.{2 * i}.conv.blur.kernel"] = kernel
        found[f"to_rgbs.{i}.upsample.kernel"] = kernel
    return {name: tensor.contiguous().clone() for name, tensor in found.items()}


def _names(resolution: int, mapping_layers: int) -> Iterator[tuple[str, str]]:
    """Yield the name of each tensor there and in this project."""
    for i in range(mapping_layers):
        for part in ("weight", "bias"):
            yield f"style.{i + 1}.{part}", f"mapping.fc{i}.{part}"
    layers = [("conv1", "b4.conv1")]
    pictures = [("to_rgb1", "b4.torgb")]
    for i, size in enumerate(resolutions_up_to(resolution)[1:]):
        layers += [(f"convs.{2 * i + n}", f"b{size}.conv{n}") for n in range(2)]
        pictures.append((f"to_rgbs.{i}", f"b{size}.torgb"))
    for i, (theirs, ours) in enumerate(layers):
        yield f"{theirs}.noise.weight", f"synthesis.{ours}.noise_strength"
        yield f"{theirs}.activate.bias", f"synthesis.{ours}.bias"
        yield f"noises.noise_{i}", f"synthesis.{ours}.noise_const"
    for theirs, ours in pictures:
        yield f"{theirs}.bias", f"synthesis.{ours}.bias"
    for theirs, ours in [*layers, *pictures]:
        yield f"{theirs}.conv.weight", f"synthesis.{ours}.weight"
        for part in ("weight", "bias"):
            yield f"{theirs}.conv.modulation.{part}", f"synthesis.{ours}.affine.{part}"


def _squeeze(ours: str, tensor: torch.Tensor) -> torch.Tensor:
    """Remove axes of size 1 that tensors of this project do not have."""
    if ours.endswith("noise_strength"):
        return tensor.reshape(())
    if ours.endswith("torgb.bias"):
        return tensor.reshape(-1)
    if ours.endswith("noise_const"):
        return tensor[0, 0]
    return tensor[0] if tensor.ndim == 5 else tensor


def _unsqueeze(theirs: str, tensor: torch.Tensor) -> torch.Tensor:
    """Add axes of size 1 that tensors of this project do not have."""
    if theirs.endswith("noise.weight"):
        return tensor.reshape(1)
    if theirs.startswith("to_rgb") and tensor.ndim == 1 and "modulation" not in theirs:
        return tensor.reshape(_ROUTE)
    if theirs.startswith("noises."):
        return tensor[None, None]
    return tensor[None] if tensor.ndim == 4 else tensor


def _check_filter(name: str, kernel: torch.Tensor) -> None:
    """Raise if a network upsamples with another filter."""
    usual = setup_filter(TAPS) * 4
    if kernel.shape != usual.shape or not torch.allclose(kernel.float(), usual, atol=1e-6):
        raise WeightsError(f"the generator of the file enlarges with another filter: `{name}`")
