"""The generator of StyleGAN2: mapping and synthesis networks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import nn

from facewright.errors import InputError
from facewright.gan.layers.basic import (
    TAPS,
    Conv2d,
    as_channels_last,
    channels_at,
    resolutions_up_to,
)
from facewright.gan.layers.centres import Centres
from facewright.gan.layers.mapping import MappingNetwork
from facewright.gan.layers.quality import QualityScorer
from facewright.gan.layers.styled import SynthesisLayer, ToRGB
from facewright.gan.ops.upfirdn import setup_filter, upsample2d
from facewright.types import Noise, TruncationTarget

Architecture: TypeAlias = Literal["skip", "resnet", "orig"]


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Configuration of a StyleGAN2 generator."""

    resolution: int
    """Width and height of the pictures in pixels, a power of two from 4 to 1024."""
    z_dim: int = 512
    """Dimension of z."""
    c_dim: int = 0
    """Dimension of a label; 0 without labels."""
    w_dim: int = 512
    """Dimension of w."""
    mapping_layers: int = 8
    """Fully connected layers from z to w."""
    architecture: Architecture = "skip"
    """`skip`: summed RGB of all blocks; `resnet`: residual blocks; `orig`: only the last layer."""
    channel_base: int = 32768
    """Feature maps times resolution; limited by `channel_max`."""
    channel_max: int = 512
    """Most feature maps of any layer."""
    conv_clamp: float | None = None
    """Limit of every activation; float16 needs 256, other precisions need none."""
    linear_rgb: int = 0
    """Up to this resolution, blocks add a picture that is linear in their style vector, and every
    later block sees the picture so far; 0 is StyleGAN2 as published. Needs `skip`."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: The resolution or the architecture is invalid, or `linear_rgb` is without
                `skip`.
        """
        if not (4 <= self.resolution <= 1024) or self.resolution.bit_count() != 1:
            raise InputError(
                f"a resolution is a power of two from 4 to 1024, not {self.resolution}"
            )
        if self.architecture not in {"skip", "resnet", "orig"}:
            raise InputError(
                f"no architecture is called `{self.architecture}`", hint="skip, resnet or orig"
            )
        if self.linear_rgb and self.architecture != "skip":
            raise InputError("pictures linear in w add to the RGB of the architecture `skip`")


