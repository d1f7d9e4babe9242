"""Extract the features in which distances are measured."""

from __future__ import annotations

from typing import Protocol

import torch

from facewright.device import to_tensor
from facewright.types import Image


class FeatureNetwork(Protocol):
    """A network that maps pictures to features."""

    @property
    def name(self) -> str:
        """Name in the names of measurements."""
        ...

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures (n, 3, h, w) in [-1, 1] to features (n, d)."""
        ...


@torch.no_grad()
def extract_features(
    network: FeatureNetwork, images: Image, device: torch.device, *, batch: int = 32
) -> torch.Tensor:
    """Extract the features of pictures, in batches.

    Args:
        network: On `device`.
        images: (n, h, w, 3), uint8, with n of at least 1.
        device: The device that computes.
        batch: Number of pictures in a batch.

    Returns:
        (n, d), float32, on the CPU.
    """
    parts = [
        network(to_tensor(images[start : start + batch], device, torch.float32)).float().cpu()
        for start in range(0, len(images), batch)
    ]
    return torch.cat(parts)
