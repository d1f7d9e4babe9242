"""Measure a generator for a report: quality, variety, originality, each group of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.device import seeded
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.commands.models.evaluation.people import (
    Seen,
    Watch,
    draw,
    open_eyes,
    read,
)
from facewright.latents.candidates import number_candidates
from facewright.latents.sample import draw_latents
from facewright.latents.scenes import FaceSampler
from facewright.metrics.distances import frechet_distance
from facewright.metrics.identities import (
    Alike,
    Nearness,
    compare_nearness,
    find_alike,
    find_nearest,
)
from facewright.types import Image

USUAL_TEMPLATE = "tight"
"""Alignment template that is assumed for weights that do not name one."""

FEWEST = 32
"""Fewest real pictures of a value of a label that is measured."""

_MOST_PER_GROUP = 256  # pictures on each side
_SHOWN, _EXAMPLES = 8, 4  # people in a row, and of each group
_LOWEST = 0.2  # the share of all people whose score counts as low
_MAPPED = 256  # latents at a time


@dataclass(frozen=True, slots=True)
class Quality:
    """Distance of generated people to real ones."""

    made: float
    """The Fréchet distance to one half of the real people."""
    real: float
    """That of the other half."""
    count: int
    """Number of real pictures, and of generated ones."""


@dataclass(frozen=True, slots=True)
class GroupQuality:
    """Quality of people with one value of a label."""

    value: str
    distance: float | None
    """The Fréchet distance to real people with that value; None where there are too few."""
    real: int
    """Number of real pictures."""
    examples: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Quality of people by the values of one label."""

    name: str
    count: int
    """Number of real pictures per value, and of generated ones."""
    values: tuple[GroupQuality, ...]

    @property
    def ratio(self) -> float | None:
        """The largest distance divided by the smallest; None where fewer than two are known."""
        known = [one.distance for one in self.values if one.distance is not None]
        return max(known) / max(min(known), 1e-9) if len(known) > 1 else None


@dataclass(frozen=True, slots=True)
class Flaws:
    """People whom the scorer predicts to be flawed."""

    rejected: float
    """Share of people whom the weights reject by default, 0 to 1."""
    asked: float
    """Share of each combination of labels that they are set to reject, 0 to 1."""
    low: Mapping[str, Mapping[str, float]]
    """Label → value → the share whose score is among the lowest fifth of all."""
    worst: tuple[int, ...]
    """Seeds, the lowest score first."""
    best: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """All measurements of a report."""

    count: int
    """Number of generated people."""
    template: str
    known_template: bool
    quality: Quality
    variety: Alike
    real_variety: Alike
    nearness: Nearness
    nearest: tuple[int, ...]
    """Seeds of those nearest to somebody in the training data."""
    held_out: str
    """What the people outside of the training data are."""
    groups: tuple[Group, ...]
    flaws: Flaws | None
    people: Image
    """(k, size, size, 3), uint8, of the first seeds."""


def audit_generator(
    sampler: FaceSampler,
    template: str | None,
    sources: tuple[Path, Path | None],
    *,
    count: int,
    keep: int,
    progress: Progress | None = None,
) -> Audit:
    """Measure a generator for a report.

    Args:
        sampler: The generator with its options.
        template: Alignment template of its training pictures; None if unknown.
        sources: The training data, and real people outside of it, if there are any.
        count: Number of people to generate.
        keep: Number of their pictures to keep.
        progress: Called with the number of pictures processed, and of all.

    Raises:
        DatasetError: A dataset cannot be used.
        InputError: There are too few pictures.
    """
    dataset, held_out = sources
    pictures = open_dataset(dataset, cond=bool(sampler.labels.groups), cache_bytes=0)
    others = open_dataset(held_out, cache_bytes=0) if held_out else None
    if len(pictures) < 4 or (others and len(others) < 2):
        raise InputError("there are too few pictures for a report", hint="four, better thousands")
    plan = _plan_groups(sampler, pictures)
    total = count + len(pictures) + (len(others) if others else 0)
    total += sum(size * len(places) for size, places in plan.values())
    eyes = open_eyes(template or USUAL_TEMPLATE, sampler.generator.mapping.w_avg.device, progress)
    watch = Watch(eyes, total, progress)
    made = watch.look((one.image for one in draw(sampler, range(count))), keep=keep)
    real = watch.look(read(pictures))
    strangers = find_nearest(
        (watch.look(read(others)) if others else real).identities,
        real.identities,
        themselves=others is None,
    )
    nearest = find_nearest(made.identities, real.identities)
    return Audit(
        count=count,
        template=eyes.template,
        known_template=template is not None,
        quality=_measure_quality(made, real),
        variety=find_alike(eyes.likeness, made.identities),
        real_variety=find_alike(eyes.likeness, real.identities, most=0),
        nearness=compare_nearness(nearest, strangers),
        nearest=_sort(nearest)[::-1][:_SHOWN],
        held_out=others.name if others else "",
        groups=tuple(
            _measure_group(sampler, watch, name, size, places, real)
            for name, (size, places) in plan.items()
        ),
        flaws=_measure_flaws(sampler, count),
        people=made.images,
    )


