"""Compute features of many people, without keeping their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.dataset import Dataset
from facewright.device import to_tensor
from facewright.faces.similarity.features import FaceFeatures, load_face_features
from facewright.faces.similarity.identity import Likeness, embed_faces, load_likeness
from facewright.hub.store import Progress
from facewright.latents.sample import Sample, sample_people
from facewright.latents.scenes import FaceSampler
from facewright.pipelines.weights import open_weights
from facewright.types import Crop, Image

_TOGETHER = 32  # pictures


@dataclass(frozen=True, slots=True)
class Eyes:
    """The networks that compute features, and the alignment of faces."""

    likeness: Likeness
    features: FaceFeatures
    template: str
    device: torch.device
    """Device of `features`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Features of some people."""

    identities: NDArray[np.float32]
    """(n, d), from `embed_faces`."""
    traits: torch.Tensor
    """(n, d), spatial means of the last feature maps of `face-features`."""
    images: Image
    """(k, size, size, 3), uint8, the pictures of the first k people."""

    def __len__(self) -> int:
        """Return how many people there are."""
        return len(self.identities)


def open_eyes(template: str, device: torch.device, progress: Progress | None = None) -> Eyes:
    """Load the networks.

    Args:
        template: Alignment template of the faces.
        device: The device to compute on.
        progress: Called with the progress of a download.

    Raises:
        WeightsError: The weights are missing.
    """
    likeness = load_likeness(open_weights("likeness", progress))
    features = load_face_features(open_weights("face-features", progress), device)
    return Eyes(likeness, features, template, device)


class Watch:
    """Computes features of pictures, and reports progress."""

    def __init__(self, eyes: Eyes, total: int, progress: Progress | None) -> None:
        """Prepare.

        Args:
            eyes: The networks.
            total: Number of pictures in all, for progress.
            progress: Called with the number of pictures processed, and of all.
        """
        self._eyes, self._total, self._progress, self._done = eyes, total, progress, 0

    def look(self, images: Iterable[Image], *, keep: int = 0) -> Seen:
        """Compute the features of pictures.

        Args:
            images: At least one, (size, size, 3), uint8 each.
            keep: Number of pictures to keep, from the first on.
        """
        identities, traits, kept = [], [], list[Image]()
        for part in _split(images):
            crops = [Crop(image, np.eye(2, 3), self._eyes.template) for image in part]
            identities.append(embed_faces(self._eyes.likeness, crops))
            traits.append(self._describe(part))
            kept += part[: max(keep - len(kept), 0)]
            self._done += len(part)
            if self._progress:
                self._progress(self._done, self._total)
        return Seen(np.concatenate(identities), torch.cat(traits), np.stack(kept or part[:1]))

    @torch.no_grad()
    def _describe(self, images: Sequence[Image]) -> torch.Tensor:
        """Return the traits of pictures, (n, d)."""
        x = to_tensor(np.stack(images), self._eyes.device, torch.float32)
        return self._eyes.features(x)[-1].float().mean((2, 3)).cpu()


def draw(
    sampler: FaceSampler, seeds: Iterable[int], *, chosen: dict[str, str] | None = None
) -> Iterator[Sample]:
    """Draw the people of some seeds, without rejection."""
    return sample_people(
        sampler.generator,
        seeds,
        labels=sampler.labels,
        chosen=chosen or {},
        sampling=sampler.sampling,
        batch=sampler.batch,
    )


def read(pictures: Dataset, places: Iterable[int] | None = None) -> Iterator[Image]:
    """Read pictures of a dataset, a few at a time."""
    wanted = list(range(len(pictures)) if places is None else places)
    for start in range(0, len(wanted), _TOGETHER):
        yield from pictures.images(wanted[start : start + _TOGETHER])


def _split(images: Iterable[Image]) -> Iterator[list[Image]]:
    """Yield pictures some at a time."""
    part = list[Image]()
    for image in images:
        part.append(image)
        if len(part) == _TOGETHER:
            yield part
            part = []
    if part:
        yield part
