"""From z and labels to w: the mapping network."""

from __future__ import annotations

import torch
from torch import nn

from facewright.errors import InputError
from facewright.gan.layers.basic import FullyConnected, normalise_second_moment

W_AVERAGE_DECAY = 0.995


class MappingNetwork(nn.Module):
    """Maps normally distributed z to the style space w (Karras et al. 2019).

    Args:
        z_dim: Size of z; 0 for a network that maps labels alone.
        c_dim: Size of a label; 0 without labels.
        w_dim: Size of w.
        layers: Number of fully connected layers.
        track_average: Keep the moving average of w, which truncation needs.
        lr_multiplier: Factor on the learning rate of the layers.
    """

    w_avg: torch.Tensor

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        *,
        layers: int = 8,
        track_average: bool = True,
        lr_multiplier: float = 0.01,
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.layers = z_dim, c_dim, w_dim, layers
        if c_dim > 0:
            self.embed = FullyConnected(c_dim, w_dim)
        inputs = z_dim + (w_dim if c_dim > 0 else 0)
        for i in range(layers):
            layer = FullyConnected(
                inputs if i == 0 else w_dim, w_dim, activation="lrelu", lr_multiplier=lr_multiplier
            )
            self.add_module(f"fc{i}", layer)
        if track_average:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self, z: torch.Tensor | None, c: torch.Tensor | None = None, *, track: bool = False
    ) -> torch.Tensor:
        """Map z and labels to w.

        Args:
            z: (n, z_dim), or None where z_dim is 0.
            c: (n, c_dim), or None where c_dim is 0.
            track: Update the moving average of w.

        Returns:
            (n, w_dim), float32.

        Raises:
            InputError: z or labels are missing or of another size.
        """
        x = torch.cat(self._inputs(z, c), dim=1)
        for i in range(self.layers):
            x = self.get_submodule(f"fc{i}")(x)
        if track:
            average = x.detach().mean(dim=0)
            self.w_avg.copy_(average.lerp(self.w_avg, W_AVERAGE_DECAY))
        return x

    def _inputs(self, z: torch.Tensor | None, c: torch.Tensor | None) -> list[torch.Tensor]:
        """Check and normalise what comes in: [n z_dim] and [n w_dim]."""
        parts = []
        if self.z_dim > 0:
            if z is None or z.ndim != 2 or z.shape[1] != self.z_dim:
                raise InputError(f"z is (n, {self.z_dim}), not {_shape(z)}")
            parts.append(normalise_second_moment(z.float()))
        if self.c_dim > 0:
            if c is None or c.ndim != 2 or c.shape[1] != self.c_dim:
                raise InputError(
                    f"labels are (n, {self.c_dim}), not {_shape(c)}",
                    hint="this network is conditional: say which labels",
                )
            parts.append(normalise_second_moment(self.embed(c.float())))
        return parts


def _shape(x: torch.Tensor | None) -> str:
    return "missing" if x is None else str(tuple(x.shape))
