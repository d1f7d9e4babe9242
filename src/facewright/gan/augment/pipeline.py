"""Adaptive discriminator augmentation, for training on small datasets.

The discriminator sees real and generated pictures through the same random changes, each with a
probability p, which grows while the discriminator is too sure of the real ones.
Source: Karras et al. 2020, "Training generative adversarial networks with limited data".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from facewright.errors import InputError
from facewright.gan.augment import affine
from facewright.gan.augment.banded import BANDS
from facewright.gan.augment.chance import Chance
from facewright.gan.augment.pixels import cut_out, recolour, weigh_bands
from facewright.gan.augment.warp import warp

_USUAL_POWER = torch.tensor([10, 1, 1, 1], dtype=torch.float64) / 13
"""Share of each band in the contrast of natural pictures, whose spectrum falls as 1/f."""

_SMALLEST = 8  # pixels


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Which changes are made, their probabilities as factors on p, and their strengths."""

    xflip: float = 0
    """Probability of a mirror image, as a factor on p."""
    rotate90: float = 0
    """The same for turns by quarters."""
    xint: float = 0
    """The same for shifts by whole pixels."""
    xint_max: float = 0.125
    """The longest such shift, as a share of the size."""

    scale: float = 0
    """The same for enlarging and shrinking."""
    rotate: float = 0
    """The same for turns by any angle."""
    aniso: float = 0
    """The same for stretching in one direction."""
    xfrac: float = 0
    """The same for shifts by fractions of pixels."""
    scale_std: float = 0.2
    """Standard deviation of log2 of the factor."""
    rotate_max: float = 1
    """The widest turn; 1 is half a circle either way."""
    aniso_std: float = 0.2
    """Standard deviation of log2 of the factor."""
    xfrac_std: float = 0.125
    """Standard deviation of the shift, as a share of the size."""

    brightness: float = 0
    """Probability of another brightness, as a factor on p."""
    contrast: float = 0
    """The same for contrast."""
    lumaflip: float = 0
    """The same for exchanging light and dark."""
    hue: float = 0
    """The same for turning the hues."""
    saturation: float = 0
    """The same for saturation."""
    brightness_std: float = 0.2
    """Standard deviation of what is added, where -1 is black and 1 is white."""
    contrast_std: float = 0.5
    """Standard deviation of log2 of the factor."""
    hue_max: float = 1
    """The widest turn; 1 is half a circle either way."""
    saturation_std: float = 1
    """Standard deviation of log2 of the factor."""

    imgfilter: float = 0
    """Probability of another weight for each band of frequencies, as a factor on p."""
    imgfilter_bands: tuple[float, float, float, float] = (1, 1, 1, 1)
    """Factor on that probability for each band, lowest first."""
    imgfilter_std: float = 1
    """Standard deviation of log2 of the weight."""

    noise: float = 0
    """Probability of added noise, as a factor on p."""
    noise_std: float = 0.1
    """Standard deviation of the noise's standard deviation."""
    cutout: float = 0
    """Probability of a grey square, as a factor on p."""
    cutout_size: float = 0.5
    """Its side, as a share of the picture."""


_BLIT: dict[str, Any] = {"xflip": 1, "rotate90": 1, "xint": 1}
_GEOM: dict[str, Any] = {"scale": 1, "rotate": 1, "aniso": 1, "xfrac": 1}
_COLOR: dict[str, Any] = {"brightness": 1, "contrast": 1, "lumaflip": 1, "hue": 1, "saturation": 1}
_BGC = _BLIT | _GEOM | _COLOR

