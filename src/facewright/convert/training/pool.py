"""A history of translated pictures for the discriminators."""

from __future__ import annotations

from typing import Any

import torch

from facewright.device import seeded
from facewright.errors import InputError


class ImagePool:
    """A history of generated pictures (Shrivastava et al. 2017, section 2.3).

    Until it is full, every picture is kept and returned. Then each one is exchanged for a kept one
    with probability 1/2. The result depends on the seed and the pictures before, and `state` is all
    that a checkpoint needs.

    Example:
        >>> pool = ImagePool(2, seed=0)
        >>> new = torch.zeros(2, 3, 4, 4)
        >>> torch.equal(pool.exchange(new), new)
        True
    """

    def __init__(self, size: int, *, seed: int) -> None:
        """Create an empty pool.

        Args:
            size: Number of pictures to keep; 0 returns all pictures unchanged.
            seed: Seed of the exchanges.

        Raises:
            InputError: The size is negative.
        """
        if size < 0:
            raise InputError(f"a pool keeps 0 pictures or more, not {size}")
        self._size, self._rng = size, seeded(seed)
        self._kept: list[torch.Tensor] = []

    def __len__(self) -> int:
        """Return the number of pictures kept."""
        return len(self._kept)

    def exchange(self, images: torch.Tensor) -> torch.Tensor:
        """Add pictures, and return as many.

        Args:
            images: (n, c, h, w).

        Returns:
            (n, c, h, w), on the same device, without gradients.
        """
        images = images.detach()
        if not self._size:
            return images
        return torch.stack([self._exchange_one(image) for image in images])

    def state(self) -> dict[str, Any]:
        """Return the pictures and the state of the random number generator."""
        return {"kept": list(self._kept), "rng": self._rng.get_state()}

    def load(self, state: dict[str, Any], device: torch.device | str = "cpu") -> None:
        """Restore what `state` returned, with pictures on a device."""
        self._kept = [image.to(device) for image in state["kept"]]
        self._rng.set_state(state["rng"])

    def _exchange_one(self, image: torch.Tensor) -> torch.Tensor:
        """Keep one picture, and return it or another one."""
        if len(self._kept) < self._size:
            self._kept.append(image.clone())
            return image
        if torch.rand((), generator=self._rng) < 0.5:
            return image
        place = int(torch.randint(self._size, (), generator=self._rng))
        old, self._kept[place] = self._kept[place], image.clone()
        return old
