"""A small discriminator of patches that knows where in the picture each of them lies.

What a frozen network overlooks, such as spots of a colour that no photograph has, it sees: it looks
at the pixels themselves (Isola et al. 2017, "PatchGAN"). Two further channels hold the position
(Liu et al. 2018, "CoordConv"), since in aligned pictures eyes and mouth are always in one place.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

_WIDTHS = (48, 96, 192)
_SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """Three convolutions of stride 2, then a score for each patch of 38 × 38 pixels."""

    def __init__(self) -> None:
        super().__init__()
        layers, width = list[nn.Module](), 5  # colours and position
        for wider in _WIDTHS:
            layers += [_convolution(width, wider, kernel=4, stride=2), nn.LeakyReLU(_SLOPE)]
            width = wider
        self.body = nn.Sequential(*layers, _convolution(width, 1, kernel=3, stride=1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Score patches.

        Args:
            images: (n, 3, h, w) in [-1, 1], h and w at least 8.

        Returns:
            (n, 1, h / 8, w / 8), float32.
        """
        count, _, height, width = images.shape
        down = torch.linspace(-1, 1, height, device=images.device)[:, None].expand(height, width)
        right = torch.linspace(-1, 1, width, device=images.device).expand(height, width)
        position = torch.stack([down, right]).expand(count, 2, height, width)
        scores: torch.Tensor = self.body(torch.cat([images, position], 1))
        return scores.float()


def patch_loss(reals: torch.Tensor, fakes: torch.Tensor) -> torch.Tensor:
    """Return the hinge loss (Lim & Ye 2017) of scores of patches, whatever their shape."""
    return F.relu(1 - reals).mean() + F.relu(1 + fakes).mean()


def _convolution(inputs: int, outputs: int, *, kernel: int, stride: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding=1))
