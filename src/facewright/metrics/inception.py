"""The network behind the FID: Inception v3 as TensorFlow released it on 2015-12-05.

Szegedy et al. 2016, in the variant that published FIDs are measured with. It differs from the paper
in its pooling branches: averages leave the padding out, and the last block takes the maximum.
"""

from __future__ import annotations

import pickle  # noqa: TID251 (only the name of its error; nothing is unpickled here)
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from facewright.errors import WeightsError
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import known_cards

NAME = "inception-2015-12-05"
"""Name of the weights in the catalog."""

_SIZE = 299  # pixels
_BATCH_NORM_EPSILON = 1e-3


class Layer(NamedTuple):
    """A convolution, batch normalisation and ReLU."""

    name: str
    channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padded: bool = True


def _block_a(pooled: int) -> list[list[Layer]]:
    return [
        [Layer("branch1x1", 64)],
        [Layer("branch5x5_1", 48), Layer("branch5x5_2", 64, (5, 5))],
        [
            Layer("branch3x3dbl_1", 64),
            Layer("branch3x3dbl_2", 96, (3, 3)),
            Layer("branch3x3dbl_3", 96, (3, 3)),
        ],
        [Layer("branch_pool", pooled)],
    ]


def _block_c(inner: int) -> list[list[Layer]]:
    return [
        [Layer("branch1x1", 192)],
        [
            Layer("branch7x7_1", inner),
            Layer("branch7x7_2", inner, (1, 7)),
            Layer("branch7x7_3", 192, (7, 1)),
        ],
        [
            Layer("branch7x7dbl_1", inner),
            Layer("branch7x7dbl_2", inner, (7, 1)),
            Layer("branch7x7dbl_3", inner, (1, 7)),
            Layer("branch7x7dbl_4", inner, (7, 1)),
            Layer("branch7x7dbl_5", 192, (1, 7)),
        ],
        [Layer("branch_pool", 192)],
    ]


_BLOCK_B = [
    [Layer("branch3x3", 384, (3, 3), 2, padded=False)],
    [
        Layer("branch3x3dbl_1", 64),
        Layer("branch3x3dbl_2", 96, (3, 3)),
        Layer("branch3x3dbl_3", 96, (3, 3), 2, padded=False),
    ],
    [],
]
_BLOCK_D = [
    [Layer("branch3x3_1", 192), Layer("branch3x3_2", 320, (3, 3), 2, padded=False)],
    [
        Layer("branch7x7x3_1", 192),
        Layer("branch7x7x3_2", 192, (1, 7)),
        Layer("branch7x7x3_3", 192, (7, 1)),
        Layer("branch7x7x3_4", 192, (3, 3), 2, padded=False),
    ],
    [],
]
_BLOCK_E = [
    [Layer("branch1x1", 320)],
    [
        Layer("branch3x3_1", 384),
        Layer("branch3x3_2a", 384, (1, 3)),
        Layer("branch3x3_2b", 384, (3, 1)),
    ],
    [
        Layer("branch3x3dbl_1", 448),
        Layer("branch3x3dbl_2", 384, (3, 3)),
        Layer("branch3x3dbl_3a", 384, (1, 3)),
        Layer("branch3x3dbl_3b", 384, (3, 1)),
    ],
    [Layer("branch_pool", 192)],
]
"""Layers whose names end in a and b stand side by side."""

_STEM = [
    Layer("Conv2d_1a_3x3", 32, (3, 3), 2, padded=False),
    Layer("Conv2d_2a_3x3", 32, (3, 3), padded=False),
    Layer("Conv2d_2b_3x3", 64, (3, 3)),
    Layer("Conv2d_3b_1x1", 80),
    Layer("Conv2d_4a_3x3", 192, (3, 3), padded=False),
]
_POOLED = {"Conv2d_3b_1x1", "Mixed_5b"}  # what comes after a pooling
_BLOCKS = {
    "Mixed_5b": _block_a(32),
    "Mixed_5c": _block_a(64),
    "Mixed_5d": _block_a(64),
    "Mixed_6a": _BLOCK_B,
    "Mixed_6b": _block_c(128),
    "Mixed_6c": _block_c(160),
    "Mixed_6d": _block_c(160),
    "Mixed_6e": _block_c(192),
    "Mixed_7a": _BLOCK_D,
    "Mixed_7b": _BLOCK_E,
    "Mixed_7c": _BLOCK_E,
}
"""Branches of each block, under the names of the file of weights; an empty one halves the size."""


