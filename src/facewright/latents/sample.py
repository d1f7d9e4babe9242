"""From seeds to latents to pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from facewright.datasets.labels import decode_label, encode_label, find_value
from facewright.device import seeded, to_images
from facewright.errors import InputError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.layers.basic import channels_at
from facewright.gan.weights import NO_LABELS, LabelTable
from facewright.latents.candidates import replace_rejected
from facewright.types import TRUNCATION_PSI, Image, Noise, TruncationTarget

_LARGEST_BATCH = {"cpu": 16, "cuda": 64}
_ROOM = {"cpu": 1 << 28, "cuda": 1 << 31}  # bytes of activations at a time; more gains nothing
_COPIES = 8  # feature maps of the last resolution that live at the same time


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """Truncation, rejection, noise and precision of synthesis."""

    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi: 1 is full variety, 0 is the target of truncation."""
    truncate_to: TruncationTarget = "centres"
    """Target of truncation: "centres" or "mean"; a generator without centres uses the mean."""
    cutoff: int | None = None
    """Truncate only the first so many layers; None truncates all."""
    reject: float = 0.0
    """Share of latents with each combination of labels to replace because their pictures are
    predicted to be flawed, 0 to 0.9; 0 without a scorer."""
    noise: Noise = "const"
    """Noise of the layers: "const", "random" or "none"."""
    dtype: torch.dtype = torch.float32
    """Number format of the convolutions."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated person."""

    seed: int
    image: Image
    label: Mapping[str, str]
    """Label → value, such as {"age": "30-39"}; empty for a generator without labels."""


def sample_people(
    generator: Generator,
    seeds: Iterable[int],
    *,
    labels: LabelTable = NO_LABELS,
    chosen: Mapping[str, str] | None = None,
    sampling: SamplingConfig | None = None,
    batch: int,
) -> Iterator[Sample]:
    """Generate one person per seed.

    Every batch is filled up to the same size, so that a picture does not depend on the others of
    its batch.

    Args:
        generator: On any device.
        seeds: One per person, from 0; may be endless.
        labels: The labels that the generator knows.
        chosen: Label → value; other labels are drawn as often as they occur in training.
        sampling: Truncation, noise and precision; None uses the defaults.
        batch: Number of people synthesised at a time.

    Yields:
        The people, in the order of the seeds.

    Raises:
        InputError: A label is unknown, or the generator has none.
    """
    sampling, chosen, stream = sampling or SamplingConfig(), chosen or {}, iter(seeds)
    check_labels(labels, chosen)
    while group := list(islice(stream, batch)):
        z, c = choose_latents(
            generator, group, labels=labels, chosen=chosen, reject=sampling.reject
        )
        images = draw_faces(generator, z, c, sampling=sampling, batch=batch)
        for seed, image, label in zip(group, images, c, strict=True):
            named = decode_label(labels.groups, label) if labels.groups else {}
            yield Sample(seed, image, named)


@torch.no_grad()
def draw_faces(
    generator: Generator,
    z: torch.Tensor,
    c: torch.Tensor,
    *,
    sampling: SamplingConfig | None = None,
    batch: int,
) -> Image:
    """Synthesise faces from z and labels.

    Args:
        generator: On any device.
        z: (n, z_dim), n up to `batch`.
        c: (n, c_dim).
        sampling: Truncation, noise and precision; None uses the defaults.
        batch: Size that the batch is filled up to.

    Returns:
        (n, resolution, resolution, 3), uint8.
    """
    sampling = sampling or SamplingConfig()
    device, count = generator.mapping.w_avg.device, len(z)
    z, c = _fill(z, batch).to(device), _fill(c, batch).to(device)
    ws = truncate_latents(generator, z, c, sampling)
    return draw_styles(generator, ws, sampling=sampling, batch=batch)[:count]


@torch.no_grad()
def draw_styles(
    generator: Generator, ws: torch.Tensor, *, sampling: SamplingConfig | None = None, batch: int
) -> Image:
    """Synthesise faces from w+, without truncation.

    Args:
        generator: On any device.
        ws: (n, num_ws, w_dim).
        sampling: Noise and precision; None is the default.
        batch: Number of faces synthesised at a time.

    Returns:
        (n, resolution, resolution, 3), uint8.
    """
    sampling = sampling or SamplingConfig()
    device = generator.mapping.w_avg.device
    parts = []
    for part in ws.split(batch):
        filled = _fill(part, batch).to(device)
        x = generator.synthesis(filled, noise=sampling.noise, dtype=sampling.dtype)  # [batch 3 h w]
        parts.append(to_images(x[: len(part)]))
    return np.concatenate(parts)


