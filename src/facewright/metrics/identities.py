"""Count people who look alike: among themselves, and like those that a generator learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.similarity.identity import Likeness

_ROWS = 1024  # of a matrix of cosines at once
_RARE = 0.99  # this share of strangers is farther from every picture
_Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alike:
    """How many pairs of people look alike."""

    share: float
    """The share of pairs that score above 0.5; 0.01 for strangers of one age, gender and ethnicity,
    less for strangers of any."""
    pairs: tuple[tuple[int, int], ...]
    """The most alike, as pairs of rows."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near made-up people come to those that a generator learned from."""

    score: float
    """The chance that a made-up person is nearer to the nearest than a stranger is to theirs: 0.5
    for new people, towards 1 for copies."""
    near_share: float
    """The share of made-up people who are nearer than 99 % of strangers: 0.01 for new people."""
    quantiles: dict[str, tuple[float, float]]
    """"median", "95 %", "99 %" and "most" → cosine of made-up people and of strangers."""


def find_alike(likeness: Likeness, vectors: _Vectors, *, most: int = 8) -> Alike:
    """Count the pairs of people who look alike.

    Args:
        likeness: The one that embedded them.
        vectors: (n, d), from `embed_faces`; at least two.
        most: How many of the most alike pairs are named.

    Raises:
        InputError: There are fewer than two.
    """
    count = len(vectors)
    if count < 2:
        raise InputError(f"{count} people make no pair")
    most = min(most, count)
    alike, best = 0, list[tuple[float, int, int]]()
    for start in range(0, count, _ROWS):
        part = vectors[start : start + _ROWS]
        cosines = part @ vectors.T  # [b n]
        rows = np.arange(start, start + len(part))
        cosines[np.arange(count)[None] <= rows[:, None]] = -2  # each pair once
        alike += int((cosines > likeness.threshold).sum())
        top = np.argpartition(cosines, -most, axis=None)[-most:].tolist() if most else []
        places = (divmod(place, count) for place in top)
        best += [(float(cosines[row, other]), start + row, other) for row, other in places]
    best = [pair for pair in sorted(best, reverse=True) if pair[0] > -2][:most]
    return Alike(alike / (count * (count - 1) / 2), tuple(pair[1:] for pair in best))


def find_nearest(vectors: _Vectors, others: _Vectors, *, themselves: bool = False) -> _Vectors:
    """Say how near each person comes to the nearest of others.

    Args:
        vectors: (n, d), from `embed_faces`.
        others: (m, d).
        themselves: Whether `others` are the same people, of whom each is to leave out itself.

    Returns:
        (n,), the highest cosine.
    """
    nearest = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _ROWS):
        cosines = vectors[start : start + _ROWS] @ others.T  # [b m]
        if themselves:
            rows = np.arange(len(cosines))
            cosines[rows, start + rows] = -2
        nearest[start : start + _ROWS] = cosines.max(axis=1)
    return nearest


def compare_nearness(made: _Vectors, strangers: _Vectors) -> Nearness:
    """Compare how near made-up people and strangers come to those that a generator learned from.

    Args:
        made: (n,), as `find_nearest` returns it.
        strangers: (m,), likewise.
    """
    ordered = np.sort(strangers)
    below = np.searchsorted(ordered, made, side="left")
    equal = np.searchsorted(ordered, made, side="right") - below
    shares = {"median": 0.5, "95 %": 0.95, "99 %": 0.99, "most": 1.0}
    return Nearness(
        score=float(np.mean(below + equal / 2) / len(ordered)),
        near_share=float(np.mean(made > np.quantile(ordered, _RARE))),
        quantiles={
            name: (float(np.quantile(made, share)), float(np.quantile(ordered, share)))
            for name, share in shares.items()
        },
    )
