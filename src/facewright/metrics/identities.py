"""Count lookalikes: among generated people, and between them and the training data."""

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
    """Pairs of people who look alike."""

    share: float
    """Share of pairs that score above 0.5; 0.01 for different people of one age, gender and
    ethnicity, less for different people of any."""
    pairs: tuple[tuple[int, int], ...]
    """The pairs of the highest scores, as indices of rows."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Similarity of generated people to those of the training data."""

    score: float
    """Probability that a generated person is nearer to the nearest person of the training data than
    another person is: 0.5 for new people, towards 1 for copies."""
    near_share: float
    """Share of generated people who are nearer than 99 % of other people: 0.01 for new people."""
    quantiles: dict[str, tuple[float, float]]
    """"median", "95 %", "99 %" and "most" → cosine of generated people, and of other people."""


def find_alike(likeness: Likeness, vectors: _Vectors, *, most: int = 8) -> Alike:
    """Count the pairs of people who look alike.

    Args:
        likeness: The network that made the embeddings; scores them.
        vectors: (n, d), from `embed_faces`; at least two.
        most: Number of pairs to return, the most alike first.

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
    """Return the similarity of each person to the most similar of others.

    Args:
        vectors: (n, d), from `embed_faces`.
        others: (m, d).
        themselves: Whether `others` are the same people; each is then not compared with itself.

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
    """Compare the similarity of generated people and of other people to the training data.

    Args:
        made: (n,), of generated people, from `find_nearest`.
        strangers: (m,), of people outside the training data, from `find_nearest`.
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
