"""Points are steadied, and hardly late."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.tracking.smoothing import OneEuroFilter, SmoothingConfig


def run(points, rate=30.0, size=100.0, config=None):
    """Filter points, (n, k, 3), of a clip."""
    steady = OneEuroFilter(config)
    return np.stack([steady.filter(now, time=i / rate, size=size) for i, now in enumerate(points)])


def shake(n, amount, seed=0):
    return np.random.default_rng(seed).normal(0, amount, (n, 8, 3)).astype(np.float32)


def change(points):
    return float(np.abs(np.diff(points, axis=0)).mean())


def test_face_at_rest_trembles_less():
    found = 50 + shake(150, 1.0)  # by 1 % of the face
    assert change(run(found)[30:]) < 0.4 * change(found[30:])


def test_fast_motion_is_not_late():
    way = np.linspace(0, 400, 60, dtype=np.float32)  # two widths a second
    found = np.broadcast_to(way[:, None, None], (60, 8, 3))
    late = found[20:] - run(found)[20:]
    assert np.abs(late).max() < 5  # pixels: less than a frame of 6.8


def test_only_what_moves_follows():
    found = 50 + shake(90, 1.0)
    found[:, 0, 0] += np.linspace(0, 300, 90)
    steady = run(found)
    assert abs(steady[-20:, 0, 0] - found[-20:, 0, 0]).mean() < 5
    assert change(steady[30:, 1:]) < 0.4 * change(found[30:, 1:])


@given(st.floats(0.01, 100))
def test_scale_does_not_matter(scale):
    found = shake(12, 3.0)
    large = run(found * np.float32(scale), size=100 * scale)
    np.testing.assert_allclose(large, run(found) * np.float32(scale), rtol=1e-3, atol=1e-3 * scale)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_place_does_not_matter(x, y):
    away = np.float32([x, y, 0])
    np.testing.assert_allclose(run(shake(12, 3.0) + away), run(shake(12, 3.0)) + away, atol=1e-3)


@pytest.mark.parametrize("rate", [15.0, 60.0, 120.0])
def test_frame_rate_hardly_matters(rate):
    def walk(rate):
        times = np.arange(int(2 * rate)) / rate
        way = (60 * np.sin(3 * times)).astype(np.float32)
        return run(np.broadcast_to(way[:, None, None], (len(way), 8, 3)), rate)[:: int(rate // 15)]

    assert np.abs(walk(rate)[4:] - walk(30.0)[4:30]).max() < 4  # of 120 pixels


def test_what_stays_stays_exactly():
    found = np.broadcast_to(np.float32([3, 4, 5]), (10, 8, 3))
    np.testing.assert_array_equal(run(found), found)


def test_restart_forgets():
    steady = OneEuroFilter()
    steady.filter(shake(1, 9)[0], time=5.0, size=100)
    steady.restart()
    new = shake(1, 9, seed=1)[0]
    np.testing.assert_array_equal(steady.filter(new, time=1.0, size=100), new)


@pytest.mark.parametrize(("time", "size", "k"), [(0.0, 9, 8), (-1, 9, 8), (1, 0, 8), (1, 9, 5)])
def test_what_makes_no_sense_is_refused(time, size, k):
    steady = OneEuroFilter()
    steady.filter(shake(1, 9)[0], time=0.0, size=100)
    with pytest.raises(InputError):
        steady.filter(np.zeros((k, 3), np.float32), time=time, size=size)


def test_cutoffs_are_positive():
    with pytest.raises(InputError, match="positive"):
        SmoothingConfig(still=0)
