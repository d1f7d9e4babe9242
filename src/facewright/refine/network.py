"""The refiner: a U-Net that doubles the size of a face and adds detail, keeping colours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from facewright.device import seeded, to_images, to_tensor
from facewright.errors import InputError
from facewright.hub.networks import from_config, load_network
from facewright.types import Bundle, Card, Image, check_image

KIND = "refiner"
SCALE = 2
"""Factor of the enlargement."""
CELL = 8
"""Side in output pixels of the squares whose mean colour is kept."""

_NOISE = 20_256  # the seed of the noise that every face gets
_SLOPE = 0.2


@dataclass(frozen=True, slots=True)
class RefinerConfig:
    """Configuration of a refiner, and the faces that it takes."""

    resolution: int = 128
    """Width and height in pixels of the faces that it takes."""
    template: str = ""
    """Alignment template of these faces."""
    filters: int = 64
    """Feature maps at half the size of the input; half as many again one level below."""
    blocks: int = 2
    """Residual blocks on each level, down and up."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        numbers: tuple[Any, ...] = (self.resolution, self.filters, self.blocks)
        if not all(isinstance(number, int) and number > 0 for number in numbers):
            raise InputError(
                f"a refiner has no {self.filters} filters, {self.blocks} blocks "
                f"and faces of {self.resolution} pixels"
            )
        if self.resolution % 4 or self.filters % 4:
            raise InputError(
                f"a refiner of {self.resolution} pixels and {self.filters} filters cannot be built",
                hint="both are multiples of 4",
            )


class Refiner(nn.Module):
    """Adds high frequencies, which do not change the colour of areas, to an enlarged face.

    A U-Net (Ronneberger et al. 2015) of residual blocks at a half and a quarter of the input size,
    and one layer at each size above, by sub-pixel convolution (Shi et al. 2016). The mean of each
    square of `CELL` pixels is subtracted from its output: no area changes its colour. A new network
    adds nothing: it equals bicubic interpolation.
    """

    def __init__(self, config: RefinerConfig) -> None:
        """Build the layers.

        Args:
            config: Sizes of the layers and of the faces.
        """
        super().__init__()
        self.config = config
        f, deep, fine = config.filters, config.filters * 3 // 2, config.filters * 3 // 8
        self.first = nn.Conv2d(6 * 4, f, 3, padding=1)
        self.before = _chain(f, config.blocks)
        self.down = nn.Conv2d(4 * f, deep, 1)
        self.within = _chain(deep, config.blocks)
        self.up = nn.Conv2d(deep, 4 * f, 1)
        self.after = _chain(f, config.blocks)
        self.large = nn.Conv2d(f, 4 * fine, 3, padding=1)
        self.mixed = nn.Conv2d(fine + 6, fine, 3, padding=1)
        self.last = nn.Conv2d(fine, 3 * SCALE**2, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor, places: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Refine faces, or parts of them.

        Args:
            x: (n, 3, h, w) in [-1, 1]; h and w are multiples of 4.
            places: (n, 2, h, w), x and y of each pixel in the face, -1 to 1.
            noise: (n, 1, h, w), normally distributed, the source of texture.

        Returns:
            (n, 3, 2 h, 2 w), float32, about in [-1, 1].
        """
        seen = torch.cat([x, places, noise], 1).to(self.first.weight.dtype)  # [n 6 h w]
        half = self.before(self.first(F.pixel_unshuffle(seen, 2)))  # [n f h/2 w/2]
        quarter = self.within(self.down(F.pixel_unshuffle(half, 2)))
        half = self.after(half + F.pixel_shuffle(self.up(quarter), 2))
        whole = F.pixel_shuffle(self.large(half), 2)  # [n f·3/8 h w]
        whole = F.leaky_relu(self.mixed(torch.cat([whole, seen], 1)), _SLOPE)
        added = F.pixel_shuffle(self.last(whole), SCALE).float()  # [n 3 2h 2w]
        return enlarge(x.float()) + take_colour(added)


class _Residual(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(filters, filters, 3, padding=1)
        self.two = nn.Conv2d(filters, filters, 3, padding=1)
        with torch.no_grad():
            self.two.weight.mul_(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.two(F.leaky_relu(self.one(x), _SLOPE))


def _chain(filters: int, blocks: int) -> nn.Sequential:
    """Return residual blocks one after the other."""
    return nn.Sequential(*(_Residual(filters) for _ in range(blocks)))


def enlarge(x: torch.Tensor) -> torch.Tensor:
    """Enlarge without a network, by bicubic interpolation."""
    return F.interpolate(x, scale_factor=float(SCALE), mode="bicubic", align_corners=False)


def take_colour(added: torch.Tensor) -> torch.Tensor:
    """Subtract the means of squares of `CELL` pixels from a picture, (n, c, h, w).

    If the sides are not multiples of `CELL`, the last squares are narrower.
    """
    size = added.shape[-2:]
    for _ in range(2):  # what the first time leaves of it, the second takes
        cells = F.avg_pool2d(added, CELL, ceil_mode=True, count_include_pad=False)
        added = added - F.interpolate(cells, size, mode="bilinear", align_corners=False)
    return added


def build_refiner(config: RefinerConfig, *, seed: int) -> Refiner:
    """Return a new network whose weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(seeded(seed).get_state())
        return Refiner(config)


def pack_refiner(refiner: Refiner, card: Card) -> Bundle:
    """Return a refiner as a bundle.

    Args:
        refiner: The refiner; its weights are not copied.
        card: Its card; the kind is "refiner".

    Raises:
        InputError: The card is of another kind.
    """
    if card.kind != KIND:
        raise InputError(f"the card of a refiner is of the kind `{KIND}`, not `{card.kind}`")
    return Bundle(card, {"refiner": asdict(refiner.config)}, refiner.state_dict())


def load_refiner(
    bundle: Bundle, device: torch.device | str = "cpu", *, dtype: torch.dtype = torch.float32
) -> Refiner:
    """Build the refiner of a bundle.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.
        dtype: Number format of its layers; the bicubic interpolation stays float32.

    Returns:
        The refiner, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit its configuration.
    """
    refiner = load_network(bundle, KIND, lambda fields: Refiner(RefinerConfig(**fields)), device)
    return refiner.to(dtype)


def read_config(bundle: Bundle) -> RefinerConfig:
    """Return the configuration of a bundle's refiner.

    Raises:
        WeightsError: The bundle holds something else.
    """
    return from_config(bundle, KIND, lambda fields: RefinerConfig(**fields))


@torch.no_grad()
def refine_image(refiner: Refiner, image: Image) -> Image:
    """Refine a face to twice its size. Equal faces give equal pictures.

    Args:
        refiner: On its device.
        image: (side, side, 3), uint8, of the size and the template of the refiner.

    Returns:
        (2 side, 2 side, 3).

    Raises:
        InputError: It has another size.
    """
    side = refiner.config.resolution
    if check_image(image).shape[:2] != (side, side):
        height, width = image.shape[:2]
        raise InputError(f"a face of {side}×{side} pixels is refined, not one of {width}×{height}")
    device = next(refiner.parameters()).device
    x = to_tensor(image[np.newaxis], device, torch.float32)
    noise = torch.randn((1, 1, side, side), generator=seeded(_NOISE)).to(device)
    places = torch.from_numpy(list_places(side)[np.newaxis]).to(device)
    return to_images(refiner(x, places, noise))[0]


def list_places(side: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the position of each pixel in a face, (2, side, side): x and y from -1 to 1."""
    line = ((np.arange(side, dtype=np.float32) + 0.5) / side) * 2 - 1
    return np.stack(np.meshgrid(line, line))
