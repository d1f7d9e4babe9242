"""Measure how good, how varied and how original a generator is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.device import configure_cuda, pick_device, pick_dtype, seeded
from facewright.errors import InputError
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.store import Progress, find_weights
from facewright.jobs.checks import check_options
from facewright.latents.sample import SamplingConfig, resolve_batch, sample_people
from facewright.latents.scenes import FaceSampler, draw_pairs, synthesise
from facewright.metrics.compare import (
    compare_features,
    compare_originality,
    compare_textures,
)
from facewright.metrics.inception import NAME as INCEPTION
from facewright.metrics.inception import load_inception
from facewright.metrics.smoothness import perceptual_path_length
from facewright.pipelines.weights import cache_folder, open_weights, pick_weights
from facewright.tasks.drawing import count_off
from facewright.types import Bundle, Image, Precision

METRICS = {
    "swd": ("SWD",),
    "originality": ("memorisation", "near copies"),
    "fid": ("FID", "Fréchet distance"),
    "kid": ("KID", "kernel distance"),
    "pr": ("precision", "recall"),
    "ppl": ("PPL",),
}
"""What `evaluate` can measure → how the names of its numbers begin."""

_WITHOUT_NETWORK, _WITH_FEATURES = {"swd", "originality"}, {"fid", "kid", "pr"}
_PART, _PART_BYTES = 1024, 1 << 27  # pictures and bytes of a dataset at a time
_USUAL_COUNT = 2048
_MOST_PAIRS = 512  # for PPL


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """What to measure, and on how many pictures."""

    count: int | None = None
    """Pictures on each side; otherwise 2048, or as many as the dataset has."""
    metrics: str = "swd,originality"
    """What to measure: swd, originality; and with a feature network fid, kid, pr, ppl."""
    features: Path | None = None
    """A file with the feature network; otherwise the one that the catalog knows is fetched."""
    truncation_psi: float = 1.0
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face."""
    seed: int = 0
    """Where every random number starts."""
    batch: int | None = None
    """People at a time; otherwise as many as pay off for such a generator."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor has it."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an evaluation found."""

    weights: str
    sha256: str
    dataset: str
    dataset_sha256: str
    count: int
    """Pictures on each side."""
    truncation_psi: float
    values: dict[str, float]


def evaluate_generator(
    weights: str,
    dataset: Path,
    *,
    options: EvaluateOptions | None = None,
    progress: Progress | None = None,
) -> Measured:
    """Measure how good, how varied and how original the people of a generator are.

    Without a feature network: the sliced Wasserstein distance (0 is best), and whether generated
    people are copies of any in the dataset.

    Args:
        weights: A name that `facewright models list` shows, or a file.
        dataset: The folder or zip of real pictures to compare with.
        options: What to measure; None is the default of each.
        progress: Called with how many people are drawn, and of how many.

    Returns:
        The numbers by name.

    Raises:
        InputError: An option is invalid, or the dataset has another resolution.
        WeightsError: There are no such weights, or no feature network.
        DatasetError: The dataset cannot be used.
    """
    options = options or EvaluateOptions()
    check_options(options)
    wanted, device = _read_metrics(options.metrics), pick_device(options.device)
    bundle, pictures = (
        open_weights(pick_weights(weights), progress),
        open_dataset(dataset, cache_bytes=0),
    )
    sampler = _hire(bundle, device, options)
    if pictures.resolution != sampler.generator.config.resolution:
        raise InputError(
            f"the dataset has {pictures.resolution} pixels, the generator "
            f"{sampler.generator.config.resolution}",
            hint="compare with a dataset of the generator's own resolution",
        )
    network = None
    if wanted - _WITHOUT_NETWORK:
        file = options.features or find_weights(INCEPTION, cache=cache_folder(), progress=progress)
        network = load_inception(file, device)

    rng = seeded(options.seed)
    count = min(options.count or _USUAL_COUNT, len(pictures))
    places = torch.randperm(len(pictures), generator=rng)[:count].numpy()
    reals = pictures.images(places)
    fakes = _draw_fakes(sampler, count, progress)
    values: dict[str, float] = {}
    if "swd" in wanted:
        values |= compare_textures(reals, fakes, rng=rng)
    if "originality" in wanted:
        values |= compare_originality(fakes, _read_parts(pictures), reals, places)
    if network and wanted & _WITH_FEATURES:
        values |= compare_features(reals, fakes, network, device, rng=rng)
    if network and "ppl" in wanted:
        pairs = draw_pairs(sampler, max(min(count // 2, _MOST_PAIRS), 1))
        images = partial(synthesise, sampler)
        values[f"PPL in {network.name}"] = perceptual_path_length(images, network, pairs, rng=rng)
    begin = tuple(start for name in wanted for start in METRICS[name])
    kept = {name: value for name, value in values.items() if name.startswith(begin)}
    card = bundle.card
    return Measured(
        card.name, card.sha256, pictures.name, pictures.sha256, count, options.truncation_psi, kept
    )


def _read_metrics(text: str) -> set[str]:
    """Read what is to be measured."""
    wanted = {name.strip().lower() for name in text.split(",")}
    if unknown := wanted - METRICS.keys():
        raise InputError(
            f"`{', '.join(sorted(unknown))}` cannot be measured",
            hint=f"--metrics takes any of {', '.join(METRICS)}",
        )
    return wanted


def _hire(bundle: Bundle, device: torch.device, options: EvaluateOptions) -> FaceSampler:
    """Return the artist who draws for an evaluation."""
    generator, dtype = load_generator(bundle, device), pick_dtype(device, options.precision)
    configure_cuda(device, repeatable=True)
    sampling = SamplingConfig(truncation_psi=options.truncation_psi, dtype=dtype)
    return FaceSampler(
        generator,
        options.batch or resolve_batch(generator, sampling),
        sampling,
        load_labels(bundle),
    )


def _read_parts(pictures: Dataset) -> Iterator[Image]:
    """Read a whole dataset in parts that do not fill the memory, (b, size, size, 3)."""
    size = max(1, min(_PART, _PART_BYTES // (3 * pictures.resolution**2)))
    for start in range(0, len(pictures), size):
        yield pictures.images(np.arange(start, min(start + size, len(pictures))))


def _draw_fakes(sampler: FaceSampler, count: int, progress: Progress | None) -> Image:
    """Draw so many people, (count, size, size, 3)."""
    people = sample_people(
        sampler.generator,
        range(count),
        labels=sampler.labels,
        sampling=sampler.sampling,
        batch=sampler.batch,
    )
    return np.stack([person.image for person in count_off(people, count, progress)])
