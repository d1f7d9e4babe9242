"""The translator networks, from pictures of one style to pictures of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import nn

from facewright.convert.blocks import Norm, Silent, Upsampling, make_enlarging, make_norm
from facewright.device import to_images, to_tensor
from facewright.errors import InputError
from facewright.types import Image

STRONGEST = 2.0
"""Largest factor on the change of a translator."""

_SLOPE = 0.2
_SMALLEST = 8  # pixels; below, reflections do not fit the inner layers
_DOUBLINGS = 3  # of the feature maps of a U-Net, until they stay


@dataclass(frozen=True, slots=True)
class TranslatorConfig:
    """Configuration of a translator."""

    architecture: Literal["resnet", "unet"] = "resnet"
    """`resnet`: residual blocks at a quarter of the size; `unet`: halvings with skip
    connections."""
    inputs: int = 3
    """Channels of the input."""
    outputs: int = 3
    """Channels of the output."""
    filters: int = 64
    """Feature maps of the first layer."""
    blocks: int = 9
    """Residual blocks of a ResNet (6 or 9), halvings of a U-Net (7 for 128 pixels, 8 for 256)."""
    norm: Norm = "instance"
    """Normalisation of feature maps: over each picture, or over the batch."""
    dropout: bool = False
    """Whether the layers are numbered as with dropout in each residual block, for checkpoints of
    other projects; no features are dropped."""
    upsampling: Upsampling = "transposed"
    """Upsampling of feature maps."""
    residual: bool = False
    """Whether a ResNet predicts a change that is added to the picture, at first zero; otherwise it
    predicts the whole picture."""
    colour: float = 0.25
    """Factor on changes of colour of a residual translator, 0 to 1; changes of brightness are added
    in full."""

    @property
    def shades(self) -> bool:
        """Whether it changes brightness alone."""
        return self.residual and self.colour == 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        least = {"inputs": 1, "outputs": 1, "filters": 1, "blocks": 2}
        given_numbers = {name: getattr(self, name) for name in least}
        broken = [
            name
            for name, number in given_numbers.items()
            if not isinstance(number, int) or number < least[name]
        ]
        named = (
            ("architecture", ("resnet", "unet")),
            ("norm", ("instance", "batch")),
            ("upsampling", ("transposed", "resize")),
        )
        broken += [name for name, known in named if getattr(self, name) not in known]
        if self.residual and (self.architecture != "resnet" or self.inputs != self.outputs):
            broken.append("residual")
        if not 0 <= self.colour <= 1:
            broken.append("colour")
        if broken:
            given = ", ".join(f"{name} {getattr(self, name)}" for name in broken)
            raise InputError(f"a translator is not built with {given}")

    @property
    def multiple(self) -> int:
        """Number of pixels that height and width have to be multiples of."""
        return 4 if self.architecture == "resnet" else 2**self.blocks


class Translator(nn.Module):
    """Translates pictures of one style into another.

    The ResNet is that of Johnson et al. 2016 as in CycleGAN (Zhu et al. 2017, appendix 7.2), whose
    tensors fit by name; the U-Net is that of Isola et al. 2017, "Image-to-image translation with
    conditional adversarial networks", without dropout.
    """

    def __init__(self, config: TranslatorConfig) -> None:
        """Build the layers.

        Args:
            config: Architecture and sizes.
        """
        super().__init__()
        self.config = config
        build = _build_resnet if config.architecture == "resnet" else _UNet
        self.model = build(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Translate pictures.

        Args:
            x: (n, inputs, h, w) in [-1, 1]; h and w are multiples of `config.multiple`.

        Returns:
            (n, outputs, h, w) in [-1, 1]; a residual translator may exceed the range slightly.

        Raises:
            InputError: The size does not fit.
        """
        check_size(self.config, x.shape[-2], x.shape[-1])
        made = self.model(x.to(next(self.parameters()).dtype))
        if not self.config.residual:
            return made
        return x + torch.lerp(made.mean(1, keepdim=True), made, self.config.colour)


def check_size(config: TranslatorConfig, height: int, width: int) -> None:
    """Raise if a translator cannot take pictures of a size.

    Raises:
        InputError: Height or width is not a multiple of what the network halves, or too small.
    """
    multiple = config.multiple
    if height % multiple or width % multiple or min(height, width) < _SMALLEST:
        raise InputError(
            f"a translator of this kind takes sizes that are multiples of {multiple} "
            f"from {max(multiple, _SMALLEST)} pixels on, not {width}×{height}",
            hint="resize the pictures, or use a ResNet, which takes multiples of 4",
        )


