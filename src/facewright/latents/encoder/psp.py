"""The encoder network of pSp: a feature pyramid with one head per layer of w+.

The network is that of pSp (Richardson et al. 2021, "Encoding in Style", section 3): a residual
network with squeeze and excitation in units as ArcFace has them (IR-SE), whose last three stages
form a feature pyramid. One small convolutional head per layer of w+, map2style, reads one level:
the coarse layers the last stage, the middle and the fine ones larger maps. Its tensors have the
names of the published checkpoints, so that these can be loaded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from facewright.errors import InputError, WeightsError
from facewright.types import Bundle, Card, Json

KIND = "encoder"

FACE_CHANNELS = 3
"""Channels of a picture of a face."""

_AVERAGE = "latent_avg"
_COARSE, _MIDDLE = 3, 7  # layers of w+ below these read the last and the middle level
_SQUEEZE = 16


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Configuration of an encoder; the defaults are the published one, IR-SE-50 at 256 pixels."""

    num_ws: int
    """Style vectors of the generator: one head each."""
    w_dim: int = 512
    """Dimension of w."""
    size: int = 256
    """Width and height of its input in pixels, a power of two from 32."""
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    """Feature maps of each stage; each stage halves the picture."""
    depths: tuple[int, int, int, int] = (3, 4, 14, 3)
    """Residual units of each stage."""
    head: int = 512
    """Feature maps of the pyramid and of the heads."""
    inputs: int = FACE_CHANNELS
    """Channels it sees: 3, a face; 6, also what latents to correct give (ReStyle, Alaluf et al.
    2021), of which it returns the offset."""

    def __post_init__(self) -> None:
        """Check the values."""
        # At 16, maps of one pixel would be halved, whose bfloat16 gradients are NaN in torch 2.13.
        if self.size < 32 or self.size.bit_count() != 1:
            raise InputError(f"an encoder sees a power of two of pixels from 32, not {self.size}")
        if {len(self.widths), len(self.depths)} != {4}:
            raise InputError("an encoder has four stages")
        if min(*self.widths, *self.depths, self.head, self.num_ws, self.w_dim) < 1:
            raise InputError("style vectors, widths and depths of an encoder are at least 1")
        if self.head != self.widths[-1]:
            raise InputError("the pyramid of an encoder is as wide as its last stage")
        if self.inputs not in (FACE_CHANNELS, 2 * FACE_CHANNELS):
            raise InputError(f"an encoder sees 3 or 6 channels, not {self.inputs}")


def small_config(num_ws: int, w_dim: int, size: int, inputs: int = FACE_CHANNELS) -> EncoderConfig:
    """Return the configuration of a smaller network than the published one, for small generators.

    Args:
        num_ws: Style vectors of the generator.
        w_dim: Dimension of w.
        size: Width and height of the pictures in pixels.
        inputs: As `EncoderConfig` has it.
    """
    return EncoderConfig(num_ws, w_dim, size, (24, 48, 96, 96), (2, 2, 3, 2), 96, inputs)


class SqueezeExcite(nn.Module):
    """Squeeze and excitation: weighs feature maps by their means (Hu et al. 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = max(width // _SQUEEZE, 1)
        self.fc1 = nn.Conv2d(width, inner, 1, bias=False)
        self.fc2 = nn.Conv2d(inner, width, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n width h w] to the same shape."""
        weights = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))  # [n width 1 1]
        return x * torch.sigmoid(weights)


class Unit(nn.Module):
    """A residual unit with squeeze and excitation (Deng et al. 2019, "IR-SE")."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if inside != outside:
            shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.shortcut_layer = nn.Sequential(shortcut, nn.BatchNorm2d(outside))
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inside),
            nn.Conv2d(inside, outside, 3, 1, 1, bias=False),
            nn.PReLU(outside),
            nn.Conv2d(outside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            SqueezeExcite(outside),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inside h w] to [n outside h/stride w/stride]."""
        return self.res_layer(x) + self.shortcut_layer(x)


class EqualLinear(nn.Module):
    """A fully connected layer whose weights are scaled at run time (Karras et al. 2018)."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside))
        self.bias = nn.Parameter(torch.zeros(outside))
        self.scale = 1 / math.sqrt(inside)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inside] to [n outside]."""
        return F.linear(x, self.weight * self.scale, self.bias)


