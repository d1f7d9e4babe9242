"""Perceptual distance of faces, by the features of a network for attributes.

A perceptual distance compares pictures by the feature maps of a network instead of by pixels. The
usual one, LPIPS (Zhang et al. 2018), uses networks and weights that were fitted to photographs
licensed for research. This one uses a small residual network that was trained to predict the age
group, gender and ethnicity that annotators saw in aligned faces. Its values are not comparable with
LPIPS.

The classifier of age, gender and ethnicity is not part of the package: only the feature maps are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

from facewright.errors import InputError
from facewright.faces.detection.blocks import Conv, Residual, load_folded
from facewright.types import Bundle, Card

KIND = "face-features"

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class FeaturesConfig:
    """Configuration of the network."""

    size: int = 128
    """Width and height of its input in pixels, aligned by the template `tight`."""
    widths: tuple[int, ...] = (32, 48, 96, 160)
    """Feature maps of each stage; each stage halves the picture."""
    depths: tuple[int, ...] = (0, 1, 1, 2)
    """Residual blocks of each stage."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        if len(self.widths) != len(self.depths) or not self.widths or min(self.widths) < 1:
            raise InputError("each stage has a width from 1 and a depth")
        if self.size % 2 ** len(self.widths) or self.size < 1:
            raise InputError(f"{self.size} pixels are not halved {len(self.widths)} times")


class FaceFeatures(nn.Module):
    """Computes feature maps of aligned faces, one per stage."""

    def __init__(self, config: FeaturesConfig) -> None:
        """Build the layers.

        Args:
            config: Sizes of the stages.
        """
        super().__init__()
        self.config = config
        stages, before = list[nn.Module](), 3
        for width, depth in zip(config.widths, config.depths, strict=True):
            blocks = (Residual(width) for _ in range(depth))
            stages.append(nn.Sequential(Conv(before, width, stride=2), *blocks))
            before = width
        self.stages = nn.ModuleList(stages)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the feature maps of faces.

        Args:
            images: (n, 3, h, w) in [-1, 1], resized to `config.size` where they differ.

        Returns:
            One (n, width, size / 2^k, size / 2^k) for each stage.
        """
        size = self.config.size
        if images.shape[-2:] != (size, size):
            larger = images.shape[-1] > size
            mode = "area" if larger else "bilinear"
            images = F.interpolate(
                images, (size, size), mode=mode, align_corners=None if larger else False
            )
        maps = []
        for stage in self.stages:
            images = stage(images)
            maps.append(images)
        return maps

    def compare(self, ones: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return the distances of faces: Zhang et al. 2018, equation 1, with equal weights.

        Args:
            ones: (n, 3, h, w) in [-1, 1].
            others: The same shape.

        Returns:
            (n,), float32: 0 for equal faces; the mean over the stages of the squared distance of
            feature vectors of norm 1, so at most 4.

        Raises:
            InputError: The shapes differ.
        """
        if ones.shape != others.shape:
            raise InputError(f"{tuple(ones.shape)} cannot be compared with {tuple(others.shape)}")
        return compare_maps(self(ones), self(others))


def compare_maps(ones: Sequence[torch.Tensor], others: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the distances of `FaceFeatures.compare` between feature maps, (n,)."""
    parts = [
        (_normalise(one) - _normalise(other)).square().sum(1).mean((1, 2))
        for one, other in zip(ones, others, strict=True)
    ]
    return torch.stack(parts).mean(0)


def compare_traits(ones: Sequence[torch.Tensor], others: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the distances of the traits of faces: of the means of the last feature maps.

    The network was trained to predict age group, gender and ethnicity from these means: people who
    share them are near. It is no face recognition.

    Args:
        ones: Feature maps of n faces.
        others: The same shape.

    Returns:
        (n,), float32: one minus the cosine, 0 for equal faces and at most 1.
    """
    one, other = (maps[-1].float().mean((2, 3)) for maps in (ones, others))
    return 1 - F.cosine_similarity(one, other, dim=1)


def pack_features(network: FaceFeatures, card: Card) -> Bundle:
    """Return a network whose normalisations are folded (`fold_norms`) as a bundle.

    Raises:
        InputError: The card is not of the kind "face-features".
    """
    if card.kind != KIND:
        raise InputError(f"the card of features is of the kind `{KIND}`, not `{card.kind}`")
    return Bundle(card, {KIND: asdict(network.config)}, network.state_dict())


def load_face_features(bundle: Bundle, device: torch.device | str = "cpu") -> FaceFeatures:
    """Build the network of a bundle.

    Args:
        bundle: From `hub`, such as that of the starter weights "face-features".
        device: The device to put it on.

    Returns:
        The network, float32, frozen.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    return load_folded(bundle, KIND, lambda fields: FaceFeatures(FeaturesConfig(**fields)), device)


def _normalise(maps: torch.Tensor) -> torch.Tensor:
    """Return feature maps whose vectors have norm 1, float32."""
    maps = maps.float()
    return maps / (maps.square().sum(1, keepdim=True) + _EPSILON).sqrt()
