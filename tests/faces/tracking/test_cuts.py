"""Cuts are found; motion, light and noise are none."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.tracking.cuts import CutConfig, CutDetector, describe_frame, measure_change


def paint(seed, size=(60, 80)):
    """Return a scene of soft colours."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)


def cuts(frames):
    detector = CutDetector()
    return [i for i, frame in enumerate(frames) if detector.is_cut(frame)]


def pan(scene, step, count=20):
    return [np.ascontiguousarray(scene[:, i * step : i * step + 80]) for i in range(count)]


@given(st.lists(st.integers(2, 8), min_size=1, max_size=5))
def test_every_cut_is_found_and_nothing_else(lengths):
    frames = [paint(shot) for shot, length in enumerate(lengths) for _ in range(length)]
    assert cuts(frames) == list(np.cumsum(lengths)[:-1])


def test_moving_camera_is_no_cut():
    assert cuts(pan(paint(0, (60, 240)), 4)) == []


def test_cut_is_found_while_the_camera_moves():
    frames = pan(paint(0, (60, 240)), 4) + pan(paint(1, (60, 240)), 4)
    assert cuts(frames) == [20]


def test_flash_and_dimming_are_no_cuts():
    scene = paint(3).astype(np.float32)
    gains = [1, 1, 1, 1.6, 1, 1, 0.9, 0.7, 0.5, 0.4, 0.4]
    assert cuts([np.clip(scene * gain, 0, 255).astype(np.uint8) for gain in gains]) == []


def test_noise_is_no_cut():
    rng = np.random.default_rng(0)
    noisy = [paint(4) + rng.normal(0, 12, (60, 80, 3)) for _ in range(10)]
    assert cuts([np.clip(frame, 0, 255).astype(np.uint8) for frame in noisy]) == []


def test_cut_from_and_to_an_even_picture_is_found():
    black = np.zeros((60, 80, 3), np.uint8)
    assert cuts([black, black, paint(0), paint(0), black]) == [2, 4]


@given(st.integers(0, 99), st.integers(0, 99))
def test_change_is_symmetric_and_within_0_and_1(one, other):
    a, b = describe_frame(paint(one)), describe_frame(paint(other))
    assert 0 <= measure_change(a, b) <= 1
    assert measure_change(a, b) == pytest.approx(measure_change(b, a))
    assert measure_change(a, a) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("wrong", [{"least": 0}, {"least": 1.1}, {"ratio": 0.5}, {"memory": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="cuts are not found"):
        CutConfig(**wrong)
