"""The networks of StyleGAN 1, which grow resolution by resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

from facewright.errors import InputError
from facewright.gan.discriminator import append_spread
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.layers.basic import (
    Conv2d,
    FullyConnected,
    as_channels_last,
    resolutions_up_to,
)
from facewright.gan.layers.mapping import MappingNetwork
from facewright.types import Noise

_SLOPE = 0.2  # of every leaky ReLU


@dataclass(frozen=True, slots=True)
class ProgressiveConfig(GeneratorConfig):
    """Configuration of a StyleGAN 1 generator, which has no labels and no clamp."""

    channels: tuple[int, ...] = ()
    """Feature maps at 4, 8, 16 ... pixels."""
    fade: float = 1.0
    """Blend of the last resolution, 0 to 1: 0 is the picture of the one before it, enlarged."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid, or `channels` does not have one for each resolution.
        """
        GeneratorConfig.__post_init__(self)
        object.__setattr__(self, "channels", tuple(self.channels))  # JSON has lists
        levels = len(resolutions_up_to(self.resolution))
        if len(self.channels) != levels or min(self.channels) < 1:
            raise InputError(f"{levels} resolutions need {levels} numbers of feature maps")
        if self.c_dim:
            raise InputError("a StyleGAN 1 generator has no labels")


class AdaptiveLayer(nn.Module):
    """A convolution, noise, and adaptive instance normalisation by a style (AdaIN).

    Args:
        inputs: Channels in; None for a layer without a convolution.
        outputs: Channels out.
        w_dim: Size of a style vector.
        resolution: Width and height in pixels.
    """

    noise_const: torch.Tensor

    def __init__(self, inputs: int | None, outputs: int, *, w_dim: int, resolution: int) -> None:
        super().__init__()
        self.conv = Conv2d(inputs, outputs, 3) if inputs else None
        self.affine = FullyConnected(w_dim, 2 * outputs)
        self.noise_strength = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        with torch.no_grad():
            self.affine.bias[:outputs] = 1

    def forward(
        self, x: torch.Tensor, w: torch.Tensor, *, noise: Noise, rng: torch.Generator | None
    ) -> torch.Tensor:
        """Map (n, inputs, h, w) and styles (n, w_dim) to (n, outputs, h, w)."""
        x = x if self.conv is None else self.conv(x)
        if noise != "none":
            drawn = self.noise_const if noise == "const" else _draw_noise(x, rng)
            x = x + drawn.to(x.dtype) * self.noise_strength.to(x.dtype)[:, None, None]
        factor, shift = self.affine(w).to(x.dtype)[:, :, None, None].chunk(2, dim=1)
        return F.leaky_relu(F.instance_norm(x) * factor + shift, _SLOPE)


class ProgressiveBlock(nn.Module):
    """The two layers of one resolution, and the picture that they draw."""

    def __init__(self, config: ProgressiveConfig, level: int) -> None:
        super().__init__()
        resolution, outputs = 4 << level, config.channels[level]
        inputs = config.channels[level - 1] if level else None
        how = {"w_dim": config.w_dim, "resolution": resolution}
        if level == 0:
            self.const = nn.Parameter(torch.ones(outputs, resolution, resolution))
        self.layer0 = AdaptiveLayer(inputs, outputs, **how)
        self.layer1 = AdaptiveLayer(outputs, outputs, **how)
        self.torgb = Conv2d(outputs, 3, 1)


class ProgressiveSynthesis(nn.Module):
    """From one style vector per layer to a picture (Karras et al. 2019, figure 1)."""

    def __init__(self, config: ProgressiveConfig) -> None:
        super().__init__()
        self.fade = config.fade
        self.resolutions = resolutions_up_to(config.resolution)
        for level, resolution in enumerate(self.resolutions):
            self.add_module(f"b{resolution}", ProgressiveBlock(config, level))
        self.num_ws = 2 * len(self.resolutions)

    def forward(
        self,
        ws: torch.Tensor,
        *,
        noise: Noise = "const",
        rng: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        resolution: int | None = None,
        fade: float | None = None,
    ) -> torch.Tensor:
        """Synthesise pictures.

        Args:
            ws: (n, num_ws, w_dim), float32.
            noise: Noise of the layers: "const", "random" or "none".
            rng: Generator of random noise; None uses torch's global state.
            dtype: The number format of the feature maps.
            resolution: Resolution of the pictures; None is the largest.
            fade: Blend of that resolution, 0 to 1; None is that of the configuration.

        Returns:
            (n, 3, resolution, resolution), float32, black -1, white 1, not clipped.

        Raises:
            InputError: `ws` has another shape, or there is no such resolution.
        """
        last = self.resolutions[-1] if resolution is None else resolution
        if ws.ndim != 3 or ws.shape[1] != self.num_ws:
            raise InputError(f"w+ is (n, {self.num_ws}, w_dim), not {tuple(ws.shape)}")
        if last not in self.resolutions:
            raise InputError(f"resolutions are {self.resolutions}, not {last}")
        fade = self.fade if fade is None else fade
        const = self._block(4).const.to(dtype)
        x = before = const[None].expand(len(ws), -1, -1, -1)  # [n c 4 4]
        for level, size in enumerate(self.resolutions[: self.resolutions.index(last) + 1]):
            block = self._block(size)
            if level:
                x = before = enlarge(x)
            x = block.layer0(x, ws[:, 2 * level], noise=noise, rng=rng)
            x = block.layer1(x, ws[:, 2 * level + 1], noise=noise, rng=rng)
        image = self._block(last).torgb(x).float()
        if fade >= 1 or last == 4:
            return cast("torch.Tensor", image)
        return torch.lerp(self._block(last // 2).torgb(before).float(), image, fade)

    def _block(self, resolution: int) -> ProgressiveBlock:
        """Return the block of a resolution."""
        return cast("ProgressiveBlock", self.get_submodule(f"b{resolution}"))


class ProgressiveGenerator(Generator):
    """A mapping network and a progressively grown synthesis network; a `Generator` to its users."""

    def __init__(self, config: ProgressiveConfig) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.mapping = MappingNetwork(
            config.z_dim, 0, config.w_dim, layers=config.mapping_layers, lr_multiplier=1.0
        )
        self.synthesis = ProgressiveSynthesis(config)  # type: ignore[assignment]
        self.num_ws = self.synthesis.num_ws
        self.centres = self.scorer = None

    def cut(self, resolution: int, fade: float = 1.0) -> ProgressiveGenerator:
        """Return a copy without the layers above a resolution.

        Args:
            resolution: One of its resolutions, the largest of the copy.
            fade: Blend of that resolution, 0 to 1.
        """
        assert isinstance(self.config, ProgressiveConfig)  # noqa: S101 - for the type checker
        channels = self.config.channels[: len(resolutions_up_to(resolution))]
        small = ProgressiveGenerator(
            replace(self.config, resolution=resolution, channels=channels, fade=fade)
        )
        own = self.state_dict()
        small.load_state_dict({name: own[name] for name in small.state_dict()})
        return small.to(self.mapping.w_avg.device).train(self.training).requires_grad_(False)


class ProgressiveDiscriminator(nn.Module):
    """Scores pictures of any of its resolutions.

    Args:
        channels: Feature maps at 4, 8, 16 ... pixels, up to the largest resolution.
        group_size: Most pictures in a group of the minibatch standard deviation; the batch is
            split into the largest groups possible.
    """

    def __init__(self, channels: tuple[int, ...], *, group_size: int = 4) -> None:
        super().__init__()
        self.group_size = group_size
        self.resolutions = [4 << level for level in range(len(channels))]
        for level, resolution in enumerate(self.resolutions):
            inputs, outputs = channels[level], channels[max(level - 1, 0)]
            conv0 = Conv2d(inputs + (level == 0), outputs, 3, activation="lrelu")
            conv1: nn.Module = (
                Conv2d(outputs, outputs, 3, activation="lrelu")
                if level
                else FullyConnected(outputs * 16, outputs, activation="lrelu")
            )
            parts = {"fromrgb": Conv2d(3, inputs, 1), "conv0": conv0, "conv1": conv1}
            self.add_module(f"b{resolution}", nn.ModuleDict(parts))
        self.out = FullyConnected(channels[0], 1)

    def forward(
        self, images: torch.Tensor, *, fade: float = 1.0, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Score pictures.

        Args:
            images: (n, 3, h, h), float32 in [-1, 1]; h is one of its resolutions.
            fade: Blend of the layers of that resolution, 0 to 1.
            dtype: Number format of the convolutions.

        Returns:
            (n, 1), float32.

        Raises:
            InputError: There are no layers for pictures of that size.
        """
        size = images.shape[-1]
        if size not in self.resolutions or images.shape[-2] != size:
            raise InputError(f"pictures have one of {self.resolutions} pixels, not {size}")
        images = as_channels_last(images.to(dtype))
        x = self._part(size, "fromrgb")(images)
        for resolution in reversed(self.resolutions[1 : self.resolutions.index(size) + 1]):
            x = self._part(resolution, "conv0")(x)
            x = halve(self._part(resolution, "conv1")(x))
            if resolution == size and fade < 1:
                x = torch.lerp(self._part(size // 2, "fromrgb")(halve(images)), x, fade)
        group = max(g for g in range(1, self.group_size + 1) if len(x) % g == 0)
        x = self._part(4, "conv0")(append_spread(x, group))
        x = self._part(4, "conv1")(x.flatten(1).float())
        return cast("torch.Tensor", self.out(x))

    def _part(self, resolution: int, name: str) -> nn.Module:
        """Return a layer of a resolution."""
        return self.get_submodule(f"b{resolution}.{name}")


def _draw_noise(x: torch.Tensor, rng: torch.Generator | None) -> torch.Tensor:
    """Return new noise for feature maps, (n, 1, h, w)."""
    shape = (len(x), 1, *x.shape[2:])
    return torch.randn(shape, generator=rng, device=rng.device if rng else x.device).to(x.device)


def enlarge(x: torch.Tensor) -> torch.Tensor:
    """Double the width and height, linearly."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halve(x: torch.Tensor) -> torch.Tensor:
    """Halve the width and height: each pixel is the mean of four."""
    return F.avg_pool2d(x, 2)
