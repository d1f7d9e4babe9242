"""Compare generated pictures with real ones, under the exact name of each measurement."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.metrics.distances import frechet_distance, kernel_distance, precision_recall
from facewright.metrics.features import FeatureNetwork, extract_features
from facewright.metrics.inception import NAME as INCEPTION
from facewright.metrics.originality import memorisation_score
from facewright.metrics.wasserstein import sliced_wasserstein
from facewright.types import Image


def name_frechet(network: str) -> str:
    """Return the name of a Fréchet distance in the features of a network.

    Only that of Inception v3 as of 2015-12-05 is the FID.

    Example:
        >>> name_frechet("inception-2015-12-05")
        'FID'
        >>> name_frechet("faces")
        'Fréchet distance in faces features'
    """
    return "FID" if network == INCEPTION else f"Fréchet distance in {network} features"


def name_kernel(network: str) -> str:
    """Return the name of a kernel distance in the features of a network."""
    return "KID" if network == INCEPTION else f"kernel distance in {network} features"


def compare_textures(reals: Image, fakes: Image, *, rng: torch.Generator) -> dict[str, float]:
    """Measure the sliced Wasserstein distance of textures at each scale, without a network.

    Args:
        reals: (n, size, size, 3), uint8.
        fakes: The same shape.
        rng: On the CPU; the same state gives the same numbers.

    Returns:
        "SWD" and "SWD 64" etc.: sliced Wasserstein distance × 1000; 0 is best.

    Raises:
        InputError: The shapes differ.
    """
    textures = sliced_wasserstein(reals, fakes, rng=rng)
    levels = {f"SWD {level}": value for level, value in textures.items() if level != "mean"}
    return {"SWD": textures["mean"], **levels}


def compare_originality(
    fakes: Image, reals: Iterable[Image], sample: Image, places: NDArray[np.int64]
) -> dict[str, float]:
    """Measure whether generated pictures are copies of real ones, without a network.

    Args:
        fakes: (n, size, size, 3), uint8.
        reals: Every real picture, without flipped copies, in batches of (b, size, size, 3).
        sample: (m, size, size, 3), some of them.
        places: (m,), their indices among `reals`.

    Returns:
        "memorisation" (0.5 is new, 1 is copied) and "near copies" (a share; about 0.01 is new).

    Raises:
        InputError: The shapes differ, or there are fewer than two real pictures.
    """
    found = memorisation_score(fakes, reals, sample, places)
    return {"memorisation": found.score, "near copies": found.near_share}


def compare_features(
    reals: Image,
    fakes: Image,
    network: FeatureNetwork,
    device: torch.device,
    *,
    rng: torch.Generator,
) -> dict[str, float]:
    """Measure distances, precision and recall in the features of a network.

    Args:
        reals: (n, size, size, 3), uint8.
        fakes: (m, size, size, 3), uint8.
        network: On `device`.
        device: The device that computes.
        rng: On the CPU; the same state gives the same numbers.

    Returns:
        The Fréchet and the kernel distance under their exact names (0 is best), "precision" and
        "recall" (1 is best).

    Raises:
        InputError: There are fewer than four pictures on a side.
    """
    a, b = (extract_features(network, images, device) for images in (reals, fakes))
    precision, recall = precision_recall(a, b)
    return {
        name_frechet(network.name): frechet_distance(a, b),
        name_kernel(network.name): kernel_distance(a, b, rng=rng),
        "precision": precision,
        "recall": recall,
    }
