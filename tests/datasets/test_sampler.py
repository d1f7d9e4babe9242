import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.datasets.balance import balance_labels
from facewright.datasets.labels import LabelGroup
from facewright.datasets.sampler import InfiniteSampler
from facewright.errors import InputError


@given(st.integers(1, 30), st.integers(0, 2**63), st.integers(0, 200))
def test_order_depends_on_seed_and_position_alone(size: int, seed: int, position: int):
    whole = InfiniteSampler(size, seed=seed).take(position + 7)
    resumed = InfiniteSampler(size, seed=seed, position=position).take(7)
    assert np.array_equal(whole[position:], resumed)


@given(st.integers(1, 30), st.integers(1, 4))
def test_every_round_shows_every_picture_once(size: int, rounds: int):
    order = InfiniteSampler(size, seed=3).take(size * rounds).reshape(rounds, size)
    assert (np.sort(order, axis=1) == np.arange(size)).all()


@given(st.integers(1, 20), st.integers(1, 4), st.integers(1, 5))
def test_processes_together_see_what_one_sees(size: int, world: int, steps: int):
    one = InfiniteSampler(size, seed=5)
    several = [InfiniteSampler(size, seed=5, rank=r, world=world) for r in range(world)]
    for _ in range(steps):
        batch = one.take(2 * world)
        shares = np.stack([sampler.take(2 * world) for sampler in several], axis=1)
        assert np.array_equal(shares.ravel(), batch)
        assert all(sampler.position == one.position for sampler in several)


def test_rounds_and_seeds_differ():
    sampler = InfiniteSampler(50, seed=0)
    first, second = sampler.take(50), sampler.take(50)
    other = InfiniteSampler(50, seed=1).take(50)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("bad", [{"size": 0}, {"position": -1}, {"rank": 2, "world": 2}])
def test_nonsense_is_refused(bad: dict[str, int]):
    with pytest.raises(InputError):
        InfiniteSampler(**{"size": 4, "seed": 0, **bad})


def test_batch_must_divide_among_processes():
    with pytest.raises(InputError, match="does not divide"):
        InfiniteSampler(4, seed=0, world=2).take(3)


# ---------------------------------------------------------------- balanced

GROUPS = (LabelGroup("age", ("young", "old")), LabelGroup("gender", ("f", "m")))


def label_pictures(rows):
    """Return labels of pictures, from (age, gender) pairs of numbers."""
    return torch.tensor([[a == 0, a == 1, g == 0, g == 1] for a, g in rows], dtype=torch.float32)


def balance(rows, names=("age", "gender"), **options):
    return balance_labels(label_pictures(rows), GROUPS, names, **options)


ROWS = [(0, 0)] * 20 + [(0, 1)] * 7 + [(1, 0)] * 3


def test_every_combination_is_drawn_equally_often_and_each_picture_of_it_too():
    sampler = InfiniteSampler(len(ROWS), seed=2, balance=balance(ROWS))
    counts = np.bincount(sampler.take(3 * 420), minlength=len(ROWS))
    assert counts[:20].tolist() == [21] * 20
    assert counts[20:27].tolist() == [60] * 7
    assert counts[27:].tolist() == [140] * 3


def test_each_group_comes_once_in_every_cycle():
    which = np.array([2 * a + g for a, g in ROWS])
    order = InfiniteSampler(len(ROWS), seed=9, balance=balance(ROWS)).take(90)
    cycles = which[order].reshape(30, 3)
    assert (np.sort(cycles, axis=1) == [0, 1, 2]).all()
    assert len({tuple(cycle) for cycle in cycles.tolist()}) > 1


@given(st.integers(0, 2**63), st.integers(0, 300), st.floats(1, 10))
def test_balanced_order_depends_on_seed_and_position_alone(seed: int, position: int, limit: float):
    chosen = balance(ROWS, limit=limit)
    whole = InfiniteSampler(30, seed=seed, balance=chosen).take(position + 7)
    resumed = InfiniteSampler(30, seed=seed, position=position, balance=chosen).take(7)
    assert np.array_equal(whole[position:], resumed)


def test_processes_together_see_the_balanced_order_of_one():
    one = InfiniteSampler(30, seed=5, balance=balance(ROWS))
    several = [
        InfiniteSampler(30, seed=5, rank=r, world=3, balance=balance(ROWS)) for r in range(3)
    ]
    for _ in range(20):
        shares = np.stack([sampler.take(6) for sampler in several], axis=1)
        assert np.array_equal(shares.ravel(), one.take(6))


def test_a_picture_is_drawn_no_more_often_than_the_limit_allows():
    rows = [(0, 0)] * 960 + [(0, 1)] * 35 + [(1, 0)] * 5
    chosen = balance(rows, limit=4)
    order = InfiniteSampler(1000, seed=1, balance=chosen).take(20 * int(chosen.quotas.sum()))
    often = np.bincount(order, minlength=1000) / (len(order) / 1000)
    assert often[995:].mean() == pytest.approx(4, rel=0.05)
    assert often[960:995].mean() == pytest.approx(4, rel=0.02)
    assert often[:960].mean() == pytest.approx((1000 - 4 * 40) / 960, rel=0.01)
    assert chosen.weights == pytest.approx([often[:960].mean(), 4, 4], rel=0.05)


def test_a_limit_of_one_draws_pictures_as_they_come():
    assert balance(ROWS, limit=1).weights == pytest.approx([1, 1, 1], rel=0.01)


def test_weights_and_names_are_recorded():
    found = balance(ROWS, ["age"], limit=100).to_json()
    assert found == [
        {"labels": "young", "pictures": 27, "weight": 0.5556},
        {"labels": "old", "pictures": 3, "weight": 5.0},
    ]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40))
def test_labels_are_spread_as_they_are_drawn(rows: list[tuple[int, int]]):
    chosen, labels = balance(rows, ["age"], limit=100), label_pictures(rows)
    spread = chosen.spread(labels)
    ages = spread[:, :2].sum(0)
    assert torch.equal(
        ages[ages > 0], torch.full((len(chosen.names),), len(spread)) / len(ages[ages > 0])
    )
    for age in (0, 1):
        of_all, of_spread = labels[labels[:, age] == 1], spread[spread[:, age] == 1]
        if len(of_all):
            assert abs(of_all[:, 2].mean() - of_spread[:, 2].mean()) < 1 / len(of_all) + 1e-6


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["age", "mood"], {}, "no label `mood` to balance"),
        ([], {}, "no label"),
        (["age", "age"], {}, "balanced twice"),
        (["age"], {"limit": 0.5}, "below 1"),
        (["age"], {"limit": float("nan")}, "below 1"),
    ],
)
def test_balance_that_cannot_be_is_refused(names, options, message):
    with pytest.raises(InputError, match=message):
        balance(ROWS, names, **options)
