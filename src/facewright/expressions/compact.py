"""A small residual classifier of dense convolutions, which are fast on CPUs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from facewright.faces.detection.blocks import Conv

NAME = "compact"

_FLAT = 0.03  # spread of grey below which contrast is not raised further


@dataclass(frozen=True, slots=True)
class CompactConfig:
    """Configuration of the network."""

    size: int = 48
    """Side of its input in pixels; other sizes are accepted too."""
    widths: tuple[int, ...] = (32, 64, 128, 160)
    """Channels at a half, a quarter, ... of the size."""
    depths: tuple[int, ...] = (1, 2, 2, 2)
    """Residual blocks there."""
    squeeze: int = 8
    """Reduction factor of squeeze and excitation in each block."""
    stem: int = 0
    """Channels of a first convolution at the full size; 0 is none, and the size halves at once."""


FINE = CompactConfig(stem=16)
"""With a first convolution at the full size; hardly slower than without."""
WIDE = CompactConfig(widths=(48, 80, 128, 160), depths=(2, 2, 2, 1), stem=16)
"""Wider at large sizes, narrower at the smallest; takes 1.6 times as long, with fewer weights."""


class CompactNetwork(nn.Module):
    """Maps a grey square to a logit for each expression.

    Residual blocks with squeeze and excitation (Hu et al. 2018).
    """

    def __init__(self, config: CompactConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = [Conv(1, config.stem)] if config.stem else []
        layers.append(Conv(config.stem or 1, config.widths[0], stride=2))
        width = config.widths[0]
        for step, (wide, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            layers.append(Conv(width, wide, stride=1 if step == 0 else 2))
            layers += [_Block(wide, config.squeeze) for _ in range(depth)]
            width = wide
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, classes)

    @property
    def features(self) -> int:
        """Number of features that `describe` returns."""
        return self.head.in_features

    def describe(self, x: torch.Tensor) -> torch.Tensor:
        """Return the features of faces.

        Args:
            x: [n 1 h w] in [-1, 1].

        Returns:
            [n features], float32.
        """
        middle = x.mean(dim=(1, 2, 3), keepdim=True)  # [n 1 1 1]
        spread = x.std(dim=(1, 2, 3), keepdim=True)
        even = ((x - middle) / (spread + _FLAT)).to(self.head.weight.dtype)
        even = even.contiguous(memory_format=torch.channels_last)
        return self.body(even).mean(dim=(2, 3)).float()

    def name(self, features: torch.Tensor) -> torch.Tensor:
        """Map [n features] to logits [n classes], in float32."""
        with torch.autocast(features.device.type, enabled=False):
            return F.linear(features, self.head.weight.float(), self.head.bias.float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n 1 h w] in [-1, 1] to logits [n classes]."""
        return self.name(self.describe(x))


class _Block(nn.Module):
    """A residual block of two convolutions with squeeze and excitation."""

    def __init__(self, width: int, squeeze: int) -> None:
        super().__init__()
        few = max(1, width // squeeze)
        self.first = Conv(width, width)
        self.second = Conv(width, width, relu=False)
        self.squeeze = nn.Linear(width, few)
        self.excite = nn.Linear(few, width)
        if isinstance(self.second.norm, nn.BatchNorm2d):
            nn.init.zeros_(self.second.norm.weight)  # at first, the input alone (Goyal et al. 2017)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n width h w] to the same shape."""
        y = self.second(self.first(x))
        weights = self.excite(F.relu(self.squeeze(y.mean(dim=(2, 3))))).sigmoid()  # [n width]
        return F.relu_(y * weights[:, :, None, None] + x)
