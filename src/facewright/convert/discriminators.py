"""PatchGAN discriminators: a score for each patch of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from facewright.convert.blocks import Norm, make_norm
from facewright.errors import InputError

_SLOPE = 0.2
_DOUBLINGS = 3
_BASIC = 3  # halvings: patches of 70 pixels


@dataclass(frozen=True, slots=True)
class PatchConfig:
    """Configuration of a discriminator."""

    kind: Literal["basic", "n-layers", "pixel"] = "basic"
    """Patches of 70 pixels, patches of another size, or single pixels."""
    inputs: int = 3
    """Channels of the pictures."""
    filters: int = 64
    """Feature maps of the first layer."""
    layers: int = 3
    """Halvings of the kind "n-layers": 1, 2, 3, 4 and 5 give patches of 16, 34, 70, 142 and 286
    pixels."""
    norm: Norm = "instance"
    """Normalisation of feature maps."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        if self.kind not in {"basic", "n-layers", "pixel"}:
            raise InputError(
                f"no discriminator is called `{self.kind}`", hint="basic, n-layers or pixel"
            )
        if min(self.inputs, self.filters, self.layers) < 1:
            raise InputError("a discriminator has at least one channel, filter and layer")

    @property
    def halvings(self) -> int:
        """Number of halvings of the size."""
        return {"basic": _BASIC, "pixel": 0}.get(self.kind, self.layers)

    @property
    def smallest(self) -> int:
        """The least height and width in pixels."""
        return 3 * 2**self.halvings if self.halvings else 1


class PatchDiscriminator(nn.Module):
    """Scores every patch of a picture: PatchGAN (Isola et al. 2017, section 3.2.2)."""

    def __init__(self, config: PatchConfig) -> None:
        """Build the layers.

        Args:
            config: Kind and sizes of the layers.
        """
        super().__init__()
        self.config = config
        self.model = _build_pixels(config) if config.kind == "pixel" else _build_patches(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score pictures.

        Args:
            x: (n, inputs, h, w) in [-1, 1].

        Returns:
            (n, 1, rows, columns): one logit per patch.

        Raises:
            InputError: The pictures are too small.
        """
        if min(x.shape[-2:]) < self.config.smallest:
            raise InputError(
                f"this discriminator takes pictures from {self.config.smallest} pixels on",
                hint="choose n-layers with fewer layers, or pixel",
            )
        return self.model(x)


def _build_patches(config: PatchConfig) -> nn.Sequential:
    """Return halvings, then two layers that keep the size."""
    bias, width = config.norm == "instance", config.filters
    layers: list[nn.Module] = [nn.Conv2d(config.inputs, width, 4, stride=2, padding=1)]
    layers.append(nn.LeakyReLU(_SLOPE))
    for n in range(1, config.halvings + 1):
        wider = config.filters * 2 ** min(n, _DOUBLINGS)
        stride = 2 if n < config.halvings else 1
        layers.append(nn.Conv2d(width, wider, 4, stride=stride, padding=1, bias=bias))
        layers += [make_norm(config.norm, wider), nn.LeakyReLU(_SLOPE)]
        width = wider
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, padding=1))


def _build_pixels(config: PatchConfig) -> nn.Sequential:
    """Return layers with a receptive field of one pixel."""
    bias, f = config.norm == "instance", config.filters
    return nn.Sequential(
        nn.Conv2d(config.inputs, f, 1),
        nn.LeakyReLU(_SLOPE),
        nn.Conv2d(f, 2 * f, 1, bias=bias),
        make_norm(config.norm, 2 * f),
        nn.LeakyReLU(_SLOPE),
        nn.Conv2d(2 * f, 1, 1, bias=bias),
    )
