import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facewright.faces.training.example_rng import ExampleRng


@given(st.integers(0, 2**40), st.integers(-(2**40), 2**40))
def test_an_example_depends_on_the_seed_and_its_number_alone(seed, number):
    one, two = ExampleRng(seed, number), ExampleRng(seed, number)
    for _ in range(70):  # beyond one batch of draws
        assert one.between(0, 1) == two.between(0, 1)
    assert np.array_equal(one.noise((3, 2)), two.noise((3, 2)))


def test_examples_differ():
    assert ExampleRng(0, 1).between(0, 1) != ExampleRng(0, 2).between(0, 1)
    assert ExampleRng(0, 1).between(0, 1) != ExampleRng(1, 1).between(0, 1)


def test_draws_keep_their_limits_and_fill_them():
    rng = ExampleRng(3, 3)
    numbers = [rng.between(2, 5) for _ in range(2000)]
    assert 2 <= min(numbers) < 2.1
    assert 4.9 < max(numbers) <= 5
    ratios = np.array([rng.ratio(0.25, 4) for _ in range(2000)])
    assert abs((ratios < 1).mean() - 0.5) < 0.05
    normal = np.array([rng.normal(2) for _ in range(2000)])
    assert abs(normal.std() - 2) < 0.15
    assert np.abs(normal).max() <= 6
    assert abs(np.mean([rng.chance(0.3) for _ in range(2000)]) - 0.3) < 0.05
    assert {rng.pick(3) for _ in range(100)} == {0, 1, 2}