class InceptionV3(nn.Module):
    """A `FeatureNetwork` of 2048 features. Made by `load_inception`."""

    def __init__(self, name: str = "untrained Inception v3") -> None:
        """Build the network; its weights are random."""
        super().__init__()
        self.name = name
        channels = 3
        for layer in _STEM:
            self.add_module(layer.name, _Convolution(channels, layer))
            channels = layer.channels
        for block, branches in _BLOCKS.items():
            module = _Block(channels, branches, takes_maximum=block == "Mixed_7c")
            self.add_module(block, module)
            channels = module.channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures (n, 3, h, w) in [-1, 1] to features (n, 2048)."""
        x = resize_as_tensorflow(x, _SIZE)
        x = ((x + 1) * 127.5 - 128) / 128  # as the network was trained
        for name, module in self.named_children():
            x = module(F.max_pool2d(x, 3, 2) if name in _POOLED else x)
        return x.mean(dim=(2, 3))  # [n 2048]


def load_inception(path: Path, device: torch.device, *, sha256: str | None = None) -> InceptionV3:
    """Load the network from a file, such as `find_weights("inception-2015-12-05")` returns.

    Args:
        path: A `.pth` of pytorch-fid, or a `.safetensors` file with the same names.
        device: The device that computes.
        sha256: Required hash of the file, in hexadecimal; None accepts any.

    Returns:
        The network in evaluation mode. Only with the file of the catalog is it named
        "inception-2015-12-05", and its Fréchet distance FID.

    Raises:
        WeightsError: The file is missing, damaged, of another hash, or does not fit.
    """
    actual = file_sha256(path)
    if sha256 is not None and actual != sha256:
        raise WeightsError(f"the sha256 of {path} is {actual}, not {sha256}")
    known = actual == known_cards()[NAME].card.sha256
    tensors = {k: v for k, v in _read_tensors(path).items() if not k.startswith("fc.")}
    with torch.device("meta"):
        network = InceptionV3(NAME if known else f"{path.stem} ({actual[:8]})")
    try:
        network.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit Inception v3: {error}") from error
    return network.to(device, torch.float32).eval().requires_grad_(False)


def resize_as_tensorflow(x: torch.Tensor, size: int) -> torch.Tensor:
    """Resize as TensorFlow 1 did: linear, corner to corner, without smoothing.

    Only this way are features comparable with published ones.

    Args:
        x: (n, c, h, w).
        size: The new height and width.

    Returns:
        (n, c, size, size).
    """
    for axis in (2, 3):
        length = x.shape[axis]
        place = torch.arange(size, device=x.device, dtype=torch.float32) * (length / size)
        low = place.long().clamp(max=length - 1)
        high = (low + 1).clamp(max=length - 1)
        share = (place - low).to(x.dtype).view(-1, *[1] * (3 - axis))
        x = torch.lerp(x.index_select(axis, low), x.index_select(axis, high), share)
    return x


class _Convolution(nn.Module):
    """A convolution, batch normalisation and ReLU."""

    def __init__(self, channels: int, layer: Layer) -> None:
        super().__init__()
        height, width = layer.kernel
        padding = (height // 2, width // 2) if layer.padded else (0, 0)
        self.conv = nn.Conv2d(
            channels, layer.channels, layer.kernel, layer.stride, padding, bias=False
        )
        self.bn = nn.BatchNorm2d(layer.channels, eps=_BATCH_NORM_EPSILON)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Parallel branches, whose results are concatenated."""

    def __init__(
        self, channels: int, branches: list[list[Layer]], *, takes_maximum: bool = False
    ) -> None:
        super().__init__()
        self._branches = branches
        self._takes_maximum = takes_maximum
        self.channels = 0
        """How many come out."""
        for branch in branches:
            inner, stacked = channels, 0
            for layer in branch:
                self.add_module(layer.name, _Convolution(inner, layer))
                stacked = stacked + layer.channels if layer.name.endswith("b") else layer.channels
                inner = inner if layer.name.endswith("a") else stacked
            self.channels += stacked if branch else channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self._follow(branch, x) for branch in self._branches], dim=1)

    def _follow(self, branch: list[Layer], x: torch.Tensor) -> torch.Tensor:
        """Return the result of one branch."""
        if not branch:
            return F.max_pool2d(x, 3, 2)
        if branch[0].name == "branch_pool":
            x = self._pool(x)
        beside: torch.Tensor | None = None
        for layer in branch:
            y = self.get_submodule(layer.name)(x)
            if layer.name.endswith("a"):
                beside = y
                continue
            x = y if beside is None else torch.cat([beside, y], dim=1)
        return x

    def _pool(self, x: torch.Tensor) -> torch.Tensor:
        """Smooth without changing the size."""
        if self._takes_maximum:
            return F.max_pool2d(x, 3, 1, 1)
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


_HINT = (
    "name a .safetensors file, or a .pth file with nothing but tensors by name; "
    "without --features, the network that the catalog knows is fetched"
)


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read tensors by name without running any code that a file may hold."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # gan/foreign.py reads checkpoints of unknown origin; this is a plain table of tensors, and
        # with `weights_only` PyTorch's own reader refuses everything else.
        tensors = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
    except (OSError, RuntimeError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        raise WeightsError(f"{path} is no file of tensors{reason}", hint=_HINT) from error
    if not isinstance(tensors, dict):
        kind = type(tensors).__name__
        raise WeightsError(f"{path} holds a {kind}, not tensors by name", hint=_HINT)
    return tensors
