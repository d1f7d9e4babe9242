"""Find the anchor of each picture of a dataset, and keep them beside the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.dataset import Dataset
from facewright.errors import DatasetError, InputError, TrainingError
from facewright.faces.detection.landmarks import MeshNetwork, place_meshes
from facewright.faces.geometry.topology import five_points
from facewright.faces.templates import TEMPLATES
from facewright.gan.anchors.appearance import (
    AppearanceModel,
    Unwarper,
    average_shape,
    fit_appearance,
    mirror_shapes,
    read_appearance,
)
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Bundle, Card, Image

KIND = "anchors"
FILE = "anchors.safetensors"

_PRESENT = 0.3  # how sure the mesh network is that there is a face
_CHUNK = 64
_DIFFERENT = 0.5  # of the pictures that have a label of their own, at least


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of a dataset: the part of z that is fixed for each training picture."""

    model: AppearanceModel | None
    """The model that computed them; None if labels alone identify the pictures."""
    values: torch.Tensor
    """(pictures, k): the first numbers of each picture's z, flipped pictures included."""

    @property
    def size(self) -> int:
        """Number of leading dimensions of z that they fill."""
        return self.values.shape[1]


def anchor_by_labels(dataset: Dataset) -> Anchors:
    """Return anchors of size 0: each picture is identified by its label alone.

    For labels that describe a picture completely, such as the parameters of a rendering. The
    generator is trained to reconstruct the picture of a label for every z.

    Raises:
        InputError: The pictures have no labels, or many share one.
    """
    count = len(dataset.names)
    labels = dataset.labels[:count]
    different = len(torch.unique(labels, dim=0)) if labels.shape[1] else 0
    if different < _DIFFERENT * count:
        raise InputError(
            f"{count} pictures of {dataset.name} have {different} different labels, which cannot "
            "say what each looks like",
            hint="--anchor components finds latents of faces by themselves",
        )
    return Anchors(None, torch.zeros(len(dataset), 0))


def find_anchors(
    dataset: Dataset,
    mesh: MeshNetwork,
    *,
    size: int,
    model: AppearanceModel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Anchors:
    """Fit an appearance model to the faces of a dataset, and describe each by it.

    Args:
        dataset: Aligned faces, by the `template` of its description, or `tight` without one.
        mesh: The network that places 478 points on each face.
        size: Number of components of an anchor.
        model: A model that was fitted before, to other pictures; None fits one to these.
        progress: Called with the number of pictures done, and of all.

    Returns:
        The anchors.

    Raises:
        DatasetError: The mesh network finds no face in some pictures.
        InputError: There are too few pictures for so many components, or the model has another
            number of them or was fitted with other labels.
    """
    count = len(dataset.names)
    shapes = np.concatenate(
        [_place(dataset, mesh, part, progress) for part in _chunks(count)]
    )  # [count 478 2]
    turned = mirror_shapes(shapes) if dataset.mirror else shapes[:0]
    every = np.concatenate([shapes, turned])
    mean = average_shape(every) if model is None else model.shape.numpy()
    unwarper = Unwarper(mean)
    textures = np.concatenate(
        [unwarper.unwarp(dataset.images(part), every[part]) for part in _chunks(len(every))]
    )
    if model is None:
        model = fit_appearance(textures, every, dataset.labels, size=size, mean=mean)
    if (model.size, len(model.labels) - 1) != (size, dataset.labels.shape[1]):
        raise InputError(
            f"the anchors to go on from have {model.size} numbers and {len(model.labels) - 1} "
            f"labels, not {size} and {dataset.labels.shape[1]}",
            hint="use the same --anchor-size, and pictures with the same labels",
        )
    return Anchors(model, model.encode(textures, every, dataset.labels))


def save_anchors(path: Path, anchors: Anchors, dataset: Dataset) -> None:
    """Write anchors beside a run."""
    card = Card(
        name=f"{dataset.name}-anchors",
        kind=KIND,
        licence="that of the dataset",
        trained_on=dataset.name,
        source="facewright train generator --anchor components",
    )
    model = {} if anchors.model is None else anchors.model.to_tensors()
    tensors = {**model, "values": anchors.values}
    save_bundle(path, Bundle(card, {"dataset": dataset.sha256}, tensors))


def load_anchors(path: Path, dataset: Dataset) -> Anchors:
    """Read the anchors of a run.

    Raises:
        TrainingError: They belong to another dataset.
        WeightsError: The file is damaged.
    """
    bundle = load_bundle(path)
    values = bundle.tensors.get("values")
    if bundle.config.get("dataset") != dataset.sha256 or values is None:
        raise TrainingError(
            f"{path} holds the anchors of other pictures than {dataset.name}",
            hint="use the same dataset to go on, or another --outdir",
        )
    return Anchors(read_appearance(bundle.tensors), values.float())


def _place(
    dataset: Dataset,
    mesh: MeshNetwork,
    part: NDArray[np.int64],
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float32]:
    """Return the meshes of some pictures in the unit square, (n, 478, 2)."""
    template = str(dataset.details.get("template"))
    placed, present = place_aligned(mesh, dataset.images(part), template)
    missing = [dataset.names[i] for i in part[~present]]
    if missing:
        more = f" and in {len(missing) - 1} near it" if len(missing) > 1 else ""
        raise DatasetError(
            f"no face is seen in {missing[0]} of {dataset.name}{more}",
            hint="anchors describe aligned faces: leave such pictures out, or --anchor none",
        )
    if progress is not None:
        progress(int(part[-1]) + 1, len(dataset.names))
    return placed


def place_aligned(
    mesh: MeshNetwork, images: Sequence[Image] | Image, template: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Find the meshes of aligned faces.

    Args:
        mesh: The network that places 478 points on each face.
        images: n square crops of one size.
        template: The alignment template of the crops; an unknown one counts as `tight`.

    Returns:
        (n, 478, 2) in the unit square, and whether the network finds a face, (n,).
    """
    start, side = TEMPLATES[template if template in TEMPLATES else "tight"].points, len(images[0])
    crops: list[Image] = list(images)
    five = np.pad((start * side - 0.5).astype(np.float32), ((0, 0), (0, 1)))
    points, _ = place_meshes(mesh, crops, [five] * len(crops))
    points, presence = place_meshes(mesh, crops, [five_points(mine) for mine in points])
    return ((points[..., :2] + 0.5) / side).astype(np.float32), presence >= _PRESENT


def _chunks(count: int) -> list[NDArray[np.int64]]:
    """Return the indices 0 to count - 1 in chunks."""
    return [np.arange(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
