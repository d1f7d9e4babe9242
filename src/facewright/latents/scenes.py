"""Series of generated pictures: people by label, mixing grids, walks, edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from facewright.datasets.labels import LabelGroup
from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.weights import NO_LABELS, LabelTable
from facewright.hub.store import Progress
from facewright.latents.candidates import number_candidates
from facewright.latents.directions.bundle import Direction, push_styles
from facewright.latents.edit import lerp, mix_styles, slerp, walk
from facewright.latents.sample import (
    SamplingConfig,
    check_labels,
    choose_latents,
    draw_faces,
    draw_latents,
    draw_styles,
    truncate_latents,
)
from facewright.types import Image


@dataclass(frozen=True, slots=True)
class FaceSampler:
    """A generator with its labels and the options of sampling."""

    generator: Generator
    batch: int
    """Number of people synthesised at a time. Every batch is filled up to it, so that a picture
    does not depend on the others of its batch."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    labels: LabelTable = NO_LABELS
    """The labels of the generator."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Label → value; other labels are drawn from those of training."""


@dataclass(frozen=True, slots=True)
class MixingGrid:
    """A style mixing grid, as in figure 3 of Karras et al. 2019."""

    rows: list[Image]
    """The faces that give the styles of the other layers."""
    columns: list[Image]
    """The faces that give the styles of the mixed layers."""
    cells: list[Image]
    """Each row mixed with each column, row by row."""


def draw_varied(
    sampler: FaceSampler, people: Sequence[tuple[int, Mapping[str, str]]]
) -> Iterator[Image]:
    """Generate people who differ in seed, label or both.

    Args:
        sampler: The sampler; its `chosen` labels apply where a person has no others.
        people: For each person the seed, and label → value.

    Yields:
        One picture each, (resolution, resolution, 3).

    Raises:
        InputError: A label is unknown, or the generator has none.
    """
    for start in range(0, len(people), sampler.batch):
        z, c = [], []
        for seed, label in people[start : start + sampler.batch]:
            chosen = {**sampler.chosen, **label}
            check_labels(sampler.labels, chosen)
            latent, vector = choose_latents(
                sampler.generator,
                [seed],
                labels=sampler.labels,
                chosen=chosen,
                reject=sampler.sampling.reject,
            )
            z.append(latent)
            c.append(vector)
        yield from draw_faces(
            sampler.generator,
            torch.cat(z),
            torch.cat(c),
            sampling=sampler.sampling,
            batch=sampler.batch,
        )


def draw_mixing_grid(
    sampler: FaceSampler,
    rows: Sequence[int],
    columns: Sequence[int],
    layers: Sequence[int],
    *,
    progress: Progress | None = None,
) -> MixingGrid:
    """Mix each face of the rows with the styles of each face of the columns.

    Figure 3 of Karras et al. 2019, "A style-based generator architecture".

    Args:
        sampler: The sampler.
        rows: Seeds of the rows.
        columns: Seeds of the columns.
        layers: Layers that take their style from the column, counted from 0.
        progress: Called with the number of faces drawn, and of all.

    Returns:
        All pictures, (resolution, resolution, 3) each.

    Raises:
        InputError: A label is unknown, or a layer does not exist.
    """
    kept, given = find_styles(sampler, rows), find_styles(sampler, columns)  # [r|c layers dim]
    mixed = torch.cat([mix_styles(w.expand_as(given), given, layers) for w in kept[:, None]])
    ws = torch.cat([kept, given, mixed])  # [r+c+r*c layers dim]
    images = draw_each(sampler, ws, progress=progress)
    heads = len(rows) + len(columns)
    return MixingGrid(images[: len(rows)], images[len(rows) : heads], images[heads:])


def draw_walk(
    sampler: FaceSampler,
    seeds: Sequence[int],
    steps: int,
    *,
    space: Literal["z", "w"] = "w",
    loop: bool = True,
) -> Iterator[Image]:
    """Generate the faces along a walk from person to person.

    Args:
        sampler: The sampler.
        seeds: Seeds of the people to pass, at least two.
        steps: Number of pictures, at least two.
        space: "z" interpolates spherically (slerp), "w" linearly.
        loop: Whether to return to the first person.

    Yields:
        One picture per step, (resolution, resolution, 3).

    Raises:
        InputError: There are too few seeds or steps, or a label is unknown.
    """
    if space == "w":
        styles = walk(find_styles(sampler, seeds), steps, between=lerp, loop=loop)
    else:
        z, c = _latents(sampler, seeds)
        path = walk(z, steps, between=slerp, loop=loop)
        styles = _map(sampler, path, walk(c, steps, between=lerp, loop=loop))
    for part in styles.split(sampler.batch):
        yield from draw_styles(
            sampler.generator, part, sampling=sampler.sampling, batch=sampler.batch
        )


