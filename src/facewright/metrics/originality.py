"""Find the nearest real pictures of generated ones, to detect copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.types import Image

_EDGE = 32  # pixels: faces stay recognisable, and noise and compression do not count
_RARE = 0.01  # this share of real pictures is as near to another one


@dataclass(frozen=True, slots=True)
class Originality:
    """Distances of generated pictures to real ones, and of real ones to each other."""

    score: float
    """Probability that a generated picture is nearer to its nearest real one than a real picture is
    to its nearest other: about 0.5 for new pictures of the same kind, towards 1 for copies."""
    near_share: float
    """Share of generated pictures that are nearer to a real one than 99 % of real ones are to
    another; about 0.01 for new pictures of the same kind."""
    distances: NDArray[np.float32]
    """(n,): from each generated picture to its nearest real one."""
    indices: NDArray[np.int64]
    """(n,): the index of that real one."""
    usual: NDArray[np.float32]
    """(m,): from each real picture of a sample to its nearest other."""


def memorisation_score(
    fakes: Image, reals: Iterable[Image], sample: Image, places: NDArray[np.int64]
) -> Originality:
    """Measure whether generated pictures are copies of the pictures they were trained on.

    Args:
        fakes: (n, h, w, 3), uint8.
        reals: Every real picture, without flipped copies, in batches of (b, h, w, 3).
        sample: (m, h, w, 3), some of them, on which distances between real pictures are measured.
        places: (m,), the index of each of the sample among `reals`.

    Returns:
        The scores, and the nearest real picture of each generated one.

    Raises:
        InputError: There are too few pictures, or they differ in shape.
    """
    own = np.concatenate([np.full(len(fakes), -1), places])
    queries = np.concatenate([fakes, sample]) if fakes.shape[1:] == sample.shape[1:] else fakes[:0]
    distances, indices = nearest_neighbours(queries, reals, 1, own=own)
    nearest, usual = np.split(distances[:, 0], [len(fakes)])
    ordered = np.sort(usual)
    farther = len(usual) - np.searchsorted(ordered, nearest, side="right")
    equal = len(usual) - np.searchsorted(ordered, nearest, side="left") - farther
    return Originality(
        score=float(np.mean(farther + equal / 2) / len(usual)),
        near_share=float(np.mean(nearest < np.quantile(usual, _RARE))),
        distances=nearest,
        indices=indices[: len(fakes), 0],
        usual=usual,
    )


def nearest_neighbours(
    queries: Image,
    references: Iterable[Image],
    k: int,
    *,
    own: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the nearest references of each query, either of them flipped or not.

    Pictures are compared at 32×32 pixels after normalising brightness, colour cast and contrast.
    Memory holds one batch of the references at a time.

    Args:
        queries: (n, h, w, 3), uint8.
        references: In batches of (b, h, w, 3), m in all.
        k: Number of references to find for each query.
        own: (n,), the index of the reference that is the query itself, which is left out; -1 for
            none.

    Returns:
        Distances (n, k), the nearest first, from 0 (the same) over about 1.4 (unrelated) to 2
        (the negative); and indices (n, k) of the references.

    Raises:
        InputError: There are fewer than k references, or shapes differ.
    """
    if k < 1 or len(queries) == 0:
        raise InputError(f"{len(queries)} pictures of {queries.shape[1:3]} have no {k} neighbours")
    wanted = _split(queries)
    alike = torch.empty(len(queries), 0, dtype=torch.float64)  # [n up to k], cosines
    which = torch.empty(len(queries), 0, dtype=torch.int64)
    seen = 0
    for part in filter(len, references):
        if part.shape[1:] != queries.shape[1:]:
            shapes = f"{queries.shape[1:3]} and {part.shape[1:3]}"
            raise InputError(f"pictures of {shapes} pixels do not compare")
        found = _compare(wanted, _split(part))  # [n b]
        if own is not None:
            _leave_out(found, own - seen)
        alike = torch.cat([alike, found], dim=1)
        which = torch.cat([which, (torch.arange(len(part)) + seen).expand(found.shape)], dim=1)
        alike, order = alike.topk(min(k, alike.shape[1]), dim=1)
        which, seen = which.gather(1, order), seen + len(part)
    if alike.shape[1] < k or not bool(alike.isfinite().all()):
        raise InputError(f"{len(queries)} pictures have no {k} neighbours among {seen}")
    return (2 - 2 * alike).clamp(min=0).sqrt().float().numpy(), which.numpy()


_Halves: TypeAlias = tuple[torch.Tensor, torch.Tensor]


def _compare(a: _Halves, b: _Halves) -> torch.Tensor:
    """Return the cosines (n, m) between pictures, the higher of unflipped and flipped.

    Flipping a picture turns the sign of its odd half.
    """
    (even_a, odd_a), (even_b, odd_b) = a, b
    return even_a @ even_b.T + (odd_a @ odd_b.T).abs()


def _leave_out(found: torch.Tensor, own: NDArray[np.int64]) -> None:
    """Set the own column of each row of (n, b) to the lowest similarity, in place."""
    rows = np.flatnonzero((own >= 0) & (own < found.shape[1]))
    found[torch.from_numpy(rows), torch.from_numpy(own[rows])] = -torch.inf


def _split(images: Image) -> _Halves:
    """Return the parts even and odd under a flip, (n, 1536) each, normalised together.

    In double precision; both are 0 for pictures of one colour.
    """
    small = np.stack(
        [
            cv2.resize(np.ascontiguousarray(image), (_EDGE, _EDGE), interpolation=cv2.INTER_AREA)
            for image in images
        ]
    )
    x = torch.from_numpy(small).double()  # [n 32 32 3]
    x = x - x.mean(dim=(1, 2), keepdim=True)
    x = x / x.flatten(1).norm(dim=1).clamp(min=1e-9)[:, None, None, None]
    left, right = x[:, :, : _EDGE // 2], x.flip(2)[:, :, : _EDGE // 2]  # [n 32 16 3]
    even, odd = (left + right) / 2**0.5, (left - right) / 2**0.5
    return even.flatten(1), odd.flatten(1)