class StyleHead(nn.Module):
    """The head from one level of the pyramid to one style vector (map2style)."""

    def __init__(self, width: int, w_dim: int, side: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(int(math.log2(side))):
            layers += [nn.Conv2d(width, width, 3, 2, 1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualLinear(width, w_dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n width side side] to [n w_dim]."""
        return self.linear(self.convs(x).flatten(1).float())


class Encoder(nn.Module):
    """Maps aligned faces to w+, as offsets from the average latent, or from others (`inputs`)."""

    latent_avg: torch.Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        first = config.widths[0]
        self.input_layer = nn.Sequential(
            nn.Conv2d(config.inputs, first, 3, 1, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.PReLU(first),
        )
        sides = [first, *config.widths]
        self.body = nn.Sequential(
            *(
                Unit(inside if i == 0 else outside, outside, 2 if i == 0 else 1)
                for (inside, outside), depth in zip(pairwise(sides), config.depths, strict=True)
                for i in range(depth)
            )
        )
        self.latlayer1 = nn.Conv2d(config.widths[2], config.head, 1)
        self.latlayer2 = nn.Conv2d(config.widths[1], config.head, 1)
        side = config.size // 16
        levels = [0 if i < _COARSE else 1 if i < _MIDDLE else 2 for i in range(config.num_ws)]
        self.styles = nn.ModuleList(
            StyleHead(config.head, config.w_dim, side << level) for level in levels
        )
        self._levels = levels
        self.register_buffer(_AVERAGE, torch.zeros(config.num_ws, config.w_dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode faces.

        Args:
            x: (n, inputs, size, size) in [-1, 1].

        Returns:
            w+, (n, num_ws, w_dim), float32.

        Raises:
            InputError: The pictures have another size.
        """
        wanted = (self.config.inputs, self.config.size, self.config.size)
        if x.ndim != 4 or x.shape[1:] != wanted:
            raise InputError(f"this encoder sees (n, {str(wanted)[1:]}, not {tuple(x.shape)}")
        pyramid = self._build_pyramid(x.to(self.latlayer1.weight.dtype))
        heads = zip(self.styles, self._levels, strict=True)
        offsets = torch.stack([head(pyramid[level]) for head, level in heads], dim=1)
        return offsets.float() + self.latent_avg

    def _build_pyramid(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the feature maps for the coarse, middle and fine layers, [n head h w] each."""
        depths = self.config.depths
        ends = {depths[0] + depths[1]: 2, sum(depths[:3]): 1, sum(depths): 0}
        x, stages = self.input_layer(x), dict[int, torch.Tensor]()
        for i, unit in enumerate(self.body, start=1):
            x = unit(x)
            if i in ends:
                stages[ends[i]] = x
        middle = _enlarge(stages[0], stages[1]) + self.latlayer1(stages[1])
        return [stages[0], middle, _enlarge(middle, stages[2]) + self.latlayer2(stages[2])]


def fit_pictures(x: torch.Tensor, size: int) -> torch.Tensor:
    """Resize pictures to the input size of an encoder.

    Args:
        x: (n, d, h, w), square.
        size: Width and height in pixels.

    Returns:
        (n, d, size, size); the same tensor where it has that size.
    """
    if x.shape[-1] == size:
        return x
    if x.shape[-1] % size == 0:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)


def pack_encoder(encoder: Encoder, card: Card, *, generator: Mapping[str, str]) -> Bundle:
    """Return an encoder as a bundle.

    Args:
        encoder: The encoder; its weights are not copied.
        card: Its card; the kind is "encoder".
        generator: "name" and "sha256" of the generator whose latents it estimates.

    Raises:
        InputError: The card is of another kind.
    """
    if card.kind != KIND:
        raise InputError(f"the card of an encoder is of the kind `{KIND}`, not `{card.kind}`")
    fields: dict[str, Json] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(encoder.config).items()
    }
    return Bundle(card, {KIND: fields, "generator": dict(generator)}, encoder.state_dict())


def load_encoder(bundle: Bundle, device: torch.device | str = "cpu") -> Encoder:
    """Build the encoder of a bundle: one of ours, or one that was imported from pSp.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.

    Returns:
        The encoder, float32, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    name = bundle.card.name
    if bundle.card.kind != KIND:
        raise WeightsError(f"`{name}` is a {bundle.card.kind}, not an encoder")
    tensors = {key: tensor.float() for key, tensor in bundle.tensors.items()}
    try:
        encoder = Encoder(_read_config(bundle))
        average = tensors.get(_AVERAGE, encoder.latent_avg)
        tensors[_AVERAGE] = average.expand_as(encoder.latent_avg).clone()
        for key, value in encoder.state_dict().items():
            if key.endswith("num_batches_tracked"):  # old files lack it, and nothing here needs it
                tensors.setdefault(key, value)
        encoder.load_state_dict(tensors)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError, InputError) as error:
        raise WeightsError(f"the encoder `{name}` is not understood: {error}") from error
    return encoder.to(device).eval().requires_grad_(requires_grad=False)


def _read_config(bundle: Bundle) -> EncoderConfig:
    """Return the configuration of a bundle's encoder."""
    told: Any = bundle.config[KIND]
    if told.get("layout") != "psp":
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
        }
        if "layers" in fields:  # what the field was called at first
            fields["num_ws"] = fields.pop("layers")
        return EncoderConfig(**fields)
    kind = told.get("options", {}).get("encoder_type", "GradualStyleEncoder")
    if kind != "GradualStyleEncoder":
        raise WeightsError(f"this encoder is a {kind}; only a GradualStyleEncoder can be used")
    return EncoderConfig(len({key.split(".")[1] for key in bundle.tensors if key[:7] == "styles."}))


def _enlarge(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Enlarge feature maps to the size of others, corner to corner."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
