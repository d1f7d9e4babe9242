"""The convolutional blocks of the detector and the mesh network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn import functional as F

from facewright.hub.networks import load_network
from facewright.types import Bundle


class Conv(nn.Module):
    """A convolution, batch normalisation during training, then ReLU.

    `fold_norms` merges the normalisation into the convolution once training is over.
    """

    def __init__(
        self, inside: int, outside: int, *, kernel: int = 3, stride: int = 1, relu: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2)
        self.norm: nn.Module = nn.BatchNorm2d(outside)
        self.relu = relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inside h w] to [n outside h/stride w/stride]."""
        x = self.norm(self.conv(x))
        return F.relu_(x) if self.relu else x


class Residual(nn.Module):
    """A residual block of two convolutions (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv(width, width)
        self.second = Conv(width, width, relu=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n width h w] to the same shape."""
        return F.relu_(self.second(self.first(x)) + x)


def fold_norms(network: nn.Module) -> nn.Module:
    """Merge every batch normalisation into its convolution, in place.

    Args:
        network: Changed in place. In evaluation mode its outputs stay the same up to rounding; it
            can no longer be trained as before.

    Returns:
        The same network.
    """
    for module in network.modules():
        if not isinstance(module, Conv) or not isinstance(module.norm, nn.BatchNorm2d):
            continue
        norm, conv = module.norm, module.conv
        assert norm.running_var is not None  # noqa: S101 (for the type checker)
        assert norm.running_mean is not None  # noqa: S101
        assert conv.bias is not None  # noqa: S101
        with torch.no_grad():
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            conv.weight.mul_(gain[:, None, None, None])
            conv.bias.copy_((conv.bias - norm.running_mean) * gain + norm.bias)
        module.norm = nn.Identity()
    return network


_Network = TypeVar("_Network", bound=nn.Module)


def load_folded(
    bundle: Bundle,
    kind: str,
    build: Callable[[dict[str, Any]], _Network],
    device: torch.device | str,
) -> _Network:
    """Build a network from weights into which `fold_norms` merged its normalisations.

    Args:
        bundle: The bundle to read.
        kind: The kind that the bundle must have, which is the name of the configuration too.
        build: Builds the network from its configuration.
        device: The device to put it on.

    Returns:
        The network, float32, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """

    def build_folded(fields: dict[str, Any]) -> _Network:
        network = build(fields)
        for module in network.modules():
            if isinstance(module, Conv):
                module.norm = nn.Identity()
        return network

    return load_network(bundle, kind, build_folded, device)
