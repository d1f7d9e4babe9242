"""Invert faces: estimate latents by an encoder, then refine them by optimisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from facewright.device import seeded, to_images, to_tensor
from facewright.errors import InputError
from facewright.faces.similarity.features import FaceFeatures, compare_maps
from facewright.gan.generator import Generator
from facewright.latents.encoder.psp import Encoder, fit_pictures
from facewright.types import REFINE_STEPS, Image

_RISE, _FALL = 0.05, 0.25  # parts of the steps in which the learning rate rises and falls
_QUIET_FROM = 0.75  # from this part of the steps on, no noise is added


@runtime_checkable
class Estimator(Protocol):
    """Estimates latents by other means than an encoder alone."""

    def encode(self, images: Image) -> torch.Tensor:
        """Return w+, (n, num_ws, w_dim), of aligned faces, (n, h, h, 3), uint8."""


@dataclass(frozen=True, slots=True)
class RefineOptions:
    """How to refine latents by optimisation."""

    steps: int = REFINE_STEPS
    """Number of optimisation steps; 0 keeps the latents of the encoder."""
    lr: float = 0.05
    """The highest learning rate of Adam."""
    noise: float = 0.05
    """Standard deviation of noise added to the latents, relative to that of w; it falls to zero
    over the steps, and helps the search out of local minima."""
    perceptual_weight: float = 0.2
    """Weight of the perceptual distance by `face-features`, besides the squared distance of pixels;
    only where such features are given."""
    norm_weight: float = 0.002
    """Weight of the squared distance from the first latents: latents far from these may give the
    same face, but are worse for editing."""
    seed: int = 0
    """Seed of the noise."""


@dataclass(frozen=True, slots=True)
class Inversion:
    """The latents of faces, and how well they reconstruct them."""

    ws: torch.Tensor
    """w+, (n, num_ws, w_dim), float32, on the CPU."""
    images: Image
    """(n, resolution, resolution, 3), uint8: the pictures of these latents."""
    errors: tuple[float, ...]
    """Root mean square error of the pixels of each face, 0 to 255."""
    distances: tuple[float, ...] = ()
    """Perceptual distance of each face (`faces.similarity.features.compare_maps`); empty without
    features."""


def invert_faces(
    generator: Generator,
    images: Image,
    *,
    encoder: Encoder | Estimator | None = None,
    features: FaceFeatures | None = None,
    options: RefineOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inversion:
    """Find latents from which a generator reconstructs given faces.

    The noise stays that of the generator, so that the latents alone determine the pictures.

    Args:
        generator: Frozen, on any device.
        images: (n, resolution, resolution, 3), uint8: aligned by the template of the generator.
        encoder: Estimates the first latents; None starts from the average face.
        features: Network of the perceptual distance; None compares pixels alone.
        options: Options of the optimisation; None uses the defaults.
        progress: Called with the number of steps done, and of all.

    Returns:
        The latents and their reconstruction errors.

    Raises:
        InputError: The pictures have another size, the encoder belongs to another kind of
            generator, or an option is invalid.
    """
    options = options or RefineOptions()
    _check(generator, images, options)
    device = generator.mapping.w_avg.device
    target = to_tensor(images, device, torch.float32)
    measure = compare_with(target, features, options.perceptual_weight)
    if isinstance(encoder, Estimator):
        ws = encoder.encode(images)
    else:
        ws = encode_faces(generator, target, encoder)
    ws = _refine(generator, ws, measure, options, progress)
    return look_at(generator, ws, images, features)


def compare_with(
    target: torch.Tensor, features: FaceFeatures | None, weight: float
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that measures the distance of pictures from a target.

    Args:
        target: (n, 3, h, w) in [-1, 1].
        features: Network of the perceptual distance; None compares pixels alone.
        weight: Weight of the perceptual distance, besides the mean squared distance of pixels.

    Returns:
        A function from (n, 3, h, w) to (n,).
    """
    if features is None or not weight:
        return lambda drawn: (drawn - target).square().mean((1, 2, 3))
    with torch.no_grad():
        wanted = features(target)

    def measure(drawn: torch.Tensor) -> torch.Tensor:
        far = compare_maps(features(drawn), wanted)
        return (drawn - target).square().mean((1, 2, 3)) + weight * far

    return measure


