import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.convert.training.pool import ImagePool
from facewright.errors import InputError


def number(*numbers):
    return torch.tensor(numbers, dtype=torch.float32).view(-1, 1, 1, 1)


def test_a_pool_without_room_returns_what_comes():
    images = number(1, 2).requires_grad_()
    returned = ImagePool(0, seed=0).exchange(images)
    assert torch.equal(returned, images)
    assert not returned.requires_grad


@settings(max_examples=30)
@given(size=st.integers(1, 6), seed=st.integers(0, 100), batch=st.integers(1, 3))
def test_no_picture_is_lost_or_doubled(size, seed, batch):
    pool, returned = ImagePool(size, seed=seed), []
    for start in range(0, 20 * batch, batch):
        returned += pool.exchange(number(*range(start, start + batch))).flatten().tolist()
    kept = [float(image) for image in pool.state()["kept"]]
    assert len(pool) == size
    early = set(range(min(size, 20 * batch)))
    counted = sorted(returned + kept)
    # What filled the pool was returned at once; everything later was returned or is kept, once.
    assert set(counted) == {float(n) for n in range(20 * batch)}
    assert len(counted) == 20 * batch + len(early)


def test_about_half_of_the_pictures_come_from_the_past():
    pool, old = ImagePool(10, seed=0), 0
    for n in range(1000):
        old += float(pool.exchange(number(n))) != n
    assert 400 < old < 600


def test_a_pool_goes_on_from_its_state():
    pool = ImagePool(4, seed=1)
    for n in range(9):
        pool.exchange(number(n))
    other = ImagePool(4, seed=99)
    other.load(pool.state())
    for n in range(9, 40):
        assert torch.equal(pool.exchange(number(n)), other.exchange(number(n)))


def test_what_was_kept_does_not_change_with_its_source():
    pool, images = ImagePool(1, seed=0), number(5)
    pool.exchange(images)
    images.fill_(7)
    assert float(pool.state()["kept"][0]) == 5


def test_negative_sizes_are_refused():
    with pytest.raises(InputError, match="0 pictures or more"):
        ImagePool(-1, seed=0)
