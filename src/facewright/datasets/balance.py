"""Balanced sampling: draw groups of labels equally often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.labels import LabelGroup
from facewright.errors import InputError
from facewright.types import Json

LIMIT = 10.0
"""Default of `limit`: the largest factor on how often a picture is drawn."""

_FINE = 4096  # draws in a cycle where groups are not drawn equally often


@dataclass(frozen=True, eq=False)
class Balance:
    """How often each group of pictures is drawn. Made by `balance_labels`."""

    names: tuple[str, ...]
    """Names of the groups, such as "20-29, Black"."""
    members: tuple[NDArray[np.int64], ...]
    """Indices of the pictures of each group, at least one."""
    quotas: NDArray[np.int64]
    """(groups,), at least 1: how often each group is drawn in a cycle of `quotas.sum()` draws."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """(groups,): factor on how often each picture of a group is drawn."""
        sizes = np.array([len(rows) for rows in self.members])
        return (self.quotas / self.quotas.sum()) / (sizes / sizes.sum())

    def spread(self, labels: torch.Tensor) -> torch.Tensor:
        """Repeat labels until each row stands for as many draws as any other.

        Args:
            labels: (n, c_dim), those of the pictures.

        Returns:
            (m, c_dim), in which each group has exactly its share of rows, and each picture of a
            group as many rows as any other, or one more.
        """
        most = max(-(-len(m) // int(q)) for m, q in zip(self.members, self.quotas, strict=True))
        most *= max(1, _FINE // (most * int(self.quotas.sum())))
        rows = [np.resize(m, most * int(q)) for m, q in zip(self.members, self.quotas, strict=True)]
        return labels[torch.from_numpy(np.concatenate(rows))]

    def to_json(self) -> Json:
        """Return the labels, number of pictures and weight of each group, as a run records them."""
        rows = zip(self.names, self.members, self.weights, strict=True)
        return [
            {"labels": name, "pictures": len(members), "weight": round(float(weight), 4)}
            for name, members, weight in rows
        ]


def balance_labels(
    labels: torch.Tensor,
    groups: Sequence[LabelGroup],
    names: Sequence[str],
    *,
    limit: float = LIMIT,
) -> Balance:
    """Balance a dataset so that every combination of some labels is drawn equally often.

    Args:
        labels: (n, c_dim), the labels of the pictures.
        groups: The labels and their values, in the order of the dimensions.
        names: Names of the groups whose combinations are balanced, such as ("age", "ethnicity").
        limit: Largest factor on how often a picture is drawn, at least 1. The draws that this
            takes from small combinations go to the others.

    Returns:
        The combinations that occur, in the order of their values.

    Raises:
        InputError: There is no such group, one is named twice, or the limit is below 1.
    """
    known = [group.name for group in groups]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(
            f"the dataset has no label `{', '.join(unknown)}` to balance",
            hint=f"it has: {', '.join(known)}",
        )
    if len(set(names)) < len(names):
        raise InputError(f"a label is balanced twice in {', '.join(names)}")
    if not limit >= 1:
        raise InputError(f"a limit of {limit:g} is below 1", hint="1 draws pictures as they come")
    parts = torch.split(labels, [len(group.values) for group in groups], dim=1)
    chosen = [parts[known.index(name)].argmax(dim=1).numpy() for name in names]
    values, which = np.unique(np.stack(chosen, axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    members = tuple(np.flatnonzero(which == number) for number in range(len(values)))
    named = [groups[known.index(name)].values for name in names]
    return Balance(
        tuple(", ".join(texts[i] for texts, i in zip(named, row, strict=True)) for row in values),
        members,
        _share_draws(np.array([len(rows) for rows in members]), limit),
    )


def _share_draws(sizes: NDArray[np.int64], limit: float) -> NDArray[np.int64]:
    """Return how often each group is drawn in a cycle: equally, except for groups at the limit."""
    most = limit * sizes / sizes.sum()
    if (most * len(sizes) >= 1).all():
        return np.ones(len(sizes), np.int64)
    shares, open_ = most.copy(), np.ones(len(sizes), bool)
    while True:  # what groups at the limit leave goes to the others, in equal parts
        equal = (1 - shares[~open_].sum()) / open_.sum()
        full = open_ & (most < equal)
        if not full.any():
            break
        open_ &= ~full
    shares[open_] = equal
    draws = shares * max(_FINE, 8 * len(sizes))
    return np.maximum(np.where(open_, np.ceil(draws), np.floor(draws)), 1).astype(np.int64)
