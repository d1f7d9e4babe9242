import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