def check_strength(strength: float) -> None:
    """Raise InputError unless a strength is 0 to 2."""
    if not 0 <= strength <= STRONGEST:
        raise InputError(
            f"a strength is from 0 to {STRONGEST:g}, not {strength}",
            hint="1 is what the translator does, 0.5 half of it",
        )


@torch.no_grad()
def translate_images(
    translator: Translator,
    images: Image,
    *,
    strength: float = 1.0,
    batch: int = 8,
    dtype: torch.dtype = torch.float32,
) -> Image:
    """Translate pictures, wholly or in part.

    Args:
        translator: On its device.
        images: (n, h, w, 3), uint8; h and w are multiples of `translator.config.multiple`.
        strength: Factor on the change, 0 to 2: 0 is none, 1 that of the translator.
        batch: Pictures per batch.
        dtype: The number format of the convolutions: float32 or bfloat16. A translator whose
            weights are in bfloat16 already, by `translator.to(dtype)`, is a little faster.

    Returns:
        (n, h, w, 3), uint8.

    Raises:
        InputError: The strength is out of range, or the size does not fit.
    """
    check_strength(strength)
    check_size(translator.config, *images.shape[1:3])
    if strength == 0:
        return images
    device, parts = next(translator.parameters()).device, [images[:0]]
    for start in range(0, len(images), batch):
        x = to_tensor(images[start : start + batch], device, torch.float32)
        with torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
            made = translator(x).float()
        parts.append(to_images(torch.lerp(x, made, strength)))
    return np.concatenate(parts)


def _build_resnet(config: TranslatorConfig) -> nn.Sequential:
    """Return two halvings, the residual blocks and two doublings."""
    bias, f = config.norm == "instance", config.filters
    layers: list[nn.Module] = [
        nn.ReflectionPad2d(3),
        nn.Conv2d(config.inputs, f, 7, bias=bias),
        make_norm(config.norm, f),
        nn.ReLU(),
    ]
    for n in (f, 2 * f):
        halving = nn.Conv2d(n, 2 * n, 3, stride=2, padding=1, bias=bias)
        layers += [halving, make_norm(config.norm, 2 * n), nn.ReLU()]
    layers += [_Residual(4 * f, config) for _ in range(config.blocks)]
    for n in (4 * f, 2 * f):
        doubling = make_enlarging(config.upsampling, (n, n // 2), kernel=3, bias=bias)
        layers += [doubling, make_norm(config.norm, n // 2), nn.ReLU()]
    last = (Silent if config.residual else nn.Conv2d)(f, config.outputs, 7)
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), last, nn.Tanh())


class _Residual(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, channels: int, config: TranslatorConfig) -> None:
        super().__init__()
        bias = config.norm == "instance"

        def convolve() -> list[nn.Module]:
            convolution = nn.Conv2d(channels, channels, 3, bias=bias)
            return [nn.ReflectionPad2d(1), convolution, make_norm(config.norm, channels)]

        between = [nn.ReLU(), *([nn.Identity()] if config.dropout else [])]
        self.conv_block = nn.Sequential(*convolve(), *between, *convolve())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv_block(x)


class _UNet(nn.Module):
    """A U-Net with a skip connection at every size."""

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        bias, levels = config.norm == "instance", config.blocks
        widths = [config.filters * 2 ** min(n, _DOUBLINGS) for n in range(levels)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for n, (before, after) in enumerate(
            zip([config.inputs, *widths[:-1]], widths, strict=True)
        ):
            edge = n in {0, levels - 1}  # the first and the innermost are not normalised
            convolution = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=bias or edge)
            start = [] if n == 0 else [nn.LeakyReLU(_SLOPE)]
            end = [] if edge else [make_norm(config.norm, after)]
            self.down.append(nn.Sequential(*start, convolution, *end))
        for n in reversed(range(levels)):
            inside = widths[n] * (1 if n == levels - 1 else 2)  # with its shortcut
            outside = config.outputs if n == 0 else widths[n - 1]
            doubling = make_enlarging(
                config.upsampling, (inside, outside), kernel=4, bias=bias or n == 0
            )
            last = nn.Tanh() if n == 0 else make_norm(config.norm, outside)
            self.up.append(nn.Sequential(nn.ReLU(), doubling, last))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        kept.pop()
        for layer in self.up:
            x = layer(x)
            if kept:
                x = torch.cat([kept.pop(), x], dim=1)
        return x
