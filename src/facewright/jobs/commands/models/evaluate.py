"""Measure quality, variety and originality of a generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import InputError
from facewright.jobs.commands.models.evaluation.options import USUAL_COUNT, EvaluateOptions

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.jobs.commands.models.evaluation.report import Audit
    from facewright.latents.scenes import FaceSampler
    from facewright.types import Bundle


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of an evaluation."""

    weights: str
    sha256: str
    dataset: str
    dataset_sha256: str
    count: int
    """Number of real pictures, and of generated ones."""
    truncation_psi: float
    values: dict[str, float]
    page: Path | None = None
    """The page of the report; None without one."""


def evaluate_generator(
    weights: str,
    dataset: Path,
    *,
    options: EvaluateOptions | None = None,
    progress: Progress | None = None,
) -> Measured:
    """Measure quality, variety and originality of a generator.

    By default, without a feature network: the sliced Wasserstein distance (0 is best), and whether
    generated people are copies of people in the dataset.

    A report is a page with generated people, and with quality, variety and originality compared to
    real people and by group of labels; of real people it has only numbers.

    Args:
        weights: A name that `facewright models list` shows, or a file.
        dataset: The folder or zip of real pictures to compare with.
        options: What to measure; None is the default of each.
        progress: Called with the number of people drawn, and of all.

    Returns:
        The numbers by name.

    Raises:
        InputError: An option is invalid, or the dataset has another resolution.
        WeightsError: There are no such weights, or no feature network.
        DatasetError: The dataset cannot be used.

    Examples:
        facewright evaluate faces-128 faces.zip
        facewright evaluate mine.safetensors faces.zip --count 512 --metrics swd,originality --json
        facewright evaluate mine.safetensors faces.zip --report report/ --held-out others.zip
    """
    from facewright.datasets.dataset import open_dataset
    from facewright.gan.weights import read_template
    from facewright.jobs.checks import check_options
    from facewright.jobs.commands.models.evaluation.measure import (
        draw_people,
        measure,
        open_sampler,
        read_metrics,
    )
    from facewright.pipelines.weights import open_weights, pick_weights

    options = options or EvaluateOptions()
    check_options(options)
    read_metrics(options.metrics)
    _check_report(options)
    bundle = open_weights(pick_weights(weights), progress)
    pictures, sampler = open_dataset(dataset, cache_bytes=0), open_sampler(bundle, options)
    if pictures.resolution != sampler.generator.config.resolution:
        raise InputError(
            f"the dataset has {pictures.resolution} pixels, the generator "
            f"{sampler.generator.config.resolution}",
            hint="compare with a dataset of the generator's own resolution",
        )
    wanted, audit, page = options.count or USUAL_COUNT, None, None
    count = min(wanted, len(pictures))
    if options.report:
        from facewright.jobs.commands.models.evaluation.report import audit_generator

        audit = audit_generator(
            sampler,
            read_template(bundle),
            (dataset, options.held_out),
            count=wanted,
            keep=count,
            progress=progress,
        )
    fakes = audit.people if audit else draw_people(sampler, count, progress)
    values = measure(sampler, pictures, fakes, options, progress)
    card = bundle.card
    if audit and options.report:
        page = _write(options.report, audit, values, sampler, bundle, pictures.name)
        values |= _list_values(audit)
    return Measured(
        card.name,
        card.sha256,
        pictures.name,
        pictures.sha256,
        count,
        options.truncation_psi,
        values,
        page,
    )


def _check_report(options: EvaluateOptions) -> None:
    """Raise before the work what writing the report would raise after it."""
    from facewright.jobs.commands.models.evaluation.page import PAGE

    if options.held_out and not options.report:
        raise InputError(
            "--held-out is for a report", hint="add --report FOLDER, or leave --held-out out"
        )
    folder = options.report
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, and no folder", hint="name another folder")
    if (folder / PAGE).exists():
        raise InputError(f"{folder / PAGE} is there already", hint="name another folder")


def _write(
    folder: Path,
    audit: Audit,
    values: dict[str, float],
    sampler: FaceSampler,
    bundle: Bundle,
    dataset: str,
) -> Path:
    """Write the report."""
    from facewright.jobs.commands.models.evaluation.page import Pictures, write_page
    from facewright.types import Manifest
    from facewright.version import __version__

    card = bundle.card
    said = {"truncation_psi": sampler.sampling.truncation_psi, "count": audit.count}
    manifest = Manifest("evaluate", said, models={card.name: card.sha256}, version=__version__)
    return write_page(folder, audit, values, (card.name, dataset), Pictures(sampler, manifest))


def _list_values(audit: Audit) -> dict[str, float]:
    """Return the numbers of a report by name."""
    values = {
        "Fréchet distance in face features": audit.quality.made,
        "the same between real halves": audit.quality.real,
        "pairs alike": audit.variety.share,
        "pairs alike among real people": audit.real_variety.share,
        "nearer than 99 % of strangers": audit.nearness.near_share,
        "nearness": audit.nearness.score,
    }
    for group in audit.groups:
        known = {one.value: one.distance for one in group.values if one.distance is not None}
        values |= {f"by {group.name}: {value}": distance for value, distance in known.items()}
        values |= {} if group.ratio is None else {f"by {group.name}, worst/best": group.ratio}
    return values | ({} if audit.flaws is None else {"drawn anew": audit.flaws.rejected})
