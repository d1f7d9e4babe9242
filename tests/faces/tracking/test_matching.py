"""Pairs cost least in all."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facewright.faces.tracking.matching import match_pairs

cost = st.one_of(st.floats(0, 10), st.just(np.inf), st.integers(0, 3).map(float))
tables = st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=cost)
)


def best_by_trying(costs):
    """Return how many pairs there can be, and what they cost at least."""
    n, m = costs.shape
    if n > m:
        return best_by_trying(costs.T)
    tried = []
    for columns in permutations(range(m), n):
        taken = [costs[row, column] for row, column in enumerate(columns)]
        allowed = [c for c in taken if np.isfinite(c)]
        tried.append((-len(allowed), sum(allowed)))
    return min(tried, default=(0, 0))


@given(tables)
def test_no_other_pairing_is_larger_or_cheaper(costs):
    pairs = match_pairs(costs)
    count, least = best_by_trying(costs)
    assert len(pairs) == -count
    assert sum(costs[pair] for pair in pairs) == pytest.approx(least, abs=1e-9)


@given(tables)
def test_each_row_and_column_is_paired_once_and_only_where_it_may(costs):
    pairs = match_pairs(costs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(np.isfinite(costs[pair]) for pair in pairs)
    assert pairs == sorted(pairs)


def test_twenty_faces_find_themselves():
    rng = np.random.default_rng(0)
    order = rng.permutation(20)
    costs = rng.uniform(0.5, 1, (20, 20))
    costs[np.arange(20), order] = 0.1
    assert match_pairs(costs) == list(enumerate(order))