def draw_latents(
    config: GeneratorConfig,
    seeds: Sequence[int],
    *,
    labels: LabelTable = NO_LABELS,
    chosen: Mapping[str, str] | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the latents of seeds. The z of a seed does not depend on the labels.

    Args:
        config: The configuration of the generator.
        seeds: One per person.
        labels: The labels that the generator knows.
        chosen: Label → value; other labels are drawn from those of training.

    Returns:
        z (n, z_dim) and labels (n, c_dim), float32, on the CPU.
    """
    vectors, weights = _select(labels, chosen or {})
    z, c = [], []
    for seed in seeds:
        rng = seeded(seed)
        z.append(torch.randn(config.z_dim, generator=rng))
        c.append(vectors[torch.multinomial(weights, 1, generator=rng)[0]])
    return torch.stack(z), torch.stack(c)


def choose_latents(
    generator: Generator,
    seeds: Sequence[int],
    *,
    labels: LabelTable = NO_LABELS,
    chosen: Mapping[str, str] | None = None,
    reject: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the latents of seeds as `draw_latents` does, replacing those predicted to be flawed.

    Args:
        generator: With a scorer, unless `reject` is 0.
        seeds: One per person.
        labels: The labels that the generator knows.
        chosen: Label → value; other labels are drawn from those of training.
        reject: Share of latents with the same labels to reject, 0 to 0.9.

    Raises:
        InputError: The generator has no scorer.
    """
    z, c = draw_latents(generator.config, seeds, labels=labels, chosen=chosen)
    if reject:
        z = replace_rejected(generator, seeds, z, c, reject=reject)
    return z, c


def truncate_latents(
    generator: Generator, z: torch.Tensor, c: torch.Tensor, sampling: SamplingConfig
) -> torch.Tensor:
    """Map z (n, z_dim) and labels (n, c_dim) to w+ (n, num_ws, w_dim), truncated."""
    return generator.map_to_w(
        z,
        c,
        truncation_psi=sampling.truncation_psi,
        cutoff=sampling.cutoff,
        truncate_to=sampling.truncate_to,
    )


def check_labels(labels: LabelTable, chosen: Mapping[str, str]) -> None:
    """Raise if a chosen label or value is unknown to the generator."""
    known = {group.name: group for group in labels.groups}
    for name, value in chosen.items():
        if not known:
            raise InputError(
                f"this generator knows no labels, so `{name}` cannot be chosen",
                hint="leave it out, or use weights that were trained with --cond",
            )
        if name not in known:
            raise InputError(f"no label is called `{name}`", hint=f"one of: {', '.join(known)}")
        find_value(known[name], value)


def pick_batch(config: GeneratorConfig, device: torch.device, dtype: torch.dtype) -> int:
    """Return the number of faces to synthesise at a time, a power of two.

    It depends on the arguments alone, not on free memory, because another batch changes the last
    bits of a picture.

    Args:
        config: The configuration of the generator.
        device: The device of the generator; only its type matters.
        dtype: Number format of the convolutions.
    """
    channels = channels_at(config.resolution, config.channel_base, config.channel_max)
    each = channels * config.resolution**2 * dtype.itemsize * _COPIES
    fitting = max(int(_ROOM[device.type] // each), 1)
    return int(min(2 ** (fitting.bit_length() - 1), _LARGEST_BATCH[device.type]))


def fit_batch(draw: Callable[[int], object], batch: int) -> int:
    """Halve a batch until it fits into the memory of a GPU.

    Args:
        draw: Synthesises so many faces, as a trial.
        batch: The size to begin with.

    Returns:
        The first size that fits.

    Raises:
        torch.OutOfMemoryError: Not even one face at a time fits.
    """
    while batch > 1:
        try:
            draw(batch)
            return batch
        except torch.OutOfMemoryError:
            batch //= 2
    draw(1)
    return 1


def resolve_batch(generator: Generator, sampling: SamplingConfig) -> int:
    """Return the number of faces to synthesise at a time: `pick_batch`, or less on a full GPU.

    Args:
        generator: On its device.
        sampling: Noise and precision.

    Raises:
        torch.OutOfMemoryError: Not even one face at a time fits.
    """
    device, config = generator.mapping.w_avg.device, generator.config
    batch = pick_batch(config, device, sampling.dtype)
    if device.type == "cpu":  # it pages instead of failing
        return batch
    z, c = torch.zeros(1, config.z_dim), torch.zeros(1, config.c_dim)
    return fit_batch(lambda n: draw_faces(generator, z, c, sampling=sampling, batch=n), batch)


def _fill(x: torch.Tensor, size: int) -> torch.Tensor:
    """Repeat the last row of (n, ...) until there are `size`."""
    return x if len(x) >= size else torch.cat([x, x[-1:].expand(size - len(x), *x.shape[1:])])


def _select(labels: LabelTable, chosen: Mapping[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the labels with the chosen values, (m, c_dim), and how often each occurs."""
    if not chosen:
        return labels.vectors, labels.counts
    start, keep = 0, torch.ones(len(labels.vectors), dtype=torch.bool)
    for group in labels.groups:
        if group.name in chosen:
            keep &= labels.vectors[:, start + find_value(group, chosen[group.name])] > 0
        start += len(group.values)
    if bool(keep.any()):
        return labels.vectors[keep], labels.counts[keep]
    return _combine(labels, chosen)


def _combine(labels: LabelTable, chosen: Mapping[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return labels for a combination that never occurred: other values from every known label."""
    rows = [
        encode_label(labels.groups, {**decode_label(labels.groups, vector), **chosen})
        for vector in labels.vectors
    ]
    return torch.stack(rows), labels.counts
