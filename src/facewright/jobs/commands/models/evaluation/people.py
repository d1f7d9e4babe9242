"""Look at many people, and keep of each what is measured, not the picture."""

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
    """The networks that look, and how the faces that they see are cut."""

    likeness: Likeness
    features: FaceFeatures
    template: str
    device: torch.device
    """Where `features` is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of some people."""

    identities: NDArray[np.float32]
    """(n, d), as `embed_faces` returns it."""
    traits: torch.Tensor
    """(n, d), the last feature maps of `face-features` on average."""
    images: Image
    """(k, size, size, 3), of the first k."""

    def __len__(self) -> int:
        """Return how many people there are."""
        return len(self.identities)


def open_eyes(template: str, device: torch.device, progress: Progress | None = None) -> Eyes:
    """Load what looks at people.

    Args:
        template: How their faces are cut.
        device: Where networks compute.
        progress: Called while weights are fetched.

    Raises:
        WeightsError: The weights are not there.
    """
    likeness = load_likeness(open_weights("likeness", progress))
    features = load_face_features(open_weights("face-features", progress), device)
    return Eyes(likeness, features, template, device)


class Watch:
    """Looks at pictures, and tells how many it has seen."""

    def __init__(self, eyes: Eyes, total: int, progress: Progress | None) -> None:
        """Prepare.

        Args:
            eyes: What looks.
            total: How many pictures there will be.
            progress: Called with how many were seen, and of how many.
        """
        self._eyes, self._total, self._progress, self._done = eyes, total, progress, 0

    def look(self, images: Iterable[Image], *, keep: int = 0) -> Seen:
        """Look at pictures.

        Args:
            images: (size, size, 3) each; at least one.
            keep: How many of the first are kept.
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
    """Draw the people of some seeds, of whom nobody is drawn anew."""
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
