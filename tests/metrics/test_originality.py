import cv2
import numpy as np
import pytest
import torch

from facewright.errors import InputError
from facewright.metrics.originality import memorisation_score, nearest_neighbours


def make_pictures(seed: int, count: int = 60) -> np.ndarray:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.randint(256, (count, 6, 6, 3), generator=rng, dtype=torch.uint8).numpy()
    return np.stack([cv2.resize(x, (32, 32)) for x in coarse])


def score(fakes, reals):
    return memorisation_score(fakes, [reals[:7], reals[7:]], reals, np.arange(len(reals)))


def test_copies_are_found_even_flipped_dimmed_and_noisy():
    reals = make_pictures(0)
    rng = torch.Generator().manual_seed(3)
    noise = torch.randint(-8, 9, reals[:3].shape, generator=rng).numpy()
    fakes = (reals[[7, 20, 33], :, ::-1] * 0.7 + 20 + noise).clip(0, 255).astype(np.uint8)
    distances, indices = nearest_neighbours(fakes, [reals], 2)
    assert indices[:, 0].tolist() == [7, 20, 33]
    assert (distances[:, 0] < 0.2).all()
    assert (distances[:, 1] > 0.6).all()


def test_distances_have_a_scale():
    a = make_pictures(0, 2)
    distances, indices = nearest_neighbours(a, [a], 2)
    assert distances[:, 0] == pytest.approx(0, abs=1e-6)
    assert indices[:, 0].tolist() == [0, 1]
    even = np.zeros((1, 32, 32, 3), np.uint8)
    assert nearest_neighbours(even, [a], 1)[0].item() == pytest.approx(2**0.5)


def test_a_picture_is_not_its_own_neighbour():
    a = make_pictures(0, 300)
    distances, indices = nearest_neighbours(a, [a[:100], a[100:]], 1, own=np.arange(300))
    assert (indices[:, 0] != np.arange(300)).all()
    assert distances.min() > 0.1


def test_new_pictures_of_a_kind_score_one_half():
    found = score(make_pictures(1, 300), make_pictures(0, 300))
    assert 0.4 < found.score < 0.6
    assert found.near_share < 0.05


def test_copies_score_one_and_are_named():
    reals = make_pictures(0)
    found = score(reals[[4, 9]], reals)
    assert (found.score, found.near_share) == (1, 1)
    assert found.indices.tolist() == [4, 9]
    assert found.usual.shape == (60,)


def test_copy_of_a_picture_outside_the_sample_is_found():
    reals = make_pictures(0)
    found = memorisation_score(reals[[50]], np.split(reals, 4), reals[:20], np.arange(20))
    assert (found.score, found.indices.tolist()) == (1, [50])
    assert found.usual.shape == (20,)
    everything = score(reals[[50]], reals)
    np.testing.assert_array_equal(found.usual, everything.usual[:20])


def test_parts_make_no_difference():
    a, b = make_pictures(0), make_pictures(1)
    whole = nearest_neighbours(a, [b], 3)
    parts = nearest_neighbours(a, np.split(b, 30), 3)
    np.testing.assert_allclose(whole[0], parts[0], atol=1e-6)
    np.testing.assert_array_equal(whole[1], parts[1])


def test_too_few_pictures_are_refused():
    a = make_pictures(0, 2)
    with pytest.raises(InputError, match="no 3 neighbours"):
        nearest_neighbours(a, [a], 3)
    with pytest.raises(InputError):
        score(a, a[:1])
    with pytest.raises(InputError):
        nearest_neighbours(a, [a[:, :16]], 1)
