"""Tensors that files leave out: fixed noise, and the average of w."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import torch

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.gan.generator import GeneratorConfig
from facewright.gan.weights import build_generator

AVERAGE = "mapping.w_avg"
"""Name of the average of w, the target of truncation."""

SAMPLES = 10_000
"""Number of w to average if a file has no average."""


def complete_tensor(name: str, given: torch.Tensor | None, expected: torch.Tensor) -> torch.Tensor:
    """Return a tensor of a generator, float32 and contiguous.

    Missing noise is drawn with a fixed seed; a missing strength of noise is zero.

    Args:
        name: Name of the tensor.
        given: The tensor in the file, or None.
        expected: A tensor of the right shape.

    Raises:
        WeightsError: It is missing, or has another shape.
    """
    if given is None and name.endswith("noise_const"):
        return torch.randn(expected.shape, generator=seeded(zlib.crc32(name.encode())))
    if given is None and name.endswith("noise_strength"):
        return torch.zeros(expected.shape)
    if given is None or given.shape != expected.shape:
        was = "missing" if given is None else f"{tuple(given.shape)}, not {tuple(expected.shape)}"
        raise WeightsError(f"the tensor `{name}` of the file is {was}")
    return given.to(torch.float32).contiguous()


def average_w(config: GeneratorConfig, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return the mean w of `SAMPLES` z, (w_dim,), drawn with a fixed seed.

    Args:
        config: The configuration of the generator.
        tensors: The tensors of the generator, of which those of the mapping network are used.
    """
    with torch.device("meta"):
        mapping = build_generator(config).mapping
    part = {k.removeprefix("mapping."): v for k, v in tensors.items() if k.startswith("mapping.")}
    mapping.load_state_dict({**part, "w_avg": torch.zeros(config.w_dim)}, assign=True)
    z = torch.randn(SAMPLES, config.z_dim, generator=seeded(0))
    labels = torch.eye(config.c_dim)[torch.arange(SAMPLES) % config.c_dim] if config.c_dim else None
    with torch.no_grad():
        return mapping(z, labels).mean(dim=0)