PIPES = {
    "blit": AugmentConfig(**_BLIT),
    "geom": AugmentConfig(**_GEOM),
    "color": AugmentConfig(**_COLOR),
    "filter": AugmentConfig(imgfilter=1),
    "noise": AugmentConfig(noise=1),
    "cutout": AugmentConfig(cutout=1),
    "bg": AugmentConfig(**_BLIT, **_GEOM),
    "bgc": AugmentConfig(**_BGC),
    "bgcf": AugmentConfig(**_BGC, imgfilter=1),
    "bgcfn": AugmentConfig(**_BGC, imgfilter=1, noise=1),
    "bgcfnc": AugmentConfig(**_BGC, imgfilter=1, noise=1, cutout=1),
}
"""Named sets of changes, as in StyleGAN2-ADA; "bgc" is the usual one."""


def update_p(
    p: float, sign_mean: float, *, target: float, batch: int, interval: int, ada_kimg: float
) -> float:
    """Move the probability of augmentation towards a target.

    Args:
        p: The probability so far.
        sign_mean: Mean sign of the discriminator's scores of real pictures since the last
            update, -1 to 1 (r_t in the paper): near 1 when the discriminator overfits.
        target: The desired `sign_mean`; 0.6 in the paper.
        batch: Pictures per step.
        interval: Steps since the last update.
        ada_kimg: Thousands of real pictures in which p may rise from 0 to 1; 500 in the paper.

    Returns:
        The new probability, 0 to 1.

    Raises:
        InputError: `ada_kimg` is not positive.

    Example:
        >>> update_p(0.2, 0.9, target=0.6, batch=16, interval=4, ada_kimg=0.64)
        0.3
    """
    if ada_kimg <= 0:
        raise InputError(f"p cannot move within {ada_kimg} kimg", hint="the field uses 500")
    step = batch * interval / (ada_kimg * 1000)
    direction = (sign_mean > target) - (sign_mean < target)
    return min(max(p + direction * step, 0.0), 1.0)