def _measure_quality(made: Seen, real: Seen) -> Quality:
    """Compare generated people with real ones, as many as half of these."""
    order = torch.randperm(len(real), generator=seeded(0))
    count = min(len(made), len(real) // 2)
    one, other = real.traits[order[:count]], real.traits[order[count : 2 * count]]
    return Quality(frechet_distance(made.traits[:count], one), frechet_distance(other, one), count)


def _plan_groups(
    sampler: FaceSampler, pictures: Dataset
) -> dict[str, tuple[int, dict[str, NDArray[np.int64]]]]:
    """Say for each label how many pictures of each value are compared, and which have it."""
    plan = {}
    known = {group.name: group for group in sampler.labels.groups}
    start = 0
    for group in pictures.label_groups:
        labels = pictures.labels[:, start : start + len(group.values)]
        start += len(group.values)
        if group.name not in known:
            continue
        places = {
            value: np.flatnonzero(labels[:, number].numpy() > 0)
            for number, value in enumerate(group.values)
            if value in known[group.name].values
        }
        sizes = [len(found) for found in places.values() if len(found) >= FEWEST]
        if sizes:
            plan[group.name] = (min([*sizes, _MOST_PER_GROUP]), places)
    return plan


def _measure_group(
    sampler: FaceSampler,
    watch: Watch,
    name: str,
    count: int,
    places: Mapping[str, NDArray[np.int64]],
    real: Seen,
) -> Group:
    """Measure people with each value of a label."""
    values = []
    for value, found in places.items():
        people = draw(sampler, range(count), chosen={name: value})
        made = watch.look((one.image for one in people), keep=_EXAMPLES)
        order = torch.randperm(len(found), generator=seeded(0))[:count].numpy()
        distance = None
        if len(found) >= FEWEST:
            distance = frechet_distance(made.traits, real.traits[found[order]])
        values.append(GroupQuality(value, distance, len(found), tuple(made.images)))
    return Group(name, count, tuple(values))


@torch.no_grad()
def _measure_flaws(sampler: FaceSampler, count: int) -> Flaws | None:
    """Count whom the scorer of a generator calls flawed; None where it has none."""
    generator, labels = sampler.generator, sampler.labels
    scorer = generator.scorer
    if scorer is None:
        return None
    z, c = draw_latents(generator.config, range(count), labels=labels)
    device = generator.mapping.w_avg.device
    parts = zip(z.split(_MAPPED), c.split(_MAPPED), strict=True)
    scores = torch.cat(
        [scorer(generator.mapping(one.to(device), label.to(device))).cpu() for one, label in parts]
    )
    numbers = number_candidates(generator, range(count), c, reject=scorer.reject)
    low, order, start = scores < scores.quantile(_LOWEST), _sort(scores.numpy()), 0
    shares: dict[str, dict[str, float]] = {}
    for group in labels.groups:
        part = c[:, start : start + len(group.values)]
        start += len(group.values)
        shares[group.name] = {
            value: float(low[part[:, number] > 0].float().mean())
            for number, value in enumerate(group.values)
            if bool((part[:, number] > 0).any())
        }
    rejected = float(np.mean([number > 0 for number in numbers]))
    return Flaws(rejected, scorer.reject, shares, order[:_SHOWN], order[::-1][:_SHOWN])


def _sort(numbers: NDArray[np.float32]) -> tuple[int, ...]:
    """Return the indices of numbers, the lowest first."""
    return tuple(int(place) for place in np.argsort(numbers, kind="stable"))


def draw_again(sampler: FaceSampler, seeds: Sequence[int]) -> list[Image]:
    """Draw the people of some seeds once more."""
    return [one.image for one in draw(sampler, seeds)]
