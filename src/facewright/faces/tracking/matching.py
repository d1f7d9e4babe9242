"""The assignment problem: pair two lists at the least total cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def match_pairs(costs: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Pair rows with columns: as many pairs as possible, at the least total cost.

    Shortest augmenting paths with potentials (the Hungarian method: Kuhn 1955, Munkres 1957).

    Args:
        costs: (n, m), 0 or more; infinity excludes a pair.

    Returns:
        (row, column) of each pair, sorted by row.

    Example:
        >>> match_pairs(np.array([[1.0, 2.0], [1.0, 5.0], [np.inf, np.inf]]))
        [(0, 1), (1, 0)]
    """
    allowed = np.isfinite(costs)
    if not allowed.any():
        return []
    wide = costs.shape[0] <= costs.shape[1]
    dear = 1.0 + 2.0 * min(costs.shape) * float(costs[allowed].max())  # more than any pairing
    square = np.where(allowed, costs, dear).astype(np.float64)
    owners = _assign(square if wide else square.T)
    pairs = ((row, column) if wide else (column, row) for column, row in owners.items())
    return sorted(pair for pair in pairs if allowed[pair])


def _assign(costs: NDArray[np.float64]) -> dict[int, int]:
    """Assign a column to every row at the least cost; there are no fewer columns than rows.

    Returns:
        Column → row.
    """
    owners: dict[int, int] = {}
    rows, columns = np.zeros(costs.shape[0]), np.zeros(costs.shape[1])  # the potentials
    for start in range(costs.shape[0]):
        best = np.full(costs.shape[1], np.inf)  # length of the shortest path to each column
        before = np.full(costs.shape[1], -1)  # the column before it on that path
        done = np.zeros(costs.shape[1], dtype=bool)
        row, column, length = start, -1, 0.0
        while True:
            paths = length + costs[row] - rows[row] - columns
            shorter = ~done & (paths < best)
            best[shorter], before[shorter] = paths[shorter], column
            column = int(np.where(done, np.inf, best).argmin())
            length = float(best[column])
            if column not in owners:
                break
            done[column], row = True, owners[column]
        rows[start] += length
        for place in np.flatnonzero(done):
            rows[owners[int(place)]] += length - best[place]
            columns[place] -= length - best[place]
        _flip(owners, before, column, start)
    return owners


def _flip(owners: dict[int, int], before: NDArray[np.int_], column: int, start: int) -> None:
    """Shift the columns along an augmenting path, so that the first row gets one too."""
    while before[column] >= 0:
        owners[column] = owners[int(before[column])]
        column = int(before[column])
    owners[column] = start
