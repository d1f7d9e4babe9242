"""Penalty on generated pictures with more colour contrast than photographs at the same position.

Discriminators on a frozen network overlook spots and outlines of colour. In aligned faces the usual
contrast of colours is known at each position and is compared on average, not picture by picture,
since any one photograph may have a red earring.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from facewright.training.distributed import Processes, all_gather_sum

_CELLS = 16  # on each side of a picture
_LEAST_RATE = 0.005  # of the moving averages, when many pictures were seen
_LEAST = 1e-4  # energy that always passes


class ColourEnergy(nn.Module):
    """Moving averages of the colour contrast in each cell of photographs and generated pictures.

    Colours are differences of channels, red less green and their mean less blue, each both ways,
    less their local mean; their energy is the mean of their squares.
    """

    photos: torch.Tensor
    """(4, cells, cells): the energy of each colour in photographs."""
    drawn: torch.Tensor
    """(4, cells, cells): in generated pictures."""
    batches: torch.Tensor
    """Number of batches so far."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("photos", torch.zeros(4, _CELLS, _CELLS))
        self.register_buffer("drawn", torch.zeros(4, _CELLS, _CELLS))
        self.register_buffer("batches", torch.zeros([]))

    def forward(
        self, images: torch.Tensor, photos: torch.Tensor, processes: Processes
    ) -> torch.Tensor:
        """Update the averages, over all processes, and return the penalty.

        Args:
            images: (n, 3, h, w) in [-1, 1], generated pictures; gradients flow into them.
            photos: (n, 3, h, w) in [-1, 1], photographs.
            processes: Rank of this process and number of all.

        Returns:
            (): the energy of the pictures relative to that of photographs, averaged over cells,
            each weighted by its average excess; 0 where no cell exceeds photographs.
        """
        energy = _measure(images)
        with torch.no_grad():
            sums = all_gather_sum(torch.stack([_measure(photos), energy]), processes)
            now = sums / processes.world
            self.batches += 1
            rate = max(1 / float(self.batches), _LEAST_RATE)
            self.photos.lerp_(now[0], rate)
            self.drawn.lerp_(now[1], rate)
        usual = self.photos + _LEAST
        excess = F.relu(self.drawn / usual - 1)
        return (excess * energy / usual).mean()


def _measure(images: torch.Tensor) -> torch.Tensor:
    """Return the energy of each colour in each cell, (4, cells, cells)."""
    red, green, blue = images.float().unbind(1)
    both = torch.stack([red - green, (red + green) / 2 - blue], 1)
    around = F.interpolate(both, (_CELLS, _CELLS), mode="area")
    one, other = (both - F.interpolate(around, both.shape[-2:], mode="bilinear")).unbind(1)
    signed = F.relu(torch.stack([one, -one, other, -other], 1))
    return F.adaptive_avg_pool2d(signed.square(), _CELLS).mean(0)
