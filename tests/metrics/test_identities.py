"""Who looks like whom, by vectors that are near where faces are alike."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.faces.similarity.identity import Likeness
from facewright.metrics.identities import compare_nearness, find_alike, find_nearest

LIKENESS = Likeness(np.zeros(4, np.float32), np.eye(4, dtype=np.float32), 0.9, 0.1)


def draw(count, seed=0, size=16):
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_pairs_that_are_alike_are_counted_and_named():
    vectors = draw(1500)
    vectors[1400] = vectors[3]
    vectors[7] = vectors[1200]
    found = find_alike(LIKENESS, vectors, most=2)
    assert set(found.pairs) == {(3, 1400), (7, 1200)}
    cosines = vectors @ vectors.T
    pairs = np.triu(cosines > LIKENESS.threshold, 1).sum()
    assert found.share == pytest.approx(pairs / (1500 * 1499 / 2))


def test_one_person_makes_no_pair():
    with pytest.raises(InputError, match="no pair"):
        find_alike(LIKENESS, draw(1))


def test_strangers_are_new_and_copies_are_not():
    real, made, others = draw(400), draw(300, seed=1), draw(300, seed=2)
    usual = find_nearest(others, real)
    new = compare_nearness(find_nearest(made, real), usual)
    assert new.score == pytest.approx(0.5, abs=0.06)
    assert new.near_share < 0.04
    copied = compare_nearness(find_nearest(np.concatenate([made[:150], real[:150]]), real), usual)
    assert copied.near_share == pytest.approx(0.5, abs=0.02)
    assert copied.quantiles["most"][0] == pytest.approx(1)
    assert new.quantiles["median"][0] == pytest.approx(new.quantiles["median"][1], abs=0.03)


def test_nobody_is_compared_with_themselves():
    real = draw(40)
    assert find_nearest(real, real).min() == pytest.approx(1)
    assert find_nearest(real, real, themselves=True).max() < 0.99
