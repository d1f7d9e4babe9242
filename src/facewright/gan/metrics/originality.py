"""Find the real pictures that generated ones resemble most, to see that none is a copy."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.types import Image

_EDGE = 32  # pixels: faces stay recognisable, and noise and compression do not count
_ROWS = 256  # of a matrix of likenesses at once
_RARE = 0.01  # this share of real pictures is as near to another one


@dataclass(frozen=True, slots=True)
class Originality:
    """How near generated pictures come to real ones, and how near real ones are to each other."""

    score: float
    """The chance that a generated picture is nearer to its nearest real one than a real picture is
    to its nearest other: about 0.5 for new pictures of the same kind, towards 1 for copies."""
    near_share: float
    """The share of generated pictures that are nearer to a real one than 99 % of real ones are to
    another; about 0.01 for new pictures of the same kind."""
    distances: NDArray[np.float32]
    """(n,): from each generated picture to its nearest real one."""
    indices: NDArray[np.int64]
    """(n,): which real one that is."""
    usual: NDArray[np.float32]
    """(m,): from each real picture to its nearest other."""


def memorisation_score(fakes: Image, reals: Image) -> Originality:
    """Measure whether generated pictures are copies of the pictures they were trained on.

    Args:
        fakes: (n, h, w, 3), uint8.
        reals: (m, h, w, 3), uint8, without flipped copies and with m of at least 2.

    Returns:
        The scores, and the nearest real picture of each generated one, to look at.

    Raises:
        InputError: There are too few pictures, or they differ in shape.
    """
    distances, indices = nearest_neighbours(fakes, reals, 1)
    usual = nearest_neighbours(reals, reals, 1, leave_out_self=True)[0][:, 0]
    nearest = distances[:, 0]
    ordered = np.sort(usual)
    farther = len(usual) - np.searchsorted(ordered, nearest, side="right")
    equal = len(usual) - np.searchsorted(ordered, nearest, side="left") - farther
    return Originality(
        score=float(np.mean(farther + equal / 2) / len(usual)),
        near_share=float(np.mean(nearest < np.quantile(usual, _RARE))),
        distances=nearest,
        indices=indices[:, 0],
        usual=usual,
    )


def nearest_neighbours(
    queries: Image, references: Image, k: int, *, leave_out_self: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the references that look most like each query, as they are or flipped.

    Pictures are compared at 32×32 pixels after their own brightness, colour cast and contrast are
    taken out.

    Args:
        queries: (n, h, w, 3), uint8.
        references: (m, h, w, 3), uint8.
        k: How many.
        leave_out_self: Do not compare a picture with the one of its own number; for queries that
            are the references.

    Returns:
        Distances (n, k), the nearest first, from 0 (the same) over about 1.4 (unrelated) to 2
        (the negative); and indices (n, k) of the references.

    Raises:
        InputError: There are not so many references, or shapes differ.
    """
    limit = len(references) - leave_out_self
    if not 1 <= k <= limit or len(queries) == 0 or queries.shape[1:] != references.shape[1:]:
        raise InputError(
            f"{len(queries)} pictures of {queries.shape[1:3]} have no {k} neighbours among {limit} "
            f"of {references.shape[1:3]}"
        )
    known = [_describe(references), _describe(references[:, :, ::-1])]  # each [m d]
    distances, indices = [], []
    for start in range(0, len(queries), _ROWS):
        rows = _describe(queries[start : start + _ROWS])  # [b d]
        likeness = torch.maximum(*(rows @ side.T for side in known))  # [b m], cosines
        if leave_out_self:
            own = torch.arange(len(rows))
            likeness[own, own + start] = -torch.inf
        best = likeness.topk(k, dim=1)
        distances.append((2 - 2 * best.values).clamp(min=0).sqrt())
        indices.append(best.indices)
    return torch.cat(distances).float().numpy(), torch.cat(indices).numpy()


def _describe(images: Image) -> torch.Tensor:
    """Return (n, 3072) directions of length 1 in double precision; those of even pictures are 0."""
    small = np.stack(
        [
            cv2.resize(np.ascontiguousarray(image), (_EDGE, _EDGE), interpolation=cv2.INTER_AREA)
            for image in images
        ]
    )
    x = torch.from_numpy(small).double()  # [n 32 32 3]
    x = (x - x.mean(dim=(1, 2), keepdim=True)).flatten(1)
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-9)
