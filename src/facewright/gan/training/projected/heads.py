"""A discriminator on the features of a frozen network (Sauer et al. 2021, "Projected GANs").

Pictures become the feature maps of EfficientNet-Lite0. Fixed random convolutions mix their channels
and, from coarse to fine, their scales; a small head scores each of the mixed maps. Aligned faces
are seen twice: whole, and the part with eyes, nose and mouth enlarged, where flaws disturb most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from facewright.device import seeded
from facewright.gan.training.projected.efficientnet import WIDTHS, EfficientNetLite0

Maps: TypeAlias = list[list[torch.Tensor]]
"""Feature maps: for each view the maps from fine to coarse."""

VIEWS = 2
"""Number of views: the whole picture, and its enlarged middle."""
SIDE = 128
"""Width and height in pixels at which the frozen network sees a view, or four times those of the
pictures where that is less."""

_INNER = (0.1875, 0.8125)  # the middle: from here to there, in parts of the width
_SHIFT = 1 / 16  # of the width: pictures are moved by up to so much before they are seen
_GAIN, _OFFSET = 0.25, 0.1  # how far colours are changed before pictures are seen
_FACE = (0.38, 0.56)  # radii of an aligned face, in parts of the side
_FADE = (0.92, 1.15)  # radii of the face from and to which pictures fade into blurred ones
_COARSE = 16  # pixels on each side of what a border is blurred to
_WIDTH = 64
_SLOPE = 0.2
_SEEN = WIDTHS[1:]  # the finest map shows little but edges


def view_pictures(
    network: EfficientNetLite0,
    images: torch.Tensor,
    shift: tuple[float, float],
    colours: torch.Tensor | None = None,
) -> Maps:
    """Return the feature maps of pictures, after a small shift and a change of colours.

    Args:
        network: In channels-last order.
        images: (n, 3, h, w) in [-1, 1], h = w.
        shift: Down and to the right, each -1 to 1, as a share of the largest shift; pictures that
            are compared need the same one.
        colours: (3, 3): for each channel its saturation, factor and offset; pictures that are
            compared need the same ones. None changes no colours, and then spots and outlines of
            one colour may go unnoticed.

    Returns:
        `VIEWS` lists of one (n, width, side, side) for each of four scales.
    """
    if colours is not None:
        colour, gain, offset = colours[:, None, :, None, None]  # [1 3 1 1] each
        images = torch.lerp(images.mean(1, keepdim=True), images, colour) * gain + offset
    side = images.shape[-1]
    reach = round(side * _SHIFT)
    top, left = (reach + round(reach * part) for part in shift)
    padded = F.pad(images, (reach,) * 4, mode="reflect")
    moved = padded[..., top : top + side, left : left + side]
    low, high = (round(side * part) for part in _INNER)
    views = (moved, moved[..., low:high, low:high])
    return [network(_resize(view, min(4 * side, SIDE)))[1:] for view in views]


def blur_border(images: torch.Tensor) -> torch.Tensor:
    """Blur aligned pictures outside an ellipse around the face, increasingly outwards.

    Args:
        images: (n, 3, h, w), h = w.

    Returns:
        The same shape; unchanged within the ellipse.
    """
    side = images.shape[-1]
    at = (torch.arange(side, device=images.device) + 0.5) / side - 0.5
    away = ((at / _FACE[0]).square() + (at[:, None] / _FACE[1]).square()).sqrt()  # [h w]
    blurred = F.interpolate(F.adaptive_avg_pool2d(images, _COARSE), (side, side), mode="bicubic")
    return torch.lerp(images, blurred, ((away - _FADE[0]) / (_FADE[1] - _FADE[0])).clamp(0, 1))


def draw_shift(rng: torch.Generator) -> tuple[float, float]:
    """Return a random shift for `view_pictures`."""
    down, right = (torch.rand(2, generator=rng) * 2 - 1).tolist()
    return down, right


def draw_colours(rng: torch.Generator) -> torch.Tensor:
    """Return random `colours` for `view_pictures`, (3, 3); half of them grey."""
    gain, offset = torch.rand(2, 3, generator=rng) * 2 - 1
    colour = torch.randint(2, (1,), generator=rng).expand(3).float()
    return torch.stack([colour, 1 + _GAIN * gain, _OFFSET * offset])


def compare_maps(ones: Maps, others: Maps, spread: torch.Tensor) -> torch.Tensor:
    """Return the distance of pictures in the feature maps of the frozen network.

    Args:
        ones: Maps of n pictures.
        others: Maps of n pictures.
        spread: (views, maps), the standard deviation of each map.

    Returns:
        (n,), float32: mean absolute differences in parts of the spread, summed over the scales,
        averaged over the views.
    """
    total = [
        (one - other).float().abs().mean((1, 2, 3)) / size
        for view, seen, sizes in zip(ones, others, spread, strict=True)
        for one, other, size in zip(view, seen, sizes, strict=True)
    ]
    return torch.stack(total).sum(0) / len(ones)


class ProjectedDiscriminator(nn.Module):
    """Heads on mixed feature maps, each with a projection of the label (Miyato & Koyama 2018).

    Args:
        c_dim: Size of a label; 0 without labels.
        seed: Seed of the fixed random mixing.
        widths: Channels of the feature maps, from fine to coarse.
        views: Number of views of each picture.
    """

    spread: torch.Tensor
    """(views, maps): the standard deviation of each map of real pictures; `calibrate` sets it."""
    scales: torch.Tensor
    """(views, maps): factors that bring each mixed map to a standard deviation of 1; `calibrate`
    sets them."""

    def __init__(
        self, c_dim: int, *, seed: int = 0, widths: Sequence[int] = _SEEN, views: int = VIEWS
    ) -> None:
        super().__init__()
        rngs = (seeded(seed * 31 + view) for view in range(views))
        self.mixers = nn.ModuleList(_Mixer(widths, rng) for rng in rngs)
        self.heads = nn.ModuleList(_Head(c_dim) for _ in range(views * len(widths)))
        self.register_buffer("spread", torch.ones(views, len(widths)))
        self.register_buffer("scales", torch.ones(views, len(widths)))

    def forward(self, maps: Maps, c: torch.Tensor) -> list[torch.Tensor]:
        """Score pictures.

        Args:
            maps: From `view_pictures`, of n pictures.
            c: (n, c_dim), their labels.

        Returns:
            (n,), float32 logits, for each view and scale.
        """
        mixed = self._mix(maps)
        scales = self.scales.flatten()
        return [head(x * s, c) for head, x, s in zip(self.heads, mixed, scales, strict=True)]

    @torch.no_grad()
    def calibrate(self, maps: Maps) -> None:
        """Set spread and scales by the feature maps of real pictures."""
        self.spread.copy_(torch.stack([torch.stack([x.float().std() for x in v]) for v in maps]))
        spread = torch.stack([x.float().std() for x in self._mix(maps)])
        self.scales.copy_((1 / spread.clamp(min=1e-6)).view_as(self.scales))

    def _mix(self, maps: Maps) -> list[torch.Tensor]:
        return [x for mixer, view in zip(self.mixers, maps, strict=True) for x in mixer(view)]


class _Mixer(nn.Module):
    """Fixed random 1×1 convolutions across channels, then 3×3 ones from coarse to fine."""

    def __init__(self, widths: Sequence[int], rng: torch.Generator) -> None:
        super().__init__()
        self.across = nn.ModuleList(_fixed(width, _WIDTH, 1, rng) for width in widths)
        self.down = nn.ModuleList(_fixed(_WIDTH, _WIDTH, 3, rng) for _ in widths)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return [n 64 side side] for each map, from fine to coarse."""
        mixed: list[torch.Tensor] = []
        for seen, across, down in reversed(list(zip(maps, self.across, self.down, strict=True))):
            x = across(seen)
            if mixed:
                coarser = F.interpolate(
                    mixed[0], x.shape[-2:], mode="bilinear", align_corners=False
                )
                x = (x + coarser) * math.sqrt(0.5)
            mixed.insert(0, down(x) * math.sqrt(0.5))
        return mixed


