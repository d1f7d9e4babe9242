"""Measure how good, how varied and how original a generator is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.commands.models.evaluation.options import METRICS, EvaluateOptions

if TYPE_CHECKING:
    from facewright.hub.store import Progress


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

    Examples:
        facewright evaluate faces-64 faces.zip
        facewright evaluate mine.safetensors faces.zip --count 512 --metrics swd,originality --json
    """
    from facewright.datasets.dataset import open_dataset
    from facewright.jobs.checks import check_options
    from facewright.jobs.commands.models.evaluation.measure import measure, open_sampler
    from facewright.pipelines.weights import open_weights, pick_weights

    options = options or EvaluateOptions()
    check_options(options)
    wanted = _read_metrics(options.metrics)
    bundle = open_weights(pick_weights(weights), progress)
    pictures, sampler = open_dataset(dataset, cache_bytes=0), open_sampler(bundle, options)
    if pictures.resolution != sampler.generator.config.resolution:
        raise InputError(
            f"the dataset has {pictures.resolution} pixels, the generator "
            f"{sampler.generator.config.resolution}",
            hint="compare with a dataset of the generator's own resolution",
        )
    count, values = measure(sampler, pictures, wanted, options, progress)
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
            hint=f"`metrics` takes any of {', '.join(METRICS)}",
        )
    return wanted
