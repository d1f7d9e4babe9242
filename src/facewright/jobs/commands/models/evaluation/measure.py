"""Compare the pictures of a generator with real ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from facewright.datasets.dataset import Dataset
from facewright.device import configure_cuda, pick_device, pick_dtype, seeded
from facewright.errors import InputError
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.store import Progress
from facewright.jobs.commands.models.evaluation.options import METRICS, EvaluateOptions
from facewright.latents.sample import SamplingConfig, resolve_batch, sample_people
from facewright.latents.scenes import FaceSampler, draw_pairs, synthesise
from facewright.metrics.compare import compare_features, compare_originality, compare_textures
from facewright.metrics.inception import NAME as INCEPTION
from facewright.metrics.inception import load_inception
from facewright.metrics.smoothness import perceptual_path_length
from facewright.pipelines.weights import fetch_weights
from facewright.types import Bundle, Image

_WITHOUT_NETWORK, _WITH_FEATURES = {"swd", "originality"}, {"fid", "kid", "pr"}
_PART, _PART_BYTES = 1024, 1 << 27  # pictures and bytes of a dataset at a time
_MOST_PAIRS = 512  # for PPL


def open_sampler(bundle: Bundle, options: EvaluateOptions) -> FaceSampler:
    """Return a sampler for an evaluation, which rejects nobody."""
    device = pick_device(options.device)
    generator, dtype = load_generator(bundle, device), pick_dtype(device, options.precision)
    configure_cuda(device, repeatable=True)
    sampling = SamplingConfig(truncation_psi=options.truncation_psi, dtype=dtype)
    batch = options.batch or resolve_batch(generator, sampling)
    return FaceSampler(generator, batch, sampling, load_labels(bundle))


def measure(
    sampler: FaceSampler,
    pictures: Dataset,
    fakes: Image,
    options: EvaluateOptions,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Compute the chosen metrics.

    Args:
        sampler: The generator with its options.
        pictures: Real pictures of the same resolution.
        fakes: (n, size, size, 3), uint8, generated pictures, no more than there are real ones.
        options: Metrics and feature network.
        progress: Called with the progress of a download.

    Returns:
        The values by name.
    """
    wanted = read_metrics(options.metrics)
    network, device = None, pick_device(options.device)
    if set(wanted) - _WITHOUT_NETWORK:
        file = options.features or fetch_weights(INCEPTION, progress)
        network = load_inception(file, device)
    rng = seeded(options.seed)
    count = len(fakes)
    places = torch.randperm(len(pictures), generator=rng)[:count].numpy()
    reals = pictures.images(places)
    values: dict[str, float] = {}
    if "swd" in wanted:
        values |= compare_textures(reals, fakes, rng=rng)
    if "originality" in wanted:
        values |= compare_originality(fakes, _read_parts(pictures), reals, places)
    if network and _WITH_FEATURES & set(wanted):
        values |= compare_features(reals, fakes, network, device, rng=rng)
    if network and "ppl" in wanted:
        pairs = draw_pairs(sampler, max(min(count // 2, _MOST_PAIRS), 1))
        images = partial(synthesise, sampler)
        values[f"PPL in {network.name}"] = perceptual_path_length(images, network, pairs, rng=rng)
    begin = tuple(start for name in wanted for start in METRICS[name])
    return {name: value for name, value in values.items() if name.startswith(begin)}


def read_metrics(text: str) -> set[str]:
    """Parse names of metrics.

    Raises:
        InputError: A metric is unknown.
    """
    wanted = {name.strip().lower() for name in text.split(",")}
    if unknown := wanted - METRICS.keys():
        raise InputError(
            f"`{', '.join(sorted(unknown))}` cannot be measured",
            hint=f"`metrics` takes any of {', '.join(METRICS)}",
        )
    return wanted


def draw_people(sampler: FaceSampler, count: int, progress: Progress | None = None) -> Image:
    """Draw the people of seeds from 0, (count, size, size, 3), uint8."""
    people = sample_people(
        sampler.generator,
        range(count),
        labels=sampler.labels,
        sampling=sampler.sampling,
        batch=sampler.batch,
    )
    images = []
    for done, person in enumerate(people, 1):
        images.append(person.image)
        if progress:
            progress(done, count)
    return np.stack(images)


def _read_parts(pictures: Dataset) -> Iterator[Image]:
    """Read a whole dataset in parts that do not fill the memory, (b, size, size, 3)."""
    size = max(1, min(_PART, _PART_BYTES // (3 * pictures.resolution**2)))
    for start in range(0, len(pictures), size):
        yield pictures.images(np.arange(start, min(start + size, len(pictures))))
