"""Differentiable augmentation of real and translated pictures, for small data sets."""

from __future__ import annotations

import torch
from torch.nn import functional as F

_SHIFT = 0.1  # of the side
_LIGHT, _CONTRAST, _COLOUR = 0.2, 0.3, 0.5  # of [-1, 1]; of the contrast; of the saturation


def augment_images(images: torch.Tensor, chance: float, rng: torch.Generator) -> torch.Tensor:
    """Augment each picture at random: flip, shift, change light and colours.

    A discriminator overfits to few pictures; augmentation prevents that. The changes are
    differentiable, so that gradients reach the translators (Zhao et al. 2020,
    "Differentiable augmentation for data-efficient GAN training"; Karras et al. 2020).

    Args:
        images: (n, 3, h, w) in [-1, 1].
        chance: Probability of each of the four changes, 0 to 1.
        rng: On the CPU.

    Returns:
        (n, 3, h, w); the same tensor where the chance is 0.
    """
    if chance <= 0:
        return images
    return torch.stack([_augment(image, chance, rng) for image in images])


def _augment(image: torch.Tensor, chance: float, rng: torch.Generator) -> torch.Tensor:
    """Change one picture (3, h, w)."""
    draws = torch.rand(4, generator=rng) < chance
    numbers = (2 * torch.rand(5, generator=rng) - 1).tolist()  # -1 to 1
    if draws[0]:
        image = image.flip(-1)
    if draws[1]:
        image = _shift(image, numbers[0], numbers[1])
    if draws[2]:
        image = image * (1 + _CONTRAST * numbers[2]) + _LIGHT * numbers[3]
    if draws[3]:
        grey = image.mean(0, keepdim=True)
        image = grey + (image - grey) * (1 + _COLOUR * numbers[4])
    return image


def _shift(image: torch.Tensor, right: float, down: float) -> torch.Tensor:
    """Shift a picture, padded by reflection; the shifts are shares of the largest one, -1 to 1."""
    height, width = image.shape[-2:]
    reach = max(1, round(_SHIFT * min(height, width)))
    padded = F.pad(image[None], (reach,) * 4, mode="reflect")[0]
    y, x = reach + round(reach * down), reach + round(reach * right)
    return padded[:, y : y + height, x : x + width]
