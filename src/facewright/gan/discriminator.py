"""The discriminator of StyleGAN2: from pictures to scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from facewright.errors import InputError
from facewright.gan.generator import Architecture
from facewright.gan.layers.basic import (
    TAPS,
    Conv2d,
    FullyConnected,
    as_channels_last,
    channels_at,
    resolutions_up_to,
)
from facewright.gan.layers.mapping import MappingNetwork
from facewright.gan.ops.upfirdn import downsample2d, setup_filter

CONDITION_LAYERS = 8


@dataclass(frozen=True, slots=True)
class DiscriminatorConfig:
    """Configuration of a StyleGAN2 discriminator."""

    resolution: int
    """Width and height of the pictures in pixels, a power of two from 8 to 1024."""
    c_dim: int = 0
    """Dimension of a label; 0 without labels."""
    architecture: Architecture = "resnet"
    """`resnet`: residual blocks; `skip`: a picture into every resolution; `orig`: a plain stack."""
    channel_base: int = 32768
    """Feature maps times resolution; limited by `channel_max`."""
    channel_max: int = 512
    """Most feature maps of any layer."""
    conv_clamp: float | None = None
    """Limit of every activation; float16 needs 256, other precisions need none."""
    group_size: int = 4
    """Pictures whose spread is compared at the end (minibatch standard deviation)."""
    freeze_layers: int = 0
    """Number of layers, counted from the picture, whose weights stay fixed (Freeze-D)."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: The resolution or the architecture is invalid.
        """
        if not (8 <= self.resolution <= 1024) or self.resolution.bit_count() != 1:
            raise InputError(
                f"a resolution is a power of two from 8 to 1024, not {self.resolution}"
            )
        if self.architecture not in {"skip", "resnet", "orig"}:
            raise InputError(
                f"no architecture is called `{self.architecture}`", hint="resnet, skip or orig"
            )


class DiscriminatorBlock(nn.Module):
    """The layers of one resolution, which halve it."""

    resample_filter: torch.Tensor

    def __init__(self, config: DiscriminatorConfig, resolution: int) -> None:
        super().__init__()
        self.architecture = config.architecture
        inputs = channels_at(resolution, config.channel_base, config.channel_max)
        outputs = channels_at(resolution // 2, config.channel_base, config.channel_max)
        clamp = config.conv_clamp
        first = resolution == config.resolution
        self.fromrgb = (
            Conv2d(3, inputs, 1, activation="lrelu", clamp=clamp)
            if first or config.architecture == "skip"
            else None
        )
        self.conv0 = Conv2d(inputs, inputs, 3, activation="lrelu", clamp=clamp)
        self.conv1 = Conv2d(inputs, outputs, 3, activation="lrelu", down=2, clamp=clamp)
        if config.architecture == "resnet":
            self.skip = Conv2d(inputs, outputs, 1, bias=False, down=2)
        self.register_buffer("resample_filter", setup_filter(TAPS), persistent=False)

    def forward(
        self, x: torch.Tensor | None, image: torch.Tensor | None, dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return feature maps and picture at half the resolution; the latter only for "skip"."""
        if self.fromrgb is not None and image is not None:
            y = self.fromrgb(as_channels_last(image.to(dtype)))
            x = y if x is None else x + y
            skip = self.architecture == "skip"
            image = downsample2d(image, self.resample_filter) if skip else None
        if x is None:
            raise InputError("the first block needs a picture")
        if self.architecture != "resnet":
            return self.conv1(self.conv0(x)), image
        half = math.sqrt(0.5)
        y = self.skip(x, gain=half)
        return y + self.conv1(self.conv0(x), gain=half), image


