"""How far colours stand out in photographs, place by place, and by how much pictures exceed that.

A frozen network that judges pictures overlooks spots and outlines of a colour that no photograph
has there. In aligned faces it is known what is usual where, so that can be measured instead.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from facewright.training.distributed import Processes, all_gather_sum

_CELLS = 16  # on each side of a picture
_AROUND = 8  # parts of the side: how wide what is around a colour is
_LEAST_RATE = 0.002  # of the moving averages, when many pictures were seen
_DEVIATIONS = 2.0  # above the mean: what still counts as usual


class ColourRange(nn.Module):
    """Moving averages over photographs of the strongest colours in each part of the picture.

    Colours are differences of channels, red less green and their mean less blue, each both ways,
    less what they are around.
    """

    mean: torch.Tensor
    """(4, cells, cells): of the strongest of each colour in a cell."""
    square: torch.Tensor
    """(4, cells, cells): of its square."""
    seen: torch.Tensor
    """How many batches."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4, _CELLS, _CELLS))
        self.register_buffer("square", torch.zeros(4, _CELLS, _CELLS))
        self.register_buffer("seen", torch.zeros([]))

    @torch.no_grad()
    def measure(self, reals: torch.Tensor, processes: Processes) -> None:
        """Look at photographs, (n, 3, h, w) in [-1, 1]; all processes together."""
        strongest = F.adaptive_max_pool2d(_oppose(reals), _CELLS)  # [n 4 cells cells]
        sums = torch.stack([strongest.sum(0), strongest.square().sum(0)])
        means = all_gather_sum(sums, processes) / (len(reals) * processes.world)
        self.seen += 1
        rate = max(1 / float(self.seen), _LEAST_RATE)
        self.mean.lerp_(means[0], rate)
        self.square.lerp_(means[1], rate)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return by how much pictures (n, 3, h, w) exceed what is usual, on average."""
        spread = (self.square - self.mean.square()).clamp(min=0).sqrt()
        limits = F.interpolate((self.mean + _DEVIATIONS * spread)[None], images.shape[-2:])
        return F.relu(_oppose(images) - limits).mean()


def _oppose(images: torch.Tensor) -> torch.Tensor:
    """Return by how much differences of channels stand out, both ways, (n, 4, h, w)."""
    red, green, blue = images.float().unbind(1)
    both = torch.stack([red - green, (red + green) / 2 - blue], 1)
    reach = images.shape[-1] // (2 * _AROUND)
    around = F.avg_pool2d(both, 2 * reach + 1, 1, reach, count_include_pad=False)
    one, other = (both - around).unbind(1)
    return torch.stack([one, -one, other, -other], 1)
