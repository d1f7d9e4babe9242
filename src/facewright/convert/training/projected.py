"""Discriminators on the features of a frozen face network, in addition to pixels.

A discriminator with random weights needs many thousands of pictures to learn useful features. Sauer
et al. 2021, "Projected GANs converge faster", give it the feature maps of a frozen network instead,
with a small head on each. Here the heads are added to the patches of PatchGAN.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from facewright.convert.discriminators import PatchConfig, PatchDiscriminator
from facewright.faces.similarity.features import FaceFeatures

_SLOPE = 0.2
_WIDTH = 64  # feature maps inside of a head
_SHIFT = 0.04  # of the width
_SMALLEST = 0.6  # of the width: as small as pictures become before they are seen
_NOISE = 0.05  # of [-1, 1]


class ProjectedDiscriminator(nn.Module):
    """Scores patches of a picture, and positions of the feature maps of a frozen network."""

    def __init__(self, config: PatchConfig, widths: tuple[int, ...]) -> None:
        """Build the layers.

        Args:
            config: Configuration of the patches.
            widths: Channels of each feature map.
        """
        super().__init__()
        self.patches = PatchDiscriminator(config)
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, _WIDTH, 3, padding=1),
                nn.LeakyReLU(_SLOPE),
                nn.Conv2d(_WIDTH, 1, 3, padding=1),
            )
            for width in widths
        )

    def forward(self, x: torch.Tensor, maps: list[torch.Tensor]) -> list[torch.Tensor]:
        """Score pictures.

        Args:
            x: (n, 3, h, w) in [-1, 1].
            maps: Feature maps of the frozen network, (n, width, h, w) for each of the widths.

        Returns:
            The scores of the patches, then those of each feature map, (n, 1, rows, columns).
        """
        scores = [head(seen) for head, seen in zip(self.heads, maps, strict=True)]
        return [self.patches(x), *scores]


def view_faces(
    features: FaceFeatures, images: torch.Tensor, rng: torch.Generator
) -> list[torch.Tensor]:
    """Return the feature maps of pictures after random shifts, reductions and noise.

    This prevents translators from deceiving the frozen network by imperceptible patterns.

    Args:
        features: The network.
        images: (n, 3, h, w) in [-1, 1].
        rng: On the CPU.

    Returns:
        One map for each stage.
    """
    side = images.shape[-1]
    reach = max(round(side * _SHIFT), 1)
    down, right = torch.randint(2 * reach + 1, (2,), generator=rng).tolist()
    shifted = F.pad(images, (reach,) * 4, mode="reflect")
    shifted = shifted[..., down : down + images.shape[-2], right : right + side]
    share = _SMALLEST + (1 - _SMALLEST) * float(torch.rand((), generator=rng))
    smaller = F.interpolate(
        shifted, scale_factor=share, mode="bilinear", align_corners=False, antialias=True
    )
    noise = torch.randn(smaller.shape, generator=rng).to(images.device)
    return features(smaller + _NOISE * noise)