def draw_injections(
    sampler: FaceSampler,
    face: torch.Tensor,
    style: torch.Tensor,
    choices: Sequence[Sequence[int] | Mapping[int, float]],
    *,
    strength: float = 1.0,
    progress: Progress | None = None,
) -> list[Image]:
    """Replace the styles of some layers of a face, once for every choice of layers.

    Args:
        sampler: The sampler.
        face: (1, num_ws, w_dim), the face to change.
        style: (1, num_ws, w_dim), the face that gives the styles.
        choices: Layers, counted from 0, or layer → weight; an empty choice gives the face
            unchanged.
        strength: 1 replaces, 0 changes nothing, values between blend.
        progress: Called with the number of faces drawn, and of all.

    Returns:
        One picture for every choice, (resolution, resolution, 3).

    Raises:
        InputError: The latents do not fit each other, or a layer does not exist.
    """
    mixed = [mix_styles(face, style, layers, strength=strength) for layers in choices]
    return draw_each(sampler, torch.cat(mixed), progress=progress)


def draw_moves(
    sampler: FaceSampler,
    face: torch.Tensor,
    moves: Sequence[Sequence[tuple[Direction, float]]],
    *,
    progress: Progress | None = None,
) -> list[Image]:
    """Move a face along directions, once for every list of steps.

    Args:
        sampler: The sampler.
        face: (1, num_ws, w_dim).
        moves: For each picture the directions, and the number of units to move along each.
        progress: Called with the number of faces drawn, and of all.

    Returns:
        One picture for every move, (resolution, resolution, 3).

    Raises:
        InputError: A direction has another shape than the latents, or a step exceeds its `reach`.
    """
    moved = [push_styles(face, steps) for steps in moves]
    return draw_each(sampler, torch.cat(moved), progress=progress)


def find_styles(sampler: FaceSampler, seeds: Sequence[int]) -> torch.Tensor:
    """Return w+ of seeds, truncated, (n, num_ws, w_dim).

    Raises:
        InputError: A label is unknown, or the generator has none.
    """
    return _map(sampler, *_latents(sampler, seeds))


def name_candidates(sampler: FaceSampler, seeds: Sequence[int]) -> list[str]:
    """Return the seeds that do not take their first candidate, with the candidate: ["7=2"]."""
    c = draw_latents(sampler.generator.config, seeds, labels=sampler.labels, chosen=sampler.chosen)[
        1
    ]
    numbers = number_candidates(sampler.generator, seeds, c, reject=sampler.sampling.reject)
    return [f"{seed}={number}" for seed, number in zip(seeds, numbers, strict=True) if number]


def draw_each(
    sampler: FaceSampler, ws: torch.Tensor, *, progress: Progress | None = None
) -> list[Image]:
    """Synthesise the faces of w+, without truncation.

    Args:
        sampler: The sampler.
        ws: (n, num_ws, w_dim).
        progress: Called with the number of faces drawn, and of all.

    Returns:
        One picture each, (resolution, resolution, 3).
    """
    images: list[Image] = []
    for part in ws.split(sampler.batch):
        images += list(
            draw_styles(sampler.generator, part, sampling=sampler.sampling, batch=sampler.batch)
        )
        if progress:
            progress(len(images), len(ws))
    return images


def draw_pairs(sampler: FaceSampler, count: int) -> torch.Tensor:
    """Return the ends of paths between people, (count, 2, num_ws, w_dim): seeds 0, 1, 2, ...

    Both ends have the label of the first, so that only the latents move.
    """
    z, c = _latents(sampler, range(2 * count))
    return _map(sampler, z, c[::2].repeat_interleave(2, dim=0)).unflatten(0, (count, 2))


@torch.no_grad()
def synthesise(sampler: FaceSampler, ws: torch.Tensor) -> torch.Tensor:
    """Return the pictures of w+, not rounded to 8 bits: (n, 3, h, w), float32."""
    device = sampler.generator.mapping.w_avg.device
    sampling = sampler.sampling
    return sampler.generator.synthesis(ws.to(device), noise=sampling.noise, dtype=sampling.dtype)


def find_group(labels: LabelTable, name: str) -> LabelGroup:
    """Return a label of a generator by its name.

    Raises:
        InputError: The generator does not know it.
    """
    groups = {group.name: group for group in labels.groups}
    if name not in groups:
        raise InputError(
            f"this generator knows no label `{name}`",
            hint=f"one of: {', '.join(groups)}" if groups else "it was trained without labels",
        )
    return groups[name]


def _latents(sampler: FaceSampler, seeds: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return z (n, z_dim) and labels (n, c_dim) of seeds."""
    check_labels(sampler.labels, sampler.chosen)
    return choose_latents(
        sampler.generator,
        seeds,
        labels=sampler.labels,
        chosen=sampler.chosen,
        reject=sampler.sampling.reject,
    )


@torch.no_grad()
def _map(sampler: FaceSampler, z: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """Map z and labels to w+, truncated, (n, num_ws, w_dim)."""
    device = sampler.generator.mapping.w_avg.device
    return truncate_latents(sampler.generator, z.to(device), c.to(device), sampler.sampling)
