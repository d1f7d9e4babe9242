"""mini-Xception as published, and larger variants.

Arriaga, Valdenegro-Toro and Plöger 2017, "Real-time convolutional neural networks for emotion and
gender classification": residual modules of depthwise separable convolutions (Chollet 2017), no
dense layer. The published network takes 64×64 pixels and has four modules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from facewright.errors import WeightsError
from facewright.faces.detection.blocks import Conv

NAME = "mini-xception"

_BASE, _FIRST = 8, 16  # channels before the modules, and of the first one
_KERAS_EPS = 1e-3  # what Keras adds to a variance


@dataclass(frozen=True, slots=True)
class XceptionConfig:
    """Configuration of a network of this family."""

    size: int = 64
    """Side of its input in pixels: 48, 64 and 96 are usual."""
    blocks: int = 4
    """Modules; each halves the size and doubles the channels, from 16 on."""


class MiniXception(nn.Module):
    """Maps a grey square to a logit for each expression."""

    def __init__(self, config: XceptionConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        self.base = nn.Sequential(_Inner(1, _BASE), _Inner(_BASE, _BASE))
        widths = [_BASE, *(_FIRST << block for block in range(config.blocks))]
        self.body = nn.Sequential(*(_Module(a, b) for a, b in pairwise(widths)))
        self.head = nn.Conv2d(widths[-1], classes, 3, padding=1)

    @property
    def features(self) -> int:
        """Number of channels that `describe` returns."""
        return self.head.in_channels

    def describe(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n 1 size size] in [-1, 1] to [n features h w]."""
        x = x.to(self.head.weight.dtype).contiguous(memory_format=torch.channels_last)
        return self.body(self.base(x))

    def name(self, features: torch.Tensor) -> torch.Tensor:
        """Map [n features h w] to logits [n classes], in float32."""
        return self.head(features).float().mean(dim=(2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n 1 size size] in [-1, 1] to logits [n classes]."""
        return self.name(self.describe(x))


class _Inner(Conv):
    """A convolution without padding."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(inside, outside)
        self.conv.padding = (0, 0)


class _Separable(nn.Module):
    """A depthwise convolution, then a pointwise one."""

    def __init__(self, inside: int, outside: int, *, relu: bool) -> None:
        super().__init__()
        self.spread = nn.Conv2d(inside, inside, 3, padding=1, groups=inside, bias=False)
        self.mix = Conv(inside, outside, kernel=1, relu=relu)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inside h w] to [n outside h w]."""
        return self.mix(self.spread(x))


class _Module(nn.Module):
    """Two separable convolutions and max pooling, with a strided residual connection."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.carry = Conv(inside, outside, kernel=1, relu=False)
        self.first = _Separable(inside, outside, relu=True)
        self.second = _Separable(outside, outside, relu=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inside h w] to [n outside ceil(h/2) ceil(w/2)]."""
        y = self.second(self.first(x))
        # Every second pixel is taken here, not by a stride of the convolution: with few channels,
        # oneDNN (PyTorch 2.13 on a CPU) writes the gradients of that beyond their memory.
        kept = x[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last)
        rows, columns = ((1 - size % 2) for size in x.shape[2:])
        if rows or columns:  # Keras pads even sizes below and at the right only
            y = F.pad(y, (1 - columns, 1, 1 - rows, 1), value=float("-inf"))
            return F.max_pool2d(y, 3, 2) + self.carry(kept)
        return F.max_pool2d(y, 3, 2, padding=1) + self.carry(kept)


def is_xception(tensors: Mapping[str, torch.Tensor]) -> bool:
    """Return whether the tensors of a Keras model have the names of this family."""
    return "separable_conv2d_1/depthwise_kernel" in tensors and "conv2d_3/kernel" in tensors


def from_keras(tensors: Mapping[str, torch.Tensor], size: int) -> MiniXception:
    """Build the network of a Keras model, with its batch normalisations merged.

    Args:
        tensors: Tensors by their names in Keras, as `models import` reads them.
        size: Side of its input in pixels.

    Returns:
        A network that returns the same logits up to rounding, for inference.

    Raises:
        WeightsError: A tensor is missing or has another shape.
    """
    count = sum(bool(re.fullmatch(r"separable_conv2d_\d+/depthwise_kernel", k)) for k in tensors)
    blocks = count // 2
    classes = tensors.get(f"conv2d_{blocks + 3}/bias", torch.zeros(0)).numel()
    network = MiniXception(XceptionConfig(size, blocks), classes).eval()
    try:
        state = _translate(tensors, blocks)
        for module in network.modules():
            if isinstance(module, Conv):
                module.norm = nn.Identity()
        network.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(
            f"the model is not a mini-Xception as it was published: {error}",
            hint="the one of oarriaga/face_classification can be read",
        ) from error
    return network


def _translate(tensors: Mapping[str, torch.Tensor], blocks: int) -> dict[str, torch.Tensor]:
    """Return our names → tensors; Keras counts its layers in the order in which they were made."""
    state: dict[str, torch.Tensor] = {}

    def put(name: str, kernel: torch.Tensor, norm: int) -> None:
        gamma, beta, mean, variance = (
            tensors[f"batch_normalization_{norm}/{part}"]
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        gain = gamma / (variance + _KERAS_EPS).sqrt()
        state[f"{name}.conv.weight"] = kernel.permute(3, 2, 0, 1) * gain[:, None, None, None]
        state[f"{name}.conv.bias"] = beta - mean * gain

    put("base.0", tensors["conv2d_1/kernel"], 1)
    put("base.1", tensors["conv2d_2/kernel"], 2)
    for block in range(blocks):
        ours = f"body.{block}"
        put(f"{ours}.carry", tensors[f"conv2d_{block + 3}/kernel"], 3 * block + 3)
        for step, part in enumerate(("first", "second"), 1):
            theirs = f"separable_conv2d_{2 * block + step}"
            put(f"{ours}.{part}.mix", tensors[f"{theirs}/pointwise_kernel"], 3 * block + 3 + step)
            depthwise = tensors[f"{theirs}/depthwise_kernel"]  # [3 3 inside 1]
            state[f"{ours}.{part}.spread.weight"] = depthwise.permute(2, 3, 0, 1)
    state["head.weight"] = tensors[f"conv2d_{blocks + 3}/kernel"].permute(3, 2, 0, 1)
    state["head.bias"] = tensors[f"conv2d_{blocks + 3}/bias"]
    return {name: tensor.contiguous() for name, tensor in state.items()}
