"""Enlarge and restore a picture with a convolutional network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from facewright.device import seeded, to_images, to_tensor
from facewright.errors import InputError
from facewright.hub.networks import load_network
from facewright.types import Bundle, Card, Image, check_image

KIND = "enhancer"

_SCALES = (1, 2, 4)
_BICUBIC_REACH = 3  # pixels on each side that enlarging without a network looks at


@dataclass(frozen=True, slots=True)
class EnhancerConfig:
    """Configuration of an enhancer."""

    scale: int = 2
    """Factor of the enlargement: 2, 4, or 1 for restoration only."""
    filters: int = 32
    """Feature maps of every layer."""
    blocks: int = 6
    """Residual blocks."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        numbers: tuple[Any, ...] = (self.scale, self.filters, self.blocks)
        if not all(isinstance(number, int) and number > 0 for number in numbers):
            raise InputError(
                f"an enhancer has no {self.filters} filters, {self.blocks} blocks "
                f"and scale {self.scale}"
            )
        if self.scale not in _SCALES:
            raise InputError(
                f"an enhancer does not enlarge {self.scale} times",
                hint=f"one of: {', '.join(map(str, _SCALES))}",
            )

    @property
    def reach(self) -> int:
        """Radius in pixels of the input that a pixel of the result depends on."""
        return max(2 + 2 * self.blocks, _BICUBIC_REACH)


class Enhancer(nn.Module):
    """Predicts the difference of a sharp picture from a bicubic enlargement.

    All layers compute at the small size; the last one makes scale² pixels of each, as in Shi et
    al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", with the residual blocks of Lim et al. 2017, "Enhanced deep
    residual networks for single image super-resolution". A new network adds nothing: it is bicubic
    interpolation.
    """

    def __init__(self, config: EnhancerConfig) -> None:
        """Build the layers.

        Args:
            config: Factor and sizes of the layers.
        """
        super().__init__()
        self.config = config
        f = config.filters
        self.first = nn.Conv2d(3, f, 3, padding=1)
        self.blocks = nn.ModuleList(_Residual(f) for _ in range(config.blocks))
        self.last = nn.Conv2d(f, 3 * config.scale**2, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Enlarge pictures.

        Args:
            x: (n, 3, h, w) in [-1, 1].

        Returns:
            (n, 3, h · scale, w · scale), about in [-1, 1].
        """
        y = self.first(x.to(self.first.weight.dtype))
        for block in self.blocks:
            y = block(y)
        added = F.pixel_shuffle(self.last(y), self.config.scale)  # [n 3 hs ws]
        return enlarge_bicubic(x, self.config.scale) + added.to(x.dtype)


class _Residual(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(filters, filters, 3, padding=1)
        self.two = nn.Conv2d(filters, filters, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.two(F.relu(self.one(x)))


def build_enhancer(config: EnhancerConfig, *, seed: int) -> Enhancer:
    """Return a new network whose weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(seeded(seed).get_state())
        return Enhancer(config)


def pack_enhancer(enhancer: Enhancer, card: Card) -> Bundle:
    """Return an enhancer as a bundle.

    Args:
        enhancer: The enhancer; its weights are not copied.
        card: Its card; the kind is "enhancer".

    Raises:
        InputError: The card is of another kind.
    """
    if card.kind != KIND:
        raise InputError(f"the card of an enhancer is of the kind `{KIND}`, not `{card.kind}`")
    return Bundle(card, {"enhancer": asdict(enhancer.config)}, enhancer.state_dict())


def load_enhancer(
    bundle: Bundle,
    device: torch.device | str = "cpu",
    *,
    dtype: torch.dtype = torch.float32,
) -> Enhancer:
    """Build the enhancer of a bundle.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.
        dtype: Number format of its layers; the bicubic interpolation stays float32.

    Returns:
        The enhancer, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit its configuration.
    """
    enhancer = load_network(bundle, KIND, lambda fields: Enhancer(EnhancerConfig(**fields)), device)
    return enhancer.to(dtype)


@torch.no_grad()
def enlarge_image(enhancer: Enhancer, image: Image, *, tile: int = 256) -> Image:
    """Enlarge and restore a picture of any size, tile by tile, without seams.

    Every tile is computed with the margin that its pixels depend on: memory does not grow with the
    picture, and the result is the same as in one piece.

    Args:
        enhancer: On its device.
        image: (h, w, 3).
        tile: Side of the tiles in pixels, without the margin.

    Returns:
        (h · scale, w · scale, 3).

    Raises:
        InputError: The tile or the picture has no pixels.
    """
    check_image(image)
    if tile < 1:
        raise InputError(f"tiles of {tile} pixels hold nothing", hint="256 is usual")
    scale, reach = enhancer.config.scale, enhancer.config.reach
    device = next(enhancer.parameters()).device
    height, width = image.shape[:2]
    out = np.empty((height * scale, width * scale, 3), np.uint8)
    for top, bottom in _spans(height, tile):
        for left, right in _spans(width, tile):
            y, x = max(top - reach, 0), max(left - reach, 0)
            piece = image[np.newaxis, y : bottom + reach, x : right + reach]
            small = to_tensor(piece, device, torch.float32)
            made = enhancer(small.contiguous(memory_format=torch.channels_last))
            rows = slice((top - y) * scale, (bottom - y) * scale)
            columns = slice((left - x) * scale, (right - x) * scale)
            place = out[top * scale : bottom * scale, left * scale : right * scale]
            place[:] = to_images(made[:, :, rows, columns])[0]
    return out


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each tile."""
    for start in range(0, length, tile):
        yield start, min(start + tile, length)


def enlarge_bicubic(x: torch.Tensor, scale: int) -> torch.Tensor:
    """Enlarge without a network, by bicubic interpolation."""
    if scale == 1:
        return x
    return F.interpolate(x, scale_factor=float(scale), mode="bicubic", align_corners=False)