class _Head(nn.Module):
    """Two convolutions, then a score: the mean over positions, plus the projection of the label."""

    def __init__(self, c_dim: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)),
            nn.LeakyReLU(_SLOPE),
            spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)),
            nn.LeakyReLU(_SLOPE),
        )
        self.score = spectral_norm(nn.Conv2d(_WIDTH, 1, 3, padding=1))
        self.embed = nn.Linear(c_dim, _WIDTH, bias=False) if c_dim else None
        if self.embed is not None:
            nn.init.normal_(self.embed.weight, std=0.02)

    def forward(self, x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        """Map [n 64 h w] and labels [n c_dim] to scores [n]."""
        x = self.body(x)
        scores: torch.Tensor = self.score(x).float().mean((1, 2, 3))
        if self.embed is None:
            return scores
        return scores + (x.float().mean((2, 3)) * self.embed(c.float())).mean(1)


def _fixed(inputs: int, outputs: int, kernel: int, rng: torch.Generator) -> nn.Conv2d:
    """Return a convolution with random weights (He et al. 2015) that never change."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    with torch.no_grad():
        gain = math.sqrt(2 / (inputs * kernel**2))
        conv.weight.copy_(torch.randn(conv.weight.shape, generator=rng) * gain)
        conv.bias.zero_()  # type: ignore[union-attr]
    return conv.requires_grad_(False)


def _resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Resize pictures for the frozen network, channels last."""
    side = images.shape[-1]
    if side > size:
        images = F.interpolate(images, (size, size), mode="area")
    elif side < size:
        images = F.interpolate(images, (size, size), mode="bilinear", align_corners=False)
    return images.contiguous(memory_format=torch.channels_last)
