"""Turn pictures into features that distances are measured in."""

from __future__ import annotations

from typing import Protocol

import torch

from facewright.device import to_tensor
from facewright.types import Image


class FeatureNetwork(Protocol):
    """A network whose features stand for what people see."""

    @property
    def name(self) -> str:
        """What measurements call it."""
        ...

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Turn pictures (n, 3, h, w) in [-1, 1] into features (n, d)."""
        ...


@torch.no_grad()
def extract_features(
    network: FeatureNetwork, images: Image, device: torch.device, *, batch: int = 32
) -> torch.Tensor:
    """Describe pictures by features.

    Args:
        network: On `device`.
        images: (n, h, w, 3), uint8, with n of at least 1.
        device: Where to compute.
        batch: How many pictures at once.

    Returns:
        (n, d), float32, on the CPU.
    """
    parts = [
        network(to_tensor(images[start : start + batch], device, torch.float32)).float().cpu()
        for start in range(0, len(images), batch)
    ]
    return torch.cat(parts)
