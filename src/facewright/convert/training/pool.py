"""Keep made pictures for later, so that discriminators do not forget them."""

from __future__ import annotations

from typing import Any

import torch

from facewright.device import seeded
from facewright.errors import InputError


class ImagePool:
    """A history of made pictures (Shrivastava et al. 2017, section 2.3).

    Until it is full, every picture is kept and returned. Then each one is, as often as not,
    exchanged for one that was kept. What it does is a function of the seed and of what came
    before, and `state` is all that a checkpoint needs.

    Example:
        >>> pool = ImagePool(2, seed=0)
        >>> new = torch.zeros(2, 3, 4, 4)
        >>> torch.equal(pool.exchange(new), new)
        True
    """

    def __init__(self, size: int, *, seed: int) -> None:
        """Begin with nothing.

        Args:
            size: How many pictures to keep; 0 always returns what comes.
            seed: Which pictures are exchanged.

        Raises:
            InputError: The size is negative.
        """
        if size < 0:
            raise InputError(f"a pool keeps 0 pictures or more, not {size}")
        self._size, self._rng = size, seeded(seed)
        self._kept: list[torch.Tensor] = []

    def __len__(self) -> int:
        """Return how many pictures are kept."""
        return len(self._kept)

    def exchange(self, images: torch.Tensor) -> torch.Tensor:
        """Put pictures in, and take as many out.

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
        """Return the pictures and the source of random numbers."""
        return {"kept": list(self._kept), "rng": self._rng.get_state()}

    def load(self, state: dict[str, Any], device: torch.device | str = "cpu") -> None:
        """Go on from what `state` returned, with pictures on a device."""
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