@torch.no_grad()
def look_at(
    generator: Generator, ws: torch.Tensor, images: Image, features: FaceFeatures | None = None
) -> Inversion:
    """Synthesise latents, and measure how well they reconstruct faces.

    Args:
        generator: On any device.
        ws: w+, (n, num_ws, w_dim), on the device of the generator.
        images: The faces, (n, resolution, resolution, 3), uint8.
        features: Network of the perceptual distance; None measures pixels alone.
    """
    drawn = to_images(generator.synthesis(ws))
    off = (drawn.astype(float) - images) ** 2
    errors = tuple(math.sqrt(part.mean()) for part in off)
    if features is None:
        return Inversion(ws.cpu(), drawn, errors)
    pair = (to_tensor(x, ws.device, torch.float32) for x in (drawn, images))
    return Inversion(ws.cpu(), drawn, errors, tuple(features.compare(*pair).tolist()))


@torch.no_grad()
def encode_faces(
    generator: Generator, images: torch.Tensor, encoder: Encoder | None = None
) -> torch.Tensor:
    """Return the latents that an encoder estimates, or those of the average face.

    Args:
        generator: The generator that the latents belong to.
        images: (n, 3, h, w) in [-1, 1], square, on the device of both.
        encoder: The encoder; None gives the average face.

    Returns:
        w+, (n, num_ws, w_dim), float32.

    Raises:
        InputError: The encoder gives latents of another shape than the generator takes.
    """
    average = generator.mapping.w_avg
    if encoder is None:
        return average.expand(len(images), generator.num_ws, -1).clone()
    if encoder.latent_avg.shape != (generator.num_ws, len(average)):
        raise InputError(
            f"the encoder finds latents of the shape {tuple(encoder.latent_avg.shape)}, the "
            f"generator draws from {(generator.num_ws, len(average))}",
            hint="use the encoder that was trained for this generator",
        )
    return encoder(fit_pictures(images, encoder.config.size))


@torch.no_grad()
def draw_styles(generator: Generator, count: int, rng: torch.Generator) -> torch.Tensor:
    """Return random w, (count, w_dim), each with one random label if the generator has labels."""
    fields, device = generator.config, generator.mapping.w_avg.device
    z = torch.randn(count, fields.z_dim, generator=rng).to(device)
    c = None
    if fields.c_dim:
        chosen = torch.randint(fields.c_dim, (count,), generator=rng)
        c = torch.nn.functional.one_hot(chosen, fields.c_dim).float().to(device)
    return generator.mapping(z, c)


def _refine(
    generator: Generator,
    start: torch.Tensor,
    measure: Callable[[torch.Tensor], torch.Tensor],
    options: RefineOptions,
    progress: Callable[[int, int], None] | None,
) -> torch.Tensor:
    """Return the latents of the lowest distance met during optimisation."""
    ws, rng = start.clone().requires_grad_(), seeded(options.seed)
    adam, spread = torch.optim.Adam([ws], betas=(0.9, 0.999)), _measure_spread(generator)
    best = start.clone()
    with torch.no_grad():
        least = measure(generator.synthesis(start))  # a short search may find nothing better
    for step in range(options.steps):
        part = step / options.steps
        adam.param_groups[0]["lr"] = options.lr * _schedule(part)
        amount = options.noise * spread * max(0.0, 1 - part / _QUIET_FROM) ** 2
        added = torch.randn(ws.shape, generator=rng).to(ws.device) * amount
        errors = measure(generator.synthesis(ws + added))  # [n]
        far = (ws - start).square().mean((1, 2))
        if amount == 0:
            better = errors.detach() < least
            least = torch.where(better, errors.detach(), least)
            best[better] = ws.detach()[better]
        adam.zero_grad()
        (errors + options.norm_weight * far).sum().backward()
        adam.step()
        if progress:
            progress(step + 1, options.steps)
    return best


def _measure_spread(generator: Generator) -> float:
    """Return the standard deviation of w, measured on a thousand random latents."""
    return float(draw_styles(generator, 1000, seeded(0)).std(0).mean())


def _schedule(part: float) -> float:
    """Return the learning rate relative to the highest: a rise, then a cosine to zero."""
    fall = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - part) / _FALL))
    return fall * min(1.0, (part + 1e-3) / _RISE)


def _check(generator: Generator, images: Image, options: RefineOptions) -> None:
    """Raise if something is invalid."""
    size = generator.config.resolution
    if images.ndim != 4 or images.shape[1:] != (size, size, 3) or not len(images):
        raise InputError(
            f"this generator draws {size}×{size} pixels; these pictures are {images.shape}",
            hint="cut faces with faces.align, as those were cut that it learned from",
        )
    if options.steps < 0:
        raise InputError(f"{options.steps} steps are invalid", hint="0 leaves out the refinement")
    for name in ("lr", "noise", "perceptual_weight", "norm_weight"):
        value = getattr(options, name)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} {value} is invalid", hint="it is not below 0")
