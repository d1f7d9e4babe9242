"""What files leave out: fixed noise, and the average of w."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import torch

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.gan.generator import GeneratorConfig
from facewright.gan.weights import build_generator

AVERAGE = "mapping.w_avg"
"""The name of the average of w, which truncation pulls towards."""

SAMPLES = 10_000
"""How many w are averaged where a file has no average."""


def complete_tensor(name: str, given: torch.Tensor | None, expected: torch.Tensor) -> torch.Tensor:
    """Return a tensor of a generator as it is stored: float32, contiguous.

    Noise that is missing is drawn, the same one each time; its strength, zero, is not.

    Args:
        name: Of the tensor.
        given: By the file, or None.
        expected: Of the right shape; its numbers do not count.

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
    """Return the mean w of `SAMPLES` z, (w_dim,), the same ones each time.

    Args:
        config: Of the generator.
        tensors: Of the generator; those of the mapping network count.
    """
    with torch.device("meta"):
        mapping = build_generator(config).mapping
    part = {k.removeprefix("mapping."): v for k, v in tensors.items() if k.startswith("mapping.")}
    mapping.load_state_dict({**part, "w_avg": torch.zeros(config.w_dim)}, assign=True)
    z = torch.randn(SAMPLES, config.z_dim, generator=seeded(0))
    labels = torch.eye(config.c_dim)[torch.arange(SAMPLES) % config.c_dim] if config.c_dim else None
    with torch.no_grad():
        return mapping(z, labels).mean(dim=0)