class DiscriminatorEpilogue(nn.Module):
    """The layers at 4×4 pixels and the score."""

    def __init__(self, config: DiscriminatorConfig, condition: int) -> None:
        super().__init__()
        channels = channels_at(4, config.channel_base, config.channel_max)
        self.group_size, self.condition = config.group_size, condition
        if config.architecture == "skip":
            self.fromrgb = Conv2d(3, channels, 1, activation="lrelu")
        self.conv = Conv2d(channels + 1, channels, 3, activation="lrelu", clamp=config.conv_clamp)
        self.fc = FullyConnected(channels * 16, channels, activation="lrelu")
        self.out = FullyConnected(channels, condition or 1)

    def forward(
        self, x: torch.Tensor, image: torch.Tensor | None, c: torch.Tensor | None
    ) -> torch.Tensor:
        """Map (n, channels, 4, 4) to (n, 1), in float32."""
        x = x.float()
        if image is not None:
            x = x + self.fromrgb(image.float())
        x = self.conv(append_spread(x, self.group_size))
        x = self.out(self.fc(x.flatten(1)))  # [n condition]
        if c is None:
            return x
        return (x * c).sum(dim=1, keepdim=True) / math.sqrt(self.condition)


class Discriminator(nn.Module):
    """Scores pictures, given their labels (projection discriminator, Miyato and Koyama 2018)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        condition = 0
        if config.c_dim > 0:
            condition = channels_at(4, config.channel_base, config.channel_max)
            self.mapping = MappingNetwork(
                0, config.c_dim, condition, layers=CONDITION_LAYERS, track_average=False
            )
        self.resolutions = resolutions_up_to(config.resolution)[:0:-1]
        for resolution in self.resolutions:
            self.add_module(f"b{resolution}", DiscriminatorBlock(config, resolution))
        self.b4 = DiscriminatorEpilogue(config, condition)
        self._freeze(config.freeze_layers)

    def forward(
        self,
        images: torch.Tensor,
        c: torch.Tensor | None = None,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Score pictures.

        Args:
            images: (n, 3, resolution, resolution), float32 in [-1, 1].
            c: (n, c_dim), or None without labels.
            dtype: The number format of the convolutions above 4×4 pixels.

        Returns:
            (n, 1), float32 logits: above zero is more likely real.

        Raises:
            InputError: The pictures have another size, or labels are missing or of another size.
        """
        size = self.config.resolution
        if images.ndim != 4 or images.shape[1:] != (3, size, size):
            raise InputError(
                f"pictures are (n, 3, {size}, {size}), not {tuple(images.shape)}",
                hint="this network scores pictures of one size: resize them first",
            )
        x: torch.Tensor | None = None
        picture: torch.Tensor | None = images
        for resolution in self.resolutions:
            x, picture = self.get_submodule(f"b{resolution}")(x, picture, dtype)
        condition = self.mapping(None, c) if self.config.c_dim > 0 else None
        return self.b4(x, picture, condition)

    def _freeze(self, layers: int) -> None:
        """Freeze the first layers (Mo et al. 2020, "Freeze the discriminator")."""
        order = [
            layer
            for resolution in self.resolutions
            for name in ("fromrgb", "conv0", "conv1", "skip")
            if (layer := getattr(self.get_submodule(f"b{resolution}"), name, None)) is not None
        ]
        for layer in order[:layers]:
            layer.requires_grad_(False)


def append_spread(x: torch.Tensor, group_size: int) -> torch.Tensor:
    """Append one feature map: the standard deviation within each group of pictures.

    Minibatch standard deviation (Karras et al. 2018, section 3).

    Args:
        x: (n, c, h, w).
        group_size: Pictures per group; n is a multiple of it or smaller.

    Returns:
        (n, c + 1, h, w).

    Raises:
        InputError: n is larger than the group and not a multiple of it.
    """
    n, c, height, width = x.shape
    group = min(group_size, n)
    if n % group:
        raise InputError(f"a batch of {n} is not a multiple of the group of {group}")
    y = x.reshape(group, n // group, c, height, width)
    y = (y - y.mean(dim=0)).square().mean(dim=0)  # [n/group c h w]
    y = (y + 1e-8).sqrt().mean(dim=(1, 2, 3))  # [n/group]
    y = y.repeat(group)[:, None, None, None].expand(n, 1, height, width)
    return torch.cat([x, y], dim=1)
