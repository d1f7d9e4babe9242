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
    """How a generator draws."""

    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi: 1 is full variety, 0 is the average face."""
    truncate_to: TruncationTarget = "centres"
    """What psi pulls towards; without centres, it is the mean."""
    cutoff: int | None = None
    """Truncate only this many layers from the first; None is all."""
    reject: float = 0.0
    """Share of people with each combination of labels that are drawn anew, because they would look
    flawed; 0 without a scorer."""
    noise: Noise = "const"
    """Which noise the layers add."""
    dtype: torch.dtype = torch.float32
    """Number format of the convolutions."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated person."""

    seed: int
    image: Image
    label: Mapping[str, str]
    """Such as {"age": "30-39"}; empty for a generator without labels."""


def sample_people(
    generator: Generator,
    seeds: Iterable[int],
    *,
    labels: LabelTable = NO_LABELS,
    chosen: Mapping[str, str] | None = None,
    sampling: SamplingConfig | None = None,
    batch: int,
) -> Iterator[Sample]:
    """Draw one person per seed: the iterable that commands, measurements and the studio share.

    Every batch is filled up to the same size, so that a picture does not depend on which others
    are drawn beside it.

    Args:
        generator: On any device.
        seeds: One per person, from 0; may be endless.
        labels: What the labels of the generator mean.
        chosen: Label → value; what is not chosen is drawn as often as it occurs in training.
        sampling: How to draw; None is the default.
        batch: People at a time.

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
    """Draw faces from z and labels.

    Args:
        generator: On any device.
        z: (n, z_dim), n up to `batch`.
        c: (n, c_dim).
        sampling: How to draw; None is the default.
        batch: To fill up to.

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
    """Draw faces from w+, as they are: psi does not apply.

    Args:
        generator: On any device.
        ws: (n, num_ws, w_dim).
        sampling: Noise and precision; None is the default.
        batch: Faces at a time.

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
    """Return the latents of seeds. A seed keeps its z whatever labels are chosen.

    Args:
        config: Of the generator.
        seeds: One per person.
        labels: What the labels of the generator mean.
        chosen: Label → value; what is not chosen is drawn.

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
    """Return the latents of seeds as `draw_latents` does, without people who would look flawed.

    Args:
        generator: With a scorer, if anybody is to be rejected.
        seeds: One per person.
        labels: What the labels of the generator mean.
        chosen: Label → value; what is not chosen is drawn.
        reject: Which share of people with the same labels does not pass, 0 to 0.9.

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
    """Return how many faces to draw at a time: a power of two.

    It depends on nothing else, such as on free memory, because another batch changes the last bits
    of a picture.

    Args:
        config: Of the generator.
        device: Where it draws; its type counts.
        dtype: Number format of the convolutions.
    """
    channels = channels_at(config.resolution, config.channel_base, config.channel_max)
    each = channels * config.resolution**2 * dtype.itemsize * _COPIES
    fitting = max(int(_ROOM[device.type] // each), 1)
    return int(min(2 ** (fitting.bit_length() - 1), _LARGEST_BATCH[device.type]))


def fit_batch(draw: Callable[[int], object], batch: int) -> int:
    """Halve a batch until the memory of a GPU holds it.

    Args:
        draw: Draws so many faces, to try.
        batch: To begin with.

    Returns:
        The first that works.

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
    """Return how many faces a generator draws at a time: `pick_batch`, or less on a full GPU.

    Args:
        generator: Where it draws.
        sampling: How it draws.

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
    """Return the labels that agree with what is chosen, (m, c_dim), and how often each occurs."""
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
    """Put together a combination that never occurred: the rest from every known label."""
    rows = [
        encode_label(labels.groups, {**decode_label(labels.groups, vector), **chosen})
        for vector in labels.vectors
    ]
    return torch.stack(rows), labels.counts
