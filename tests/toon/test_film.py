"""Characters keep their looks from frame to frame."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.toon.film import FilmOptions, LatentPath


def test_path_begins_where_the_first_frame_is():
    first = torch.randn(1, 4, 8)
    assert torch.equal(LatentPath(0.5).follow(first, time=3.0), first)


@given(rate=st.sampled_from([5, 10, 30, 60]), calm=st.floats(0.05, 2))
def test_path_is_the_same_at_any_frame_rate(rate, calm):
    path = LatentPath(calm)
    path.follow(torch.zeros(1), time=0.0)
    for frame in range(1, rate + 1):
        at = path.follow(torch.ones(1), time=frame / rate)
    assert at.item() == pytest.approx(1 - torch.tensor(-1 / calm).exp().item(), abs=1e-4)


def test_path_steadies_noise_and_reaches_what_stays():
    rng, path = torch.Generator().manual_seed(0), LatentPath(0.5)
    places = [path.follow(torch.randn(1, generator=rng), time=n / 30).item() for n in range(300)]
    assert torch.tensor(places[30:]).std() < 0.4
    for n in range(300, 600):
        last = path.follow(torch.full((1,), 5.0), time=n / 30)
    assert last.item() == pytest.approx(5, abs=1e-3)


def test_without_calm_the_path_is_what_was_found():
    path = LatentPath(0)
    for n in range(3):
        ws = torch.full((2,), float(n))
        assert torch.equal(path.follow(ws, time=n), ws)


def test_negative_calm_is_refused():
    with pytest.raises(InputError, match="0 seconds or more"):
        FilmOptions(calm=-1)