class Augment:
    """Augmentation that is applied to real and generated pictures alike."""

    def __init__(self, config: AugmentConfig) -> None:
        self.config = config

    def __call__(
        self,
        images: Tensor,
        p: float | Tensor,
        *,
        rng: torch.Generator | None,
        debug_percentile: float | None = None,
    ) -> Tensor:
        """Augment each picture independently.

        `rng` advances equally for every p above 0, and not at all for p = 0.

        Args:
            images: (n, 3 or 1, size, size) in [-1, 1]; size is 8 or more.
            p: Factor on the probability of each change; 0 returns `images`.
            rng: Of the CPU, whatever the device of `images`. May be None with `debug_percentile`,
                unless noise is added.
            debug_percentile: Make every change with this percentile of its strength, 0 to 1.

        Returns:
            The shape and type of `images`; twice differentiable with respect to them.

        Raises:
            InputError: `images` has another shape, or `rng` is missing or not of the CPU.
        """
        n, channels, high, wide = _check(images)
        chance = Chance(n, float(p), rng, debug_percentile)
        if chance.p == 0 and debug_percentile is None:
            return images
        x = images if images.dtype == torch.float64 else images.float()
        x = warp(x, self._draw_blit(chance, wide) @ self._draw_geometry(chance, wide))
        colours = self._draw_colours(chance, channels)
        if not torch.equal(colours, affine.identity(n, 4)):
            x = recolour(x, colours)
        if self.config.imgfilter:
            x = weigh_bands(x, self._draw_bands(chance))
        if self.config.noise:
            sigma = chance.half_normal(self.config.noise, self.config.noise_std)
            x = x + (chance.noise(channels, high, wide) * sigma[:, None, None, None]).to(x)
        if self.config.cutout:
            x = cut_out(x, *chance.box(self.config.cutout, self.config.cutout_size))
        return x.to(images.dtype)

    def _draw_blit(self, chance: Chance, size: int) -> Tensor:
        """Return maps that move whole pixels, from the result to the picture: (n, 3, 3)."""
        c = self.config
        inverse = affine.identity(chance.count, 3)
        if c.xflip:
            mirror = 1 - 2 * chance.pick(c.xflip, 2)
            inverse = inverse @ affine.stretch(mirror, torch.ones_like(mirror))
        if c.rotate90:
            inverse = inverse @ _quarter_turn(chance.pick(c.rotate90, 4))
        if c.xint:
            shift = (chance.between(c.xint, c.xint_max, 2) * size).round()
            inverse = inverse @ affine.move(-shift[:, 0], -shift[:, 1])
        return inverse

    def _draw_geometry(self, chance: Chance, size: int) -> Tensor:
        """Return maps between the pixels, from the result to the picture: (n, 3, 3)."""
        c = self.config
        inverse = affine.identity(chance.count, 3)
        if c.scale:
            factor = torch.exp2(-chance.normal(c.scale, c.scale_std))[:, 0]
            inverse = inverse @ affine.stretch(factor, factor)
        # Turning before and after the stretch: together as probable as one turn would be.
        once = 1 - math.sqrt(min(max(1 - c.rotate * chance.p, 0), 1))
        once = once / chance.p if chance.p else 0.0  # `Chance` multiplies by p
        if c.rotate:
            angle = chance.between(once, math.pi * c.rotate_max)[:, 0]
            inverse = inverse @ affine.turn(angle)
        if c.aniso:
            factor = torch.exp2(-chance.normal(c.aniso, c.aniso_std))[:, 0]
            inverse = inverse @ affine.stretch(factor, 1 / factor)
        if c.rotate and chance.percentile is None:
            angle = chance.between(once, math.pi * c.rotate_max)[:, 0]
            inverse = inverse @ affine.turn(angle)
        if c.xfrac:
            shift = chance.normal(c.xfrac, c.xfrac_std, 2) * size
            inverse = inverse @ affine.move(-shift[:, 0], -shift[:, 1])
        return inverse

    def _draw_colours(self, chance: Chance, channels: int) -> Tensor:
        """Return maps of colours: (n, 4, 4)."""
        c = self.config
        colours = affine.identity(chance.count, 4)
        if c.brightness:
            amount = chance.normal(c.brightness, c.brightness_std)[:, 0]
            colours = affine.brighten(amount) @ colours
        if c.contrast:
            factor = torch.exp2(chance.normal(c.contrast, c.contrast_std))[:, 0]
            colours = affine.contrast(factor) @ colours
        if c.lumaflip:
            colours = affine.flip_luma(chance.pick(c.lumaflip, 2)) @ colours
        if c.hue and channels > 1:
            angle = chance.between(c.hue, math.pi * c.hue_max)[:, 0]
            colours = affine.turn_hue(angle) @ colours
        if c.saturation and channels > 1:
            factor = torch.exp2(chance.normal(c.saturation, c.saturation_std))[:, 0]
            colours = affine.saturate(factor) @ colours
        return colours

    def _draw_bands(self, chance: Chance) -> Tensor:
        """Return a gain for each band of frequencies: (n, 4)."""
        gains = torch.ones(chance.count, BANDS, dtype=torch.float64)
        for band, share in enumerate(self.config.imgfilter_bands):
            if not share:
                continue
            change = chance.normal(self.config.imgfilter * share, self.config.imgfilter_std)
            one = torch.ones_like(gains)
            one[:, band] = torch.exp2(change[:, 0])
            gains = gains * one / (one.square() @ _USUAL_POWER).sqrt()[:, None]
        return gains


def _quarter_turn(quarters: Tensor) -> Tensor:
    """Turn by quarters of a circle, without a rounding error in cosine and sine."""
    return affine.turn(quarters * (math.pi / 2)).round()


def _check(images: Tensor) -> tuple[int, int, int, int]:
    """Return the shape of pictures that can be augmented, and refuse others."""
    if images.ndim != 4 or images.shape[1] not in {1, 3}:
        raise InputError(f"pictures are (n, 3 or 1, size, size), not {tuple(images.shape)}")
    n, channels, high, wide = images.shape
    if high != wide or high < _SMALLEST:
        raise InputError(f"pictures are square from {_SMALLEST} pixels, not {high}×{wide}")
    return n, channels, high, wide