class SynthesisBlock(nn.Module):
    """The layers of one resolution."""

    resample_filter: torch.Tensor

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        first, last = resolution == 4, resolution == config.resolution
        self.architecture, self.first = config.architecture, first
        outputs = channels_at(resolution, config.channel_base, config.channel_max)
        inputs = channels_at(resolution // 2, config.channel_base, config.channel_max)
        common: dict[str, Any] = {
            "w_dim": config.w_dim,
            "resolution": resolution,
            "clamp": config.conv_clamp,
        }
        if first:
            self.const = nn.Parameter(torch.randn(outputs, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(inputs, outputs, up=2, **common)
        self.conv1 = SynthesisLayer(outputs, outputs, **common)
        draws = last or config.architecture == "skip"
        side = resolution if resolution <= config.linear_rgb else 0
        self.torgb = (
            ToRGB(outputs, w_dim=config.w_dim, clamp=config.conv_clamp, linear=side)
            if draws
            else None
        )
        self.fromrgb = Conv2d(3, inputs, 3) if config.linear_rgb and not first else None
        if config.architecture == "resnet" and not first:
            self.skip = Conv2d(inputs, outputs, 1, bias=False, up=2)
        self.register_buffer("resample_filter", setup_filter(TAPS), persistent=False)
        self.num_ws = 1 if first else 2
        """How many style vectors the block uses up; the next block's first one drives `torgb`."""

    def forward(
        self,
        x: torch.Tensor | None,
        image: torch.Tensor | None,
        ws: torch.Tensor,
        *,
        noise: Noise,
        rng: torch.Generator | None,
        dtype: torch.dtype,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the feature maps and the picture so far.

        Args:
            x: (n, inputs, resolution / 2, resolution / 2), or None in the first block.
            image: (n, 3, resolution / 2, resolution / 2) float32, or None where there is none yet.
            ws: (n, num_ws + 1, w_dim): the block's style vectors and the one of `torgb`.
            noise: Noise of the layers: "const", "random" or "none".
            rng: Generator of random noise; None uses torch's global state.
            dtype: Number format of the convolutions.
        """
        if self.fromrgb is not None and x is not None and image is not None:
            x = as_channels_last(x + self.fromrgb(image.to(dtype)))
        x = self._convolve(x, ws, noise=noise, rng=rng, dtype=dtype)
        if image is not None:
            image = upsample2d(image, self.resample_filter)
        if self.torgb is not None:
            rgb = self.torgb(x, ws[:, self.num_ws])
            image = rgb if image is None else image + rgb
        return x, image

    def _convolve(
        self,
        x: torch.Tensor | None,
        ws: torch.Tensor,
        *,
        noise: Noise,
        rng: torch.Generator | None,
        dtype: torch.dtype,
    ) -> torch.Tensor:
        """Return the feature maps of this resolution."""
        if x is None:
            x = self.const.to(dtype)[None].expand(ws.shape[0], -1, -1, -1)
            return self.conv1(as_channels_last(x), ws[:, 0], noise=noise, rng=rng)
        if self.architecture != "resnet":
            x = self.conv0(x, ws[:, 0], noise=noise, rng=rng)
            return self.conv1(x, ws[:, 1], noise=noise, rng=rng)
        half = math.sqrt(0.5)
        y = self.skip(x, gain=half)
        x = self.conv0(x, ws[:, 0], noise=noise, rng=rng)
        return y + self.conv1(x, ws[:, 1], noise=noise, rng=rng, gain=half)


class SynthesisNetwork(nn.Module):
    """From one style vector per layer to a picture (Karras et al. 2020, figure 7)."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.resolutions = resolutions_up_to(config.resolution)
        for resolution in self.resolutions:
            self.add_module(f"b{resolution}", SynthesisBlock(config, resolution))
        self.num_ws = 2 * len(self.resolutions)

    def forward(
        self,
        ws: torch.Tensor,
        *,
        noise: Noise = "const",
        rng: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Synthesise pictures.

        Args:
            ws: (n, num_ws, w_dim), float32.
            noise: Noise of the layers: "const", "random" or "none".
            rng: Generator of random noise; None uses torch's global state.
            dtype: Number format of the convolutions.

        Returns:
            (n, 3, resolution, resolution), float32, black -1, white 1, not clipped.
        """
        x: torch.Tensor | None = None
        image: torch.Tensor | None = None
        for block, styles in self._blocks(ws):
            x, image = block(x, image, styles, noise=noise, rng=rng, dtype=dtype)
        if image is None:
            raise InputError("the last block draws no picture")
        return image

    def _blocks(self, ws: torch.Tensor) -> Iterator[tuple[SynthesisBlock, torch.Tensor]]:
        """Yield each block with its style vectors."""
        if ws.ndim != 3 or ws.shape[1] != self.num_ws:
            raise InputError(f"w+ is (n, {self.num_ws}, w_dim), not {tuple(ws.shape)}")
        start = 0
        for resolution in self.resolutions:
            block = self.get_submodule(f"b{resolution}")
            assert isinstance(block, SynthesisBlock)  # noqa: S101 - for the type checker
            yield block, ws[:, start : start + block.num_ws + 1]
            start += block.num_ws


class Generator(nn.Module):
    """A mapping network and a synthesis network."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(
            config.z_dim, config.c_dim, config.w_dim, layers=config.mapping_layers
        )
        self.synthesis = SynthesisNetwork(config)
        self.num_ws = self.synthesis.num_ws
        self.centres: Centres | None = None
        """What truncation pulls towards, where it was found; no part of the weights."""
        self.scorer: QualityScorer | None = None
        """Predicts flawed pictures from w, where it was trained; not among the weights either."""

    def freeze(self) -> Generator:
        """Freeze parameters and buffers, so that synthesis may cache what depends on them.

        Afterwards the generator must not be trained or moved to another device.
        """
        for module in self.modules():
            if isinstance(module, SynthesisLayer):
                module.freeze()
        return self.eval().requires_grad_(False)

    def pick_target(self, asked: TruncationTarget | None = None) -> TruncationTarget:
        """Return the target of truncation: the one asked for, or else centres if there are any.

        Raises:
            InputError: Centres are asked for, but the generator has none.
        """
        if asked == "centres" and self.centres is None:
            raise InputError(
                "this generator has no centres to truncate to",
                hint="truncate to the mean, or take weights with centres",
            )
        return asked or ("mean" if self.centres is None else "centres")

    def map_to_w(
        self,
        z: torch.Tensor,
        c: torch.Tensor | None = None,
        *,
        truncation_psi: float = 1.0,
        cutoff: int | None = None,
        truncate_to: TruncationTarget = "centres",
        track: bool = False,
    ) -> torch.Tensor:
        """Map z and labels to w+, with truncation.

        Args:
            z: (n, z_dim), normally distributed.
            c: (n, c_dim), or None without labels.
            truncation_psi: 1 leaves w as it is, 0 gives the target of truncation.
            cutoff: Truncate only the first so many layers; None truncates all.
            truncate_to: Pull towards the nearest centre of people with these labels, where the
                generator has `centres`, or towards the mean of all.
            track: Update the moving average of w, before truncation.

        Returns:
            (n, num_ws, w_dim), float32.
        """
        w = self.mapping(z, c, track=track)
        ws = w[:, None].expand(-1, self.num_ws, -1)  # [n num_ws w_dim]
        if truncation_psi == 1:
            return ws
        cutoff = self.num_ws if cutoff is None else cutoff
        average = self.mapping.w_avg
        if truncate_to == "centres" and self.centres is not None:
            average = self.centres(w, c)[:, None]  # [n 1 w_dim]
        near = average.lerp(ws[:, :cutoff], truncation_psi)
        return torch.cat([near, ws[:, cutoff:]], dim=1)

    def forward(
        self,
        z: torch.Tensor,
        c: torch.Tensor | None = None,
        *,
        truncation_psi: float = 1.0,
        noise: Noise = "const",
        rng: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Return pictures of z, (n, z_dim), and labels (n, c_dim): `map_to_w`, then `synthesis`."""
        return self.synthesis(
            self.map_to_w(z, c, truncation_psi=truncation_psi), noise=noise, rng=rng, dtype=dtype
        )
